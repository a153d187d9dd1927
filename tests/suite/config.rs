//! Tests of the settings as a user meets them: files that are right, files that are wrong, flags, secrets, the example.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use rstest::rstest;
use tiktop::config::{ConfigErrorKind, Loaded, Secret, Settings, load, load_sets, print, secrets, unused_key};

fn fixtures(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/config").join(kind);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn sets(sets: &[&str]) -> Vec<String> {
    sets.iter().map(|&set| set.to_owned()).collect()
}

fn set(one: &str) -> Result<Loaded, String> {
    load_sets(&sets(&[one])).map_err(|error| error.to_string())
}

fn from_text(text: &str) -> Loaded {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, text).unwrap();
    load(Some(file.path()), &[]).unwrap()
}

#[test]
fn right_files_load() {
    for file in fixtures("valid") {
        load(Some(&file), &[]).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// One snapshot of all, because the sentences are read side by side when one of them changes.
#[test]
fn wrong_files_are_refused_in_one_clear_sentence_each() {
    let mut said = String::new();
    for file in fixtures("invalid") {
        let error = load(Some(&file), &[]).expect_err(&file.display().to_string());
        assert_eq!(error.kind(), ConfigErrorKind::File);
        let folder = format!("{}/", file.parent().unwrap().display());
        writeln!(said, "{}\n", error.to_string().replace(&folder, "")).unwrap();
    }
    assert!(!said.contains("s3cret"), "a secret was printed:\n{said}");
    assert!(!said.contains(['\u{1b}', '\u{7}']), "an escape sequence was printed:\n{said}");
    insta::assert_snapshot!(said);
}

/// A newer version's settings, or a slip: what is known holds, and what is not is told with its place.
#[test]
fn keys_that_nobody_knows_are_told_and_the_rest_holds() {
    let mut said = String::new();
    for file in fixtures("warned") {
        let loaded = load(Some(&file), &[]).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(loaded.unknown_keys.len(), 1, "{}", file.display());
        assert!(loaded.warnings.contains(&loaded.unknown_keys[0]));
        let folder = format!("{}/", file.parent().unwrap().display());
        writeln!(said, "{}\n", loaded.unknown_keys[0].replace(&folder, "")).unwrap();
    }
    insta::assert_snapshot!(said);
}

#[rstest]
#[case::mark(format!("\u{feff}{SMALL}").into_bytes())]
#[case::windows(SMALL.replace('\n', "\r\n").into_bytes())]
#[case::old_mac(SMALL.replace('\n', "\r").into_bytes())]
#[case::mixed(SMALL.replacen('\n', "\r", 2).into_bytes())]
#[case::utf_16(format!("\u{feff}{SMALL}").encode_utf16().flat_map(u16::to_le_bytes).collect())]
#[case::utf_16_big(format!("\u{feff}{SMALL}").encode_utf16().flat_map(u16::to_be_bytes).collect())]
#[case::utf_16_unmarked(SMALL.replace('\n', "\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect())]
fn a_file_may_come_from_any_editor(#[case] bytes: Vec<u8>) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, &bytes).unwrap();
    let loaded = load(Some(file.path()), &[]).unwrap();
    assert_eq!((loaded.settings.screen.fps, loaded.settings.rooms), (10, vec!["@anä".to_owned()]));
}

/// Settings with a comment, a section and a letter that is not ASCII.
const SMALL: &str = "# mine\nrooms = [\"@anä\"]\n\n[screen]\nfps = 10\n";

#[test]
fn a_mistake_behind_old_line_ends_is_told_with_its_line() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, "# mine\r[screen]\rfps = 1000\r").unwrap();
    let error = load(Some(file.path()), &[]).unwrap_err().to_string();
    assert!(error.contains(":3:") && error.contains("0 to 60"), "{error}");
}

#[test]
fn the_last_word_wins() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, "rooms = [\"@a\", \"@b\"]\n[screen]\nfps = 10\nascii = true\n").unwrap();
    let flags = sets(&["screen.fps=20", "screen.fps=25", "rooms=['@c']"]);
    let loaded = load(Some(file.path()), &flags).unwrap();
    assert_eq!(loaded.file.as_deref(), Some(file.path()));
    assert_eq!((loaded.settings.screen.fps, loaded.settings.screen.ascii), (25, true));
    assert_eq!(loaded.settings.rooms, ["@c"], "a list is replaced whole");
    assert_eq!(loaded.settings.service, Settings::default().service);
}

#[rstest]
#[case("service.proxy=socks5://127.0.0.1:9050", |s: &Settings| s.service.proxy == "socks5://127.0.0.1:9050")]
#[case("service.language=de", |s: &Settings| s.service.language == "de")]
#[case("service.language=\"de\"", |s: &Settings| s.service.language == "de")]
#[case("service.proxy=", |s: &Settings| s.service.proxy.is_empty())]
#[case("record.dir=/srv/my \"lives\"", |s: &Settings| s.record.dir == Path::new("/srv/my \"lives\""))]
#[case(" screen.fps = 12 ", |s: &Settings| s.screen.fps == 12)]
#[case("screen={ascii=true}", |s: &Settings| s.screen.ascii && s.screen.fps == 0)]
#[case("keys.quit=[\"x\"]", |s: &Settings| s.keys["quit"] == ["x"])]
#[case("transports=[\"direct\"]", |s: &Settings| s.transports.len() == 1)]
#[case("providers=[{name=\"x\",url=\"http://127.0.0.1:1\"}]", |s: &Settings| s.providers[0].url == "http://127.0.0.1:1")]
fn any_option_can_be_set_on_the_command_line(#[case] flag: &str, #[case] holds: fn(&Settings) -> bool) {
    let loaded = set(flag).unwrap();
    assert!(holds(&loaded.settings), "{:?}", loaded.settings);
}

#[rstest]
#[case("screen.fps=99", "--set screen.fps: 'screen.fps' takes 0 to 60 frames a second, not 99")]
#[case("screen.fsp=10", "did you mean 'fps'?")]
#[case("fps", "write KEY=VALUE")]
#[case("rooms=@ana", "write it like 'rooms=[\"@name\"]'")]
#[case("screen.ascii=yes", "write it like 'screen.ascii=false'")]
#[case("providers.0.url=https://x.example.com", "a list is replaced whole; write 'providers=[{")]
#[case("providers.0.key=s3cret", "TIKTOP_PROVIDER_KEY")]
#[case("providers=[{key=\"s3cret\"}]", "TIKTOP_PROVIDER_KEY")]
#[case("session.id=s3cret", "TIKTOP_SESSION_ID")]
#[case("service.language=de\nscreen.fps=1", "such as en or pt-BR")]
#[case("=1", "unknown key ''")]
fn a_wrong_flag_is_refused_by_name(#[case] flag: &str, #[case] says: &str) {
    let error = set(flag).unwrap_err();
    assert!(error.starts_with("--set ") && error.contains(says) && !error.contains("s3cret"), "{error}");
}

#[test]
fn a_place_is_known_for_every_option_that_was_said() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, "\n[keys]\nquit = [\"q\"]\nhelp = [\"?\"]\n[[providers]]\nname = \"x\"\n").unwrap();
    let loaded = load(Some(file.path()), &sets(&["keys.help=[\"h\"]"])).unwrap();
    let place = |option| loaded.locate(option).map(ToString::to_string);
    assert_eq!(place("keys.quit"), Some(format!("{}:3", file.path().display())));
    assert_eq!(place("providers.0.name"), Some(format!("{}:6", file.path().display())));
    assert_eq!(place("keys.help").as_deref(), Some("--set keys.help"));
    assert_eq!(place("screen.fps"), None);
    let inline = load_sets(&sets(&["screen={ascii=true}"])).unwrap();
    assert_eq!(inline.locate("screen.ascii").map(ToString::to_string).as_deref(), Some("--set screen"));
    assert_eq!(loaded.placed("keys.help: no"), "--set keys.help: keys.help: no");
    assert_eq!(loaded.placed("screen.fps: no"), "screen.fps: no");
}

#[test]
fn a_named_file_must_be_there_and_be_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let missing = load(Some(&folder.path().join("config.toml")), &[]).unwrap_err().to_string();
    assert!(missing.contains("no such config file"), "{missing}");
    let dir = load(Some(folder.path()), &[]).unwrap_err().to_string();
    assert!(dir.contains("folder"), "{dir}");
}

#[test]
fn the_built_in_key_goes_to_the_built_in_provider_only() {
    let settings = from_text(
        "[[providers]]\nkey_file = \"\"\n[[providers]]\nurl = \"https://sign.example.com\"\n\
         [[providers]]\nname = \"own\"\nurl = \"https://own.example.com\"\nkey_env = \"OWN_KEY\"\n",
    )
    .settings;
    let names: Vec<_> = settings.providers.iter().map(|provider| provider.name.as_str()).collect();
    assert_eq!(names, ["euler", "sign.example.com", "own"]);
    let env = |name: &str| match name {
        "TIKTOP_PROVIDER_KEY" => Some("k1\n".to_owned()),
        "OWN_KEY" => Some("k2".to_owned()),
        _ => None,
    };
    let found = secrets(&settings, env).unwrap();
    let keys: Vec<_> = found.provider_keys.iter().map(|key| key.as_ref().map(Secret::reveal)).collect();
    assert_eq!(keys, [Some("k1"), None, Some("k2")]);
    assert_eq!(found.session, None);
}

#[test]
fn headers_the_relay_and_the_data_centre_take_theirs_from_the_environment_too() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/config/valid/every_transport.toml");
    let settings = load(Some(&file), &[]).unwrap().settings;
    let env = |name: &str| match name {
        "OLD_JWT" => Some("j1".to_owned()),
        "RELAY_KEY" => Some("r1".to_owned()),
        _ => None,
    };
    let found = secrets(&settings, env).unwrap();
    assert_eq!(found.provider_headers, [vec![("x-jwt-key".to_owned(), Secret::new("j1").unwrap())], vec![]]);
    assert_eq!(found.cloud_key, Secret::new("r1"));
    assert_eq!(found.target_idc, Secret::new("useast1a"));
    let named = secrets(&settings, |name| (name == "TIKTOP_TARGET_IDC").then(|| "alisg".to_owned())).unwrap();
    assert_eq!(named.target_idc, Secret::new("alisg"));
    // A relay of somebody else gets no key that was not meant for it.
    let other = from_text("[cloud]\nurl = \"wss://relay.example.com\"\n").settings;
    assert_eq!((other.cloud.key_env.as_str(), Settings::default().cloud.key_env.as_str()), ("", "TIKTOP_PROVIDER_KEY"));
}

#[test]
fn trusting_anybody_is_told_at_every_start() {
    let warnings = from_text("[service]\ndanger_accept_invalid_certs = true\n").warnings;
    assert!(warnings.len() == 1 && warnings[0].contains("read and forge everything"), "{warnings:?}");
}

#[test]
fn a_key_that_goes_to_nobody_is_told() {
    let settings = from_text("[[providers]]\nurl = \"https://sign.example.com\"\n").settings;
    let env = |_: &str| Some("s3cret".to_owned());
    let told = unused_key(&settings, env).unwrap();
    assert!(told.contains("TIKTOP_PROVIDER_KEY") && !told.contains("s3cret"), "{told}");
    assert_eq!(unused_key(&settings, |_| None), None);
    assert_eq!(unused_key(&Settings::default(), env), None);
}

#[test]
fn a_transport_that_has_nobody_to_ask_is_a_warning() {
    assert_eq!(from_text("providers = []\n").warnings.len(), 1);
    assert!(from_text("providers = []\ntransports = [\"direct\"]\n").warnings.is_empty());
}

#[cfg(unix)]
mod secret_files {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn settings_with(file: &Path) -> Settings {
        let mut settings = Settings::default();
        file.to_str().unwrap().clone_into(&mut settings.session.file);
        settings
    }

    fn secret_file(text: &[u8], mode: u32) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        file
    }

    fn refused(text: &[u8], mode: u32) -> String {
        let file = secret_file(text, mode);
        let error = secrets(&settings_with(file.path()), |_| None).unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::Secret);
        let error = error.to_string();
        assert!(error.starts_with("session.file = '") && !error.contains("s3cret"), "{error}");
        error
    }

    #[test]
    fn a_file_of_the_owner_alone_is_read() {
        for mode in [0o600, 0o400] {
            let file = secret_file(b"s3cret\n", mode);
            let found = secrets(&settings_with(file.path()), |_| None).unwrap();
            assert_eq!(found.session.as_ref().map(Secret::reveal), Some("s3cret"));
            assert!(!format!("{found:?}").contains("s3cret"));
        }
    }

    #[test]
    fn the_environment_comes_first_and_the_file_is_then_left_alone() {
        let env = |name: &str| (name == "TIKTOP_SESSION_ID").then(|| " from-env\n".to_owned());
        let found = secrets(&settings_with(Path::new("/nowhere")), env).unwrap();
        assert_eq!(found.session.as_ref().map(Secret::reveal), Some("from-env"));
    }

    #[rstest]
    #[case(0o644)]
    #[case(0o640)]
    #[case(0o602)]
    fn a_file_open_to_others_is_refused_with_the_command_that_helps(#[case] mode: u32) {
        let error = refused(b"s3cret", mode);
        assert!(error.contains("run: chmod 600 /"), "{error}");
    }

    #[rstest]
    #[case(b"\n", "empty")]
    #[case(b"s3cret one\ns3cret two\n", "more than one secret")]
    #[case(b"s3cret; domain=example.com", "more than one secret")]
    #[case(b"s3cret\xff", "cannot be read")]
    #[case(&[b's'; 5000], "too big")]
    fn a_file_that_holds_no_secret_is_refused(#[case] text: &[u8], #[case] says: &str) {
        let error = refused(text, 0o600);
        assert!(error.contains(says), "{error}");
    }

    #[test]
    fn a_missing_file_a_folder_and_a_pipe_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        for path in [folder.path().join("missing"), folder.path().to_owned(), pipe] {
            let error = secrets(&settings_with(&path), |_| None).unwrap_err().to_string();
            assert!(error.contains("cannot be read") || error.contains("not a regular file"), "{error}");
        }
    }
}

mod example {
    use super::*;

    const EXAMPLE: &str = include_str!("../../config.example.toml");

    #[test]
    fn it_says_the_defaults() {
        assert_eq!(from_text(EXAMPLE).settings, Settings::default());
    }

    /// The dotted path of every option, lists of sections counted once.
    fn options(path: &str, value: &toml::Value, found: &mut Vec<String>) {
        match value {
            toml::Value::Table(table) => {
                let dot = if path.is_empty() { "" } else { "." };
                for (name, value) in table {
                    options(&format!("{path}{dot}{name}"), value, found);
                }
            }
            toml::Value::Array(items) if items.iter().any(toml::Value::is_table) => {
                for item in items {
                    options(path, item, found);
                }
            }
            _ => found.push(path.to_owned()),
        }
    }

    /// Every `key =` and `[section]` line with the comment right above it.
    fn explained() -> Vec<(String, String)> {
        let (mut section, mut comment, mut found) = (String::new(), String::new(), Vec::new());
        for line in EXAMPLE.lines() {
            if let Some(words) = line.strip_prefix('#') {
                comment.push_str(words.trim());
            } else if line.starts_with('[') {
                line.trim_matches(['[', ']']).clone_into(&mut section);
                found.push((section.clone(), std::mem::take(&mut comment)));
            } else if let Some((key, _)) = line.split_once(" = ") {
                let dot = if section.is_empty() { "" } else { "." };
                found.push((format!("{section}{dot}{key}"), std::mem::take(&mut comment)));
            } else {
                comment.clear();
            }
        }
        found
    }

    #[test]
    fn every_option_is_in_it_and_explained() {
        let mut wanted = vec!["keys".to_owned(), "proxies".to_owned()];
        options("", &toml::Value::try_from(Settings::default()).unwrap(), &mut wanted);
        let explained = explained();
        for option in wanted {
            let entry = explained.iter().find(|(name, _)| *name == option);
            let (_, comment) = entry.unwrap_or_else(|| panic!("config.example.toml does not show '{option}'"));
            assert!(comment.len() > 10, "config.example.toml does not explain '{option}' right above it");
        }
    }
}

#[test]
fn a_hook_in_the_example_is_right_and_shows_every_option() {
    let example = include_str!("../../config.example.toml");
    let lines = example.lines().filter_map(|line| line.strip_prefix("#   "));
    let hook: Vec<_> =
        lines.skip_while(|line| *line != "[[hooks]]").take_while(|line| !line.starts_with("highlights")).collect();
    let settings = from_text(&hook.join("\n")).settings;
    assert_eq!(settings.hooks[0].exec, ["program", "argument"]);
    let shown = toml::Value::try_from(&settings.hooks[0]).unwrap();
    for option in shown.as_table().unwrap().keys() {
        assert!(
            hook.iter().any(|line| line.starts_with(&format!("{option} = "))),
            "the example does not show {option}"
        );
    }
}

#[test]
fn what_print_says_loads_again() {
    for file in fixtures("valid") {
        let settings = load(Some(&file), &[]).unwrap().settings;
        let printed = print(&settings);
        assert!(!printed.contains("s3cret"), "{printed}");
        if !printed.contains("***") {
            assert_eq!(from_text(&printed).settings, settings, "{}", file.display());
        }
    }
}

/// The program itself, with an environment of its own.
mod command {
    use std::process::{Command, Output};

    use super::*;

    fn tiktop(folder: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tiktop"));
        command.env_remove("RUST_BACKTRACE");
        command.args(args).env("HOME", folder).env("XDG_CONFIG_HOME", folder);
        for variable in ["TIKTOP_CONFIG", "TIKTOP_PROVIDER_KEY", "TIKTOP_SESSION_ID"] {
            command.env_remove(variable);
        }
        command
    }

    fn said(output: &Output) -> String {
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    #[test]
    fn the_environment_says_where_the_file_is() {
        let folder = tempfile::tempdir().unwrap();
        let usual = folder.path().join("tiktop/config.toml");
        let path = tiktop(folder.path(), &["config", "path"]).output().unwrap();
        assert_eq!(said(&path), usual.display().to_string());
        let named = tiktop(folder.path(), &["config", "path"]).env("TIKTOP_CONFIG", "/srv/t.toml").output().unwrap();
        assert_eq!(said(&named), "/srv/t.toml");
        let flag = tiktop(folder.path(), &["config", "path", "--config", "x.toml"]).output().unwrap();
        assert_eq!(said(&flag), "x.toml");
    }

    #[test]
    fn the_usual_file_is_read_and_never_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tiktop/config.toml");
        std::fs::create_dir(file.parent().unwrap()).unwrap();
        let text = "# mine\n[screen]\nfps = 11\n";
        std::fs::write(&file, text).unwrap();
        for question in ["path", "check", "print"] {
            let output = tiktop(folder.path(), &["config", question]).output().unwrap();
            assert!(output.status.success(), "{output:?}");
            assert_eq!(said(&output).contains("fps = 11"), question == "print", "{output:?}");
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
        assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn mistakes_go_to_standard_error_with_an_exit_code() {
        let folder = tempfile::tempdir().unwrap();
        let check = |sets: &[&str]| {
            let args: Vec<_> = ["config", "check"].iter().chain(sets).copied().collect();
            let output = tiktop(folder.path(), &args).env("TIKTOP_SESSION_ID", "a; s3cret").output().unwrap();
            assert_eq!(said(&output), "");
            (output.status.code(), String::from_utf8(output.stderr).unwrap())
        };
        let (code, error) = check(&["--set", "screen.fps=61"]);
        assert!(code == Some(2) && error.starts_with("--set screen.fps"), "{error}");
        let (code, error) = check(&[]);
        assert!(code == Some(2) && error.contains("TIKTOP_SESSION_ID") && !error.contains("s3cret"), "{error}");
    }
}

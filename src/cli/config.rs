//! Command `tiktop config`: where the settings are, whether they are right, which values hold. Reads; never writes a file.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use color_eyre::eyre::Result;

use super::USAGE;
use super::output::WriteError;
use crate::config::{self, Loaded, paths};
use crate::hooks;
use crate::text::printable;
use crate::tui::check_keys;

/// Every option with its default and a word about it.
const EXAMPLE: &str = include_str!("../../config.example.toml");

/// Show where the settings are, whether they are right, and what holds
#[derive(Clone, Debug, clap::Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Clone, Debug, Subcommand)]
enum ConfigCommand {
    /// Print the path of the config file
    Path,
    /// Check the config file, the flags and the files with secrets
    Check,
    /// Print the settings that hold, as TOML, with passwords masked
    Print {
        /// Print the example instead: every option with its default and what it does
        #[arg(long)]
        example: bool,
    },
}

/// Runs `tiktop config`. `file` is what `--config` names, `sets` are the values of `--set`.
///
/// Ends with 2 where something is wrong.
pub(super) fn run(args: &ConfigArgs, file: Option<&Path>, sets: &[String]) -> Result<ExitCode> {
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    let answered = answer(&args.command, file, sets, &mut out, &mut err).and_then(|code| out.flush().map(|()| code));
    Ok(ExitCode::from(answered.map_err(WriteError::from)?))
}

fn answer(
    command: &ConfigCommand,
    file: Option<&Path>,
    sets: &[String],
    out: &mut impl Write,
    err: &mut impl Write,
) -> io::Result<u8> {
    match command {
        ConfigCommand::Path => path(file, out, err),
        ConfigCommand::Print { example: true } => out.write_all(EXAMPLE.as_bytes()).map(|()| 0),
        ConfigCommand::Check | ConfigCommand::Print { .. } => match checked(command, file, sets) {
            Err(wrong) => {
                writeln!(err, "{}", printable(&wrong.0))?;
                Ok(USAGE)
            }
            Ok(loaded) => {
                for warning in &loaded.warnings {
                    writeln!(err, "warning: {}", printable(warning))?;
                }
                print_answer(command, &loaded, out).map(|()| 0)
            }
        },
    }
}

fn path(file: Option<&Path>, out: &mut impl Write, err: &mut impl Write) -> io::Result<u8> {
    let Some(path) = file.map(Path::to_owned).or_else(paths::config_file) else {
        writeln!(err, "there is no home folder to hold a config file; name one with --config")?;
        return Ok(1);
    };
    writeln!(out, "{}", printable(&path.display().to_string()))?;
    if !path.exists() {
        writeln!(err, "there is no such file yet; `tiktop config print --example` prints one to start from")?;
    }
    Ok(0)
}

/// Why the settings cannot be.
struct SettingsProblem(String);

impl From<config::ConfigError> for SettingsProblem {
    fn from(error: config::ConfigError) -> Self {
        Self(error.to_string())
    }
}

fn checked(command: &ConfigCommand, file: Option<&Path>, sets: &[String]) -> Result<Loaded, SettingsProblem> {
    let env = |name: &str| std::env::var(name).ok();
    let mut loaded = config::load(file, sets)?;
    config::secrets(&loaded.settings, env)?;
    if matches!(command, ConfigCommand::Check) && !loaded.unknown_keys.is_empty() {
        return Err(SettingsProblem(loaded.unknown_keys.join("\n")));
    }
    if let Err(problems) = check_keys(&loaded.settings.keys) {
        let placed: Vec<_> = problems.iter().map(|problem| loaded.placed(problem)).collect();
        return Err(SettingsProblem(placed.join("\n")));
    }
    if matches!(command, ConfigCommand::Check) {
        let wrong = hooks::check(&loaded.settings).err().unwrap_or_default();
        let problems: Vec<_> = wrong.into_iter().chain(hooks::missing_programs(&loaded.settings)).collect();
        if !problems.is_empty() {
            let placed: Vec<_> = problems.iter().map(|problem| loaded.placed(problem)).collect();
            return Err(SettingsProblem(placed.join("\n")));
        }
    }
    loaded.warnings.extend(config::unused_key(&loaded.settings, env));
    Ok(loaded)
}

fn print_answer(command: &ConfigCommand, loaded: &Loaded, out: &mut impl Write) -> io::Result<()> {
    match (command, &loaded.file) {
        (ConfigCommand::Print { .. }, _) => out.write_all(printable(&config::print(&loaded.settings)).as_bytes()),
        (_, Some(file)) => writeln!(out, "config ok: {}", printable(&file.display().to_string())),
        (_, None) => writeln!(out, "config ok: there is no config file, the defaults hold"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exit code, standard output and standard error.
    fn asked(command: &ConfigCommand, file: Option<&Path>, sets: &[&str]) -> (u8, String, String) {
        let sets: Vec<String> = sets.iter().map(|&set| set.to_owned()).collect();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = answer(command, file, &sets, &mut out, &mut err).unwrap();
        (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    fn written(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, text).unwrap();
        file
    }

    #[test]
    fn check_finds_hooks_that_cannot_be() {
        let file = written("[[hooks]]\nkinds = ['gifts']\nexec = ['/nowhere/at-all']\n");
        let (code, out, err) = asked(&ConfigCommand::Check, Some(file.path()), &[]);
        assert_eq!((code, out.as_str()), (USAGE, ""));
        assert!(err.contains("did you mean 'gift'?") && err.contains("there is no program '/nowhere/at-all'"), "{err}");
    }

    #[test]
    fn check_names_the_file_that_is_right() {
        let file = written("[screen]\nfps = 10\n");
        let (code, out, err) = asked(&ConfigCommand::Check, Some(file.path()), &[]);
        assert_eq!((code, err.as_str()), (0, ""));
        assert_eq!(out, format!("config ok: {}\n", file.path().display()));
    }

    #[test]
    fn a_wrong_file_and_a_wrong_flag_are_wrong_usage() {
        let (right, wrong) = (written(""), written("fsp = 10\n"));
        assert_eq!(asked(&ConfigCommand::Check, Some(wrong.path()), &[]).0, USAGE);
        assert_eq!(asked(&ConfigCommand::Check, Some(right.path()), &["screen.fps=61"]).0, USAGE);
        // Whatever else reads the file warns and goes on.
        let (code, out, err) = asked(&ConfigCommand::Print { example: false }, Some(wrong.path()), &[]);
        assert!(code == 0 && out.contains("fps = 0") && err.contains("unknown key 'fsp'"), "{code} {err}");
    }

    #[test]
    fn a_wrong_key_is_named_in_its_line() {
        let file = written("[screen]\nfps = 10\n[keys]\nquitt = [\"q\"]\n");
        let (code, _, err) = asked(&ConfigCommand::Check, Some(file.path()), &[]);
        assert_eq!(code, USAGE);
        assert!(
            err.starts_with(&format!("{}:4: keys.quitt", file.path().display())) && err.contains("'quit'"),
            "{err}"
        );
    }

    #[test]
    fn print_says_what_holds_without_passwords() {
        let file = written("[service]\nproxy = \"http://me:s3cret@proxy:1\"\n");
        let (code, out, _) = asked(&ConfigCommand::Print { example: false }, Some(file.path()), &["screen.fps=12"]);
        assert_eq!(code, 0);
        assert!(out.contains("fps = 12") && out.contains("http://***@proxy:1"), "{out}");
        assert!(!out.contains("s3cret"), "{out}");
    }

    #[test]
    fn what_settings_hold_cannot_paint_the_screen() {
        let sets =
            ["record.dir=/x\u{1b}[31m\u{9b}2J\u{202e}y", "providers=[{name=\"a\u{9b}b\",url=\"http://a.example\"}]"];
        for command in [ConfigCommand::Print { example: false }, ConfigCommand::Check, ConfigCommand::Path] {
            let file = Path::new("/nowhere/c\u{1b}]0;x\u{7}\u{9b}.toml");
            let (_, out, err) = asked(&command, None, &sets);
            let (_, path, wrong) = asked(&command, Some(file), &sets);
            for text in [out, err, path, wrong] {
                let raw: Vec<_> = text.chars().filter(|&c| c != '\n' && crate::text::must_escape(c)).collect();
                assert!(raw.is_empty(), "{command:?} prints {raw:?}: {text}");
            }
        }
    }

    #[test]
    fn path_prints_a_path_that_need_not_exist() {
        let (code, out, err) = asked(&ConfigCommand::Path, Some(Path::new("/nowhere/config.toml")), &[]);
        assert_eq!((code, out.as_str()), (0, "/nowhere/config.toml\n"));
        assert!(err.contains("no such file"), "{err}");
    }

    #[test]
    fn the_example_is_a_config_file() {
        let (_, out, _) = asked(&ConfigCommand::Print { example: true }, None, &[]);
        let file = written(&out);
        assert_eq!(asked(&ConfigCommand::Check, Some(file.path()), &[]).0, 0);
    }
}

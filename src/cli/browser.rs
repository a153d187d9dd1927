//! Command `tiktop browser`: how to start a browser that tiktop may listen to, and whether one is there.
//!
//! It starts none: the line is printed for a person to look at and run. The profile is a folder of its own, because
//! Chromium ignores the debugging port on the profile that holds somebody's everyday logins.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr, eyre};

use super::{SettingsArgs, output};
use crate::config::{Loaded, Settings, TransportKind, paths};
use crate::ids::UniqueId;
use crate::run;
use crate::webcast::{BrowserView, ServiceErrorKind};

/// Where Chromium listens when nobody says otherwise.
const PORT: u16 = 9_222;
/// Browsers that speak DevTools, the plainest first, as they are called on a path.
const ON_PATH: [&str; 6] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "brave-browser", "microsoft-edge"];
/// The same on macOS.
const APPLICATIONS: [&str; 4] = ["Chromium", "Google Chrome", "Brave Browser", "Microsoft Edge"];

/// Print how to start a browser for the "browser" transport, and see whether one answers.
///
/// Where the browser is on another machine, forward its port from there: ssh -R 9222:127.0.0.1:9222 THIS-MACHINE
#[derive(Debug, Args)]
pub(super) struct BrowserArgs {
    /// Hosts whose lives the browser shall show: @name.
    #[arg(value_name = "NAME")]
    hosts: Vec<UniqueId>,
    /// Only see whether a browser answers and shows these lives; ends with 1 where not.
    #[arg(long)]
    check: bool,
}

pub(super) fn run(args: &BrowserArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    let (Loaded { settings, .. }, secrets) = settings.load()?;
    if !args.check {
        let profile = profile()?;
        let words = start_line(&program(), &settings, &profile, &args.hosts);
        output::print_line("Start a browser with a profile of its own, and leave it open with a tab for each live:")?;
        output::print_line(&format!("\n  {words}\n"))?;
        if !settings.transports.contains(&TransportKind::Browser) {
            output::print_line("Then let tiktop listen to it, here or as `transports` in the config file:")?;
            output::print_line("\n  tiktop --set 'transports=[\"browser\"]' @name\n")?;
        }
    }
    let client = run::client(&settings, secrets, false)?;
    match run::headless_runtime()?.block_on(client.browser()) {
        Ok(view) => {
            let shown = report(&view, &settings, &args.hosts)?;
            Ok(if shown || !args.check { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        // Before the first start nobody can answer: the line above is how to change that.
        Err(error) if !args.check && error.kind() == ServiceErrorKind::Network => {
            output::print_line(&format!("None answers at {} yet.", settings.browser.endpoint))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => Err(error.into()),
    }
}

/// Says which browser answers and what it shows; whether that is all that was asked for.
fn report(view: &BrowserView, settings: &Settings, wanted: &[UniqueId]) -> Result<bool> {
    output::print_line(&format!("{} answers at {}.", view.version, settings.browser.endpoint))?;
    let shown: Vec<_> = view.lives.iter().map(|name| format!("@{name}")).collect();
    if !shown.is_empty() {
        output::print_line(&format!("It shows the live of {}.", shown.join(", ")))?;
    }
    let missing: Vec<_> = wanted.iter().filter(|name| !view.lives.contains(name)).collect();
    for name in &missing {
        output::print_line(&format!("It does not show the live of @{name}: open {} in it.", page(settings, name)))?;
    }
    if shown.is_empty() && missing.is_empty() {
        output::print_line(&format!("It shows no live yet: open {}/@name/live in it.", site(settings)))?;
    }
    Ok(missing.is_empty() && !shown.is_empty())
}

/// The folder of the browser's profile, for nobody else to read: it will hold the cookies of whoever logs in there.
fn profile() -> Result<PathBuf> {
    let state = paths::state_dir().ok_or_else(|| eyre!("there is no home folder to keep a browser's profile in"))?;
    let profile = state.join("browser");
    make_private(&profile).wrap_err_with(|| format!("cannot make the folder {}", profile.display()))?;
    Ok(profile)
}

fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        builder.mode(0o700).create(folder)?;
        // One that was there already may be open to others.
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
    }
    #[cfg(not(unix))]
    builder.create(folder)
}

/// The first browser that is installed; the plainest name where none is found.
fn program() -> String {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let installed = |name: &&str| std::env::split_paths(&on_path).any(|folder| folder.join(name).is_file());
    let application = |name: &str| PathBuf::from(format!("/Applications/{name}.app/Contents/MacOS/{name}"));
    let found = ON_PATH.iter().copied().find(installed).map(PathBuf::from);
    let found = found.or_else(|| APPLICATIONS.map(application).into_iter().find(|path| path.is_file()));
    found.map_or_else(|| ON_PATH[0].to_owned(), |path| path.display().to_string())
}

fn start_line(program: &str, settings: &Settings, profile: &Path, hosts: &[UniqueId]) -> String {
    let endpoint = url::Url::parse(&settings.browser.endpoint).ok();
    let port = endpoint.and_then(|url| url.port_or_known_default()).unwrap_or(PORT);
    let mut words = vec![
        program.to_owned(),
        format!("--remote-debugging-port={port}"),
        format!("--user-data-dir={}", profile.display()),
    ];
    words.extend(hosts.iter().map(|name| page(settings, name)));
    words.iter().map(|word| in_shell(word)).collect::<Vec<_>>().join(" ")
}

fn page(settings: &Settings, name: &UniqueId) -> String {
    format!("{}/@{name}/live", site(settings))
}

fn site(settings: &Settings) -> &str {
    settings.service.site_url.trim_end_matches('/')
}

/// A word as every shell takes it for one word.
fn in_shell(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_=+./:@,%".contains(&byte);
    if word.bytes().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_can_be_pasted_into_a_shell() {
        let mut settings = Settings::default();
        settings.browser.endpoint = "http://127.0.0.1:9333/".into();
        let line =
            start_line("/Apps/Google Chrome", &settings, Path::new("/home/o'neil/b"), &["@ana".parse().unwrap()]);
        assert_eq!(
            line,
            "'/Apps/Google Chrome' --remote-debugging-port=9333 '--user-data-dir=/home/o'\\''neil/b' \
             https://www.tiktok.com/@ana/live"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_profile_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let state = tempfile::tempdir().unwrap();
        let folder = state.path().join("tiktop/browser");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        make_private(&folder).unwrap();
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }
}

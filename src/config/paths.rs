//! Paths of the program's files: the config file, what lasts between runs, recordings.
//!
//! `XDG_CONFIG_HOME`, `XDG_STATE_HOME` and the user's folders are honoured on Linux and on macOS; without them each
//! system's own custom holds. Folders are named here and made by whoever first writes into them.
//!
//! ```
//! use std::path::Path;
//! use tiktop::config::{Settings, paths};
//!
//! let mut settings = Settings::default();
//! settings.record.dir = "/srv/lives".into();
//! assert_eq!(paths::recordings_dir(&settings), Path::new("/srv/lives"));
//! ```

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Settings;

/// The environment variable that names another config file, as `--config` does.
pub const CONFIG_ENV: &str = "TIKTOP_CONFIG";

/// The log's name in the state folder.
pub const LOG_FILE: &str = "tiktop.log";

/// The config file when `--config` names none: what `TIKTOP_CONFIG` says, else the usual place. It need not exist.
/// Nothing where there is no home folder.
pub fn config_file() -> Option<PathBuf> {
    named_config_file().or_else(usual_config_file)
}

/// The config file named by `TIKTOP_CONFIG`.
pub(super) fn named_config_file() -> Option<PathBuf> {
    std::env::var_os(CONFIG_ENV).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// The config file that is read when nobody names one.
pub(super) fn usual_config_file() -> Option<PathBuf> {
    base("XDG_CONFIG_HOME", |dirs| Some(dirs.config_dir())).map(|dir| dir.join("config.toml"))
}

/// The folder for what lasts between runs: history, captures, logs. Nothing where there is no home folder.
pub fn state_dir() -> Option<PathBuf> {
    base("XDG_STATE_HOME", |dirs| dirs.state_dir().or_else(|| Some(dirs.data_local_dir())))
}

/// The folder for captures. Nothing where there is no home folder.
pub fn captures_dir() -> Option<PathBuf> {
    state_dir().map(|dir| dir.join("captures"))
}

/// The folder for the history: as set, else in the state folder. Nothing where there is no home folder.
pub fn history_dir(settings: &Settings) -> Option<PathBuf> {
    if !settings.history.dir.as_os_str().is_empty() {
        return Some(settings.history.dir.clone());
    }
    state_dir().map(|dir| dir.join("history"))
}

/// The folder for recordings: as set, else the user's videos folder, else home, else here.
pub fn recordings_dir(settings: &Settings) -> PathBuf {
    if !settings.record.dir.as_os_str().is_empty() {
        return settings.record.dir.clone();
    }
    let Some(user) = directories::UserDirs::new() else { return PathBuf::from(".") };
    user.video_dir().unwrap_or_else(|| user.home_dir()).to_owned()
}

/// `path` with a leading `~/` replaced by the home folder.
pub(super) fn expand_home(path: &str, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}

/// The user's home folder.
pub(super) fn home() -> Option<PathBuf> {
    directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned())
}

/// The folder named by `variable`, else what the system's custom says.
fn base(variable: &str, custom: impl Fn(&directories::ProjectDirs) -> Option<&Path>) -> Option<PathBuf> {
    xdg(std::env::var_os(variable)).or_else(|| {
        let dirs = directories::ProjectDirs::from("", "", "tiktop")?;
        custom(&dirs).map(Path::to_owned)
    })
}

/// Our folder in an XDG base folder, which counts only where it is an absolute path.
fn xdg(base: Option<OsString>) -> Option<PathBuf> {
    base.map(PathBuf::from).filter(|base| base.is_absolute()).map(|base| base.join("tiktop"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tilde_is_the_home_folder_only_at_the_start() {
        let home = Path::new("/home/ana");
        assert_eq!(expand_home("~/live", Some(home)), Path::new("/home/ana/live"));
        assert_eq!(expand_home("/tmp/~/live", Some(home)), Path::new("/tmp/~/live"));
        assert_eq!(expand_home("~ana/live", Some(home)), Path::new("~ana/live"));
        assert_eq!(expand_home("", Some(home)), Path::new(""));
        assert_eq!(expand_home("~/live", None), Path::new("~/live"));
    }

    #[test]
    fn an_xdg_folder_counts_only_when_absolute() {
        assert_eq!(xdg(Some("/home/ana/.cfg".into())).as_deref(), Some(Path::new("/home/ana/.cfg/tiktop")));
        assert_eq!(xdg(Some("cfg".into())), None);
        assert_eq!(xdg(Some(OsString::new())), None);
        assert_eq!(xdg(None), None);
    }

    #[test]
    fn recordings_go_where_the_user_says() {
        let mut settings = Settings::default();
        settings.record.dir = "/srv/lives".into();
        assert_eq!(recordings_dir(&settings), Path::new("/srv/lives"));
    }
}

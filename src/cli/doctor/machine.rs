//! Checks of this machine: settings, folders, ffmpeg, the terminal.

use std::path::Path;

use super::report::{Check, Report, ReportRow, Status};
use super::{SettingsArgs, hidden};
use crate::config::{self, Loaded, Secrets, paths};
use crate::record;
use crate::tui;

/// Smallest screen on which the dashboard is worth its name.
const SMALLEST: (u16, u16) = (40, 10);

fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The settings that hold, with their secrets; nothing when they are wrong.
pub(super) fn config(report: &mut Report, settings: &SettingsArgs) -> Option<(Loaded, Secrets)> {
    let checked = || {
        let loaded = config::load(settings.config.as_deref(), &settings.sets).map_err(|error| error.to_string())?;
        let secrets = config::secrets(&loaded.settings, env).map_err(|error| error.to_string())?;
        tui::check_keys(&loaded.settings.keys).map_err(|mistakes| mistakes.join("; "))?;
        Ok::<_, String>((loaded, secrets))
    };
    match checked() {
        Err(words) => {
            report.add(ReportRow::new(Check::Config, "settings", Status::Failed, words.replace('\n', " ")));
            None
        }
        Ok((loaded, secrets)) => {
            report.hide(hidden(&secrets));
            let file = loaded.file.as_deref();
            let words = file.map_or("the defaults; there is no file".to_owned(), |file| file.display().to_string());
            report.add(ReportRow::new(Check::Config, "settings", Status::Ok, words));
            for warning in loaded.warnings.iter().cloned().chain(config::unused_key(&loaded.settings, env)) {
                report.add(ReportRow::new(Check::Config, "settings", Status::Note, warning));
            }
            if let Some(words) = file.and_then(open_to_others) {
                report.add(ReportRow::new(Check::Config, "settings", Status::Note, words));
            }
            Some((loaded, secrets))
        }
    }
}

/// Whoever can write the settings can send our traffic anywhere.
#[cfg(unix)]
fn open_to_others(file: &Path) -> Option<String> {
    let mode = mode(file)?;
    (mode & 0o022 != 0)
        .then(|| format!("others can write this file (mode {mode:03o}); run: chmod go-w {}", file.display()))
}

#[cfg(not(unix))]
fn open_to_others(_: &Path) -> Option<String> {
    None
}

/// The folders we write to.
pub(super) fn folders(report: &mut Report, loaded: &Loaded) {
    let recordings = paths::recordings_dir(&loaded.settings);
    report.add(folder("recordings", &recordings, false));
    match paths::state_dir() {
        Some(state) => report.add(folder("state", &state, true)),
        None => {
            report.add(ReportRow::new(
                Check::Folder,
                "state",
                Status::Note,
                "there is no home folder to keep anything in",
            ));
        }
    }
}

/// A folder that is there must be ours to write; one that is not must be possible. Nothing is made.
fn folder(name: &str, dir: &Path, private: bool) -> ReportRow {
    let shown = dir.display();
    let Some(nearest) = dir.ancestors().find(|dir| dir.exists()) else {
        return ReportRow::new(
            Check::Folder,
            name,
            Status::Failed,
            format!("{shown} leads nowhere; name another folder"),
        );
    };
    if !nearest.is_dir() {
        let words = format!("{} is a file; move it, or name another folder", nearest.display());
        return ReportRow::new(Check::Folder, name, Status::Failed, words);
    }
    if !writable(nearest) {
        let words = format!("you may not write to {}; change its rights, or name another folder", nearest.display());
        return ReportRow::new(Check::Folder, name, Status::Failed, words);
    }
    if nearest != dir {
        return ReportRow::new(Check::Folder, name, Status::Ok, format!("{shown}, made when it is needed"));
    }
    match mode(dir).filter(|mode| private && mode & 0o077 != 0) {
        Some(mode) => {
            let words = format!("others can look into {shown} (mode {mode:03o}); run: chmod 700 {shown}");
            ReportRow::new(Check::Folder, name, Status::Note, words)
        }
        None => ReportRow::new(Check::Folder, name, Status::Ok, shown.to_string()),
    }
}

#[cfg(unix)]
fn writable(dir: &Path) -> bool {
    use nix::unistd::{AccessFlags, access};
    access(dir, AccessFlags::W_OK | AccessFlags::X_OK).is_ok()
}

#[cfg(not(unix))]
fn writable(dir: &Path) -> bool {
    dir.metadata().is_ok_and(|metadata| !metadata.permissions().readonly())
}

#[cfg(unix)]
fn mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    Some(path.metadata().ok()?.permissions().mode() & 0o777)
}

#[cfg(not(unix))]
fn mode(_: &Path) -> Option<u32> {
    None
}

/// The recorder.
pub(super) async fn ffmpeg(report: &mut Report, loaded: &Loaded) {
    let program = &loaded.settings.record.ffmpeg;
    report.add(match record::version(program).await {
        Ok(version) => ReportRow::new(Check::Ffmpeg, program, Status::Ok, version.as_str()),
        Err(words) => {
            let words = format!("{words} (without it lives can be watched, but not recorded)");
            ReportRow::new(Check::Ffmpeg, program, Status::Failed, words)
        }
    });
}

/// The screen.
pub(super) fn terminal(report: &mut Report) {
    let Some(capabilities) = tui::capabilities(env) else {
        return report.add(ReportRow::new(
            Check::Terminal,
            "screen",
            Status::Skipped,
            "standard output is no terminal",
        ));
    };
    let (columns, rows) = capabilities.size;
    let size = format!("{columns} x {rows}");
    let colours = match capabilities.colours {
        0 => "no colours".to_owned(),
        16_777_216 => "true colour".to_owned(),
        count => format!("{count} colours"),
    };
    let said = |capability: Option<bool>, yes: &'static str, no: &'static str| match capability {
        Some(true) => yes,
        Some(false) => no,
        None => "",
    };
    let words = [
        size.as_str(),
        colours.as_str(),
        if capabilities.unicode { "Unicode" } else { "" },
        said(capabilities.mouse, "mouse", "no mouse"),
        said(capabilities.sync, "whole frames", "frames may tear"),
    ];
    let words = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ");
    let name = if capabilities.name.is_empty() { "screen" } else { &capabilities.name };
    report.add(ReportRow::new(Check::Terminal, name, Status::Ok, words));
    if columns < SMALLEST.0 || rows < SMALLEST.1 {
        let words = format!("{} x {} or more shows something useful", SMALLEST.0, SMALLEST.1);
        report.add(ReportRow::new(Check::Terminal, name, Status::Note, words));
    }
    if !capabilities.unicode {
        let words = "the locale is not UTF-8, so the dashboard draws with plain ASCII: set LANG to one that is, such as C.UTF-8";
        report.add(ReportRow::new(Check::Terminal, name, Status::Note, words));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_to_come_needs_only_a_parent_that_can_be_written() {
        let home = tempfile::tempdir().unwrap();
        let row = folder("recordings", &home.path().join("a/b"), false);
        assert_eq!(row.status, Status::Ok);
        assert!(row.words.ends_with("made when it is needed") && !home.path().join("a").exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_in_the_way_and_open_doors_are_told() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("file"), "").unwrap();
        assert_eq!(folder("state", &home.path().join("file/x"), true).status, Status::Failed);
        std::fs::set_permissions(home.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let row = folder("state", home.path(), true);
        assert!(row.status == Status::Note && row.words.contains("chmod 700"), "{row:?}");
        assert_eq!(folder("recordings", home.path(), false).status, Status::Ok);
    }
}

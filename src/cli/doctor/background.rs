//! Checks of the background service: whether it answers, and what would end it with a login.

use std::path::Path;

use nix::unistd::{User, getuid};

use super::report::{Check, Report, ReportRow, Status};
use crate::daemon::{Connection, Place};
use crate::run;

/// What a service that runs, or does not, says of itself and of this machine.
pub(super) async fn check(report: &mut Report) {
    let Ok(place) = run::service_place() else { return };
    let row = |subject: &str, status, words: String| ReportRow::new(Check::Service, subject, status, words);
    match Connection::open(&place).await {
        Err(error) => report.add(row("answer", Status::Failed, error.to_string())),
        Ok(None) => match place.holder() {
            Some(pid) => report.add(row("answer", Status::Failed, unreachable(&place, pid))),
            None => report.add(row("answer", Status::Skipped, "no service runs".to_owned())),
        },
        Ok(Some(service)) => {
            let (build, ours, pid) = (&service.hello().build, env!("CARGO_PKG_VERSION"), service.hello().pid);
            report.add(row(
                "answer",
                Status::Ok,
                format!("process {pid}, tiktop {build}, {}", place.socket().display()),
            ));
            if build != ours {
                let words = format!(
                    "the service is tiktop {build}, this program {ours}: `tiktop serve --replace` starts it anew and says what that costs"
                );
                report.add(row("version", Status::Note, words));
            }
            if let Some(words) = ends_with_login(pid) {
                report.add(row("login", Status::Note, words));
            }
        }
    }
}

fn unreachable(place: &Place, pid: u32) -> String {
    format!(
        "process {pid} is a service and nothing answers at {}: it binds its socket again within ten seconds, else end it with `kill {pid}`",
        place.socket().display()
    )
}

/// What would end a service with the last login of its user, and what to do about it; nothing where nothing would.
fn ends_with_login(pid: u32) -> Option<String> {
    // Other inits end nobody's processes.
    if !Path::new("/run/systemd/system").exists() {
        return None;
    }
    let cgroup = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
    let user = User::from_uid(getuid()).ok()??.name;
    let lingers = Path::new("/var/lib/systemd/linger").join(&user).exists();
    login_words(&cgroup, lingers, kills_user_processes(&logind_settings()))
}

/// `user.slice/user-1000.slice/session-4.scope` goes with the login where the setting says so; `user@1000.service` goes with the
/// last login of a user who does not linger.
fn login_words(cgroup: &str, lingers: bool, kills: bool) -> Option<String> {
    let in_session = cgroup.lines().any(|line| line.contains("/session-") && line.contains(".scope"));
    let in_user_manager = cgroup.lines().any(|line| line.contains("/user@"));
    if in_session && kills {
        let words = "it sits in the scope of a login, and KillUserProcesses=yes ends that: start it as a user unit (docs/service.md)";
        return Some(words.to_owned());
    }
    let words = "lingering is off, so it ends with your last login; run: loginctl enable-linger";
    (in_user_manager && !lingers).then(|| words.to_owned())
}

/// The settings of logind, the later file last.
fn logind_settings() -> String {
    let mut text = String::new();
    for folder in ["/usr/lib/systemd", "/run/systemd", "/etc/systemd"] {
        let mut files = vec![Path::new(folder).join("logind.conf")];
        let dropped = std::fs::read_dir(Path::new(folder).join("logind.conf.d")).into_iter().flatten().flatten();
        let mut dropped: Vec<_> = dropped.map(|entry| entry.path()).collect();
        dropped.sort();
        files.append(&mut dropped);
        for file in files {
            text.push_str(&std::fs::read_to_string(file).unwrap_or_default());
            text.push('\n');
        }
    }
    text
}

/// Whether logind ends what a login leaves behind; the last word counts.
fn kills_user_processes(settings: &str) -> bool {
    let mut values = settings.lines().filter_map(|line| line.trim().strip_prefix("KillUserProcesses="));
    values.next_back().is_some_and(|value| matches!(value.trim(), "yes" | "true" | "on" | "1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_service_with_its_login_is_told() {
        let session = "0::/user.slice/user-1000.slice/session-4.scope\n";
        let unit = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/tiktop.service\n";
        let system = "0::/system.slice/tiktop.service\n";
        assert!(login_words(session, true, true).unwrap().contains("KillUserProcesses"));
        assert_eq!(login_words(session, false, false), None);
        assert!(login_words(unit, false, false).unwrap().contains("enable-linger"));
        assert_eq!(login_words(unit, true, true), None);
        assert_eq!(login_words(system, false, true), None);
    }

    #[test]
    fn the_last_word_of_the_settings_counts() {
        assert!(!kills_user_processes("#KillUserProcesses=yes\n"));
        assert!(kills_user_processes("KillUserProcesses=no\n[Login]\n  KillUserProcesses=yes"));
        assert!(!kills_user_processes("KillUserProcesses=yes\nKillUserProcesses=no"));
    }
}

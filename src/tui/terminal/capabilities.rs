//! Capabilities of the terminal in front of the person, for a diagnosis: from the environment, and from the terminal itself.
//!
//! Takes nothing over for longer than the question lasts and draws nothing. Invariant: a terminal that does not answer
//! costs [`ANSWER_TIMEOUT`], and is left as it was.

use std::io::{self, IsTerminal};
use std::time::Duration;

use crossterm::terminal::size;

use crate::tui::theme::ColourDepth;

/// How long a terminal may take; SSH from the other side of the world has 0.3 s.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(800);
/// Modes we ask for: synchronized updates, and the mouse with coordinates beyond column 223.
const SYNCHRONIZED_UPDATE: u16 = 2026;
const MOUSE: u16 = 1006;

/// What a terminal can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// What it calls itself (`TERM`).
    pub name: String,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Colours it says it has: 16, 256, or 16 777 216; 0 under `NO_COLOR` or where it has none.
    pub colours: u32,
    /// It shows more than ASCII.
    pub unicode: bool,
    /// It draws whole frames at once (DEC 2026). Nothing when it did not say.
    pub sync: Option<bool>,
    /// It tells wheel and clicks. Nothing when it did not say.
    pub mouse: Option<bool>,
}

/// Asks the terminal; nothing where standard output is none. `env` looks up a variable.
pub fn capabilities(env: impl Fn(&str) -> Option<String>) -> Option<Capabilities> {
    if !io::stdout().is_terminal() {
        return None;
    }
    let reply = ask().unwrap_or_default();
    let size = size().ok()?;
    Some(Capabilities {
        size,
        sync: known(&reply, SYNCHRONIZED_UPDATE),
        mouse: known(&reply, MOUSE),
        ..by_environment(env)
    })
}

/// Whether a terminal of this name can only print lines.
pub(super) fn is_line_printer(name: &str) -> bool {
    matches!(name, "dumb" | "unknown")
}

/// Whether a terminal of this name has no more signs than ASCII: the console of Linux has few glyphs, older terminals have
/// none.
fn has_few_glyphs(name: &str) -> bool {
    let kind = name.split('-').next().unwrap_or_default();
    matches!(kind, "linux" | "ansi" | "cons25" | "sun")
        || kind.strip_prefix("vt").is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()))
}

/// Whether the terminal shows more than ASCII, as far as the environment tells. `env` looks up a variable.
pub fn shows_unicode(env: impl Fn(&str) -> Option<String>) -> bool {
    is_utf8_locale(&env) && !env("TERM").is_some_and(|name| has_few_glyphs(&name))
}

/// Whether the locale is one whose characters are UTF-8. `env` looks up a variable; the first of these that is set decides, as
/// it does for the C library.
fn is_utf8_locale(env: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default().to_ascii_lowercase();
    // Windows has no such variables, and its terminals take UTF-8.
    cfg!(windows) || locale.contains("utf-8") || locale.contains("utf8")
}

/// How many colours the terminal has, as far as the environment tells.
pub(in crate::tui) fn depth(env: impl Fn(&str) -> Option<String>) -> ColourDepth {
    ColourDepth::of(by_environment(env).colours)
}

/// Frames a second: as set, else what the connection takes. Over SSH the line is slower than the eye.
pub(in crate::tui) fn fps(set: u16, env: impl Fn(&str) -> Option<String>) -> u16 {
    const LOCAL: u16 = 30;
    const REMOTE: u16 = 15;
    let remote = ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"]
        .into_iter()
        .any(|name| env(name).is_some_and(|value| !value.is_empty()));
    match set {
        0 if remote => REMOTE,
        0 => LOCAL,
        set => set,
    }
}

fn by_environment(env: impl Fn(&str) -> Option<String>) -> Capabilities {
    let said = |name: &str| env(name).filter(|value| !value.is_empty());
    let name = said("TERM").unwrap_or_default();
    let colours = if said("NO_COLOR").is_some() || is_monochrome(&name) {
        0
    } else if said("COLORTERM").is_some_and(|value| matches!(value.as_str(), "truecolor" | "24bit")) {
        1 << 24
    } else if name.contains("256color") {
        256
    } else {
        16
    };
    let unicode = shows_unicode(&env);
    Capabilities { name, size: (0, 0), colours, unicode, sync: None, mouse: None }
}

/// Whether a terminal of this name has no colours, as those who name them in terminfo have it.
fn is_monochrome(name: &str) -> bool {
    let old =
        |series: &str| name.strip_prefix(series).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    matches!(name, "" | "dumb" | "unknown")
        || ["vt", "wy", "ibm3"].into_iter().any(old)
        || name.ends_with("-m")
        || name.ends_with("-mono")
}

/// What `CSI ? mode ; state $ y` in a reply says: 0 is a mode the terminal does not know, 4 one that it never enters.
fn known(reply: &[u8], mode: u16) -> Option<bool> {
    let reply = String::from_utf8_lossy(reply);
    let (_, rest) = reply.split_once(&format!("\x1b[?{mode};"))?;
    let (state, _) = rest.split_once("$y")?;
    state.parse::<u8>().ok().map(|state| matches!(state, 1..=3))
}

/// Asks for the modes, then for the device itself: every terminal answers the last question, so nobody has to be waited
/// for in vain.
#[cfg(unix)]
fn ask() -> io::Result<Vec<u8>> {
    use std::fs::OpenOptions;
    use std::io::{Read, Write};
    use std::os::fd::AsFd;

    use crossterm::terminal::{disable_raw_mode, enable_raw_mode, is_raw_mode_enabled};
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    let mut tty = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
    let was_raw = is_raw_mode_enabled()?;
    enable_raw_mode()?;
    let mut asked = || {
        write!(tty, "\x1b[?{SYNCHRONIZED_UPDATE}$p\x1b[?{MOUSE}$p\x1b[c")?;
        tty.flush()?;
        let mut reply = Vec::new();
        let patience = PollTimeout::try_from(ANSWER_TIMEOUT).unwrap_or(PollTimeout::ZERO);
        while !is_whole(&reply) {
            if poll(&mut [PollFd::new(tty.as_fd(), PollFlags::POLLIN)], patience)? == 0 {
                break;
            }
            let mut chunk = [0; 256];
            let read = tty.read(&mut chunk)?;
            reply.extend(chunk.iter().take(read));
            if read == 0 || reply.len() > 4_096 {
                break;
            }
        }
        Ok(reply)
    };
    let reply = asked();
    if !was_raw {
        disable_raw_mode()?;
    }
    reply
}

#[cfg(not(unix))]
fn ask() -> io::Result<Vec<u8>> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The answer to the last question, `CSI ? … c`, is there.
fn is_whole(reply: &[u8]) -> bool {
    reply.last() == Some(&b'c')
}

/// Columns of the terminal that standard output is; nothing where it is none, or does not say.
pub fn output_columns() -> Option<usize> {
    let (columns, _) = std::io::stdout().is_terminal().then(size)?.ok()?;
    Some(usize::from(columns)).filter(|&columns| columns > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn a_far_terminal_gets_half_the_frames_unless_it_is_said() {
        let far = |name: &str| (name == "SSH_CONNECTION").then(|| "10.0.0.1 1 10.0.0.2 22".to_owned());
        assert_eq!([fps(0, far), fps(0, |_| None), fps(60, far)], [15, 30, 60]);
    }

    #[test]
    fn a_mode_is_known_when_the_terminal_can_be_in_it() {
        let reply = b"\x1b[?2026;2$y\x1b[?1006;0$y\x1b[?62;22c";
        assert_eq!((known(reply, SYNCHRONIZED_UPDATE), known(reply, MOUSE)), (Some(true), Some(false)));
        assert!(is_whole(reply) && !is_whole(b"\x1b[?2026;2$y"));
        assert_eq!(known(b"\x1b[?62c", SYNCHRONIZED_UPDATE), None);
    }

    #[rstest]
    #[case(&[("TERM", "xterm-256color"), ("LANG", "en_US.UTF-8")], 256, true)]
    #[case(&[("TERM", "xterm"), ("COLORTERM", "truecolor"), ("LC_ALL", "C"), ("LANG", "en_US.UTF-8")], 1 << 24, false)]
    #[case(&[("TERM", "xterm-256color"), ("NO_COLOR", "1"), ("LC_CTYPE", "de_DE.utf8")], 0, true)]
    #[case(&[("TERM", "screen")], 16, false)]
    #[case(&[("TERM", "linux"), ("LANG", "en_US.UTF-8")], 16, false)]
    #[case(&[("TERM", "vt100"), ("LANG", "en_US.UTF-8")], 0, false)]
    #[case(&[("TERM", "vte-256color"), ("LANG", "en_US.UTF-8")], 256, true)]
    #[case(&[("TERM", "xterm-mono"), ("LANG", "C.UTF-8")], 0, true)]
    #[case(&[("TERM", "linux-m"), ("LC_ALL", "C.utf8"), ("LANG", "C")], 0, false)]
    #[case(&[("TERM", "vt220"), ("LC_ALL", "POSIX"), ("LC_CTYPE", "C.UTF-8")], 0, false)]
    #[case(&[("TERM", "vte-256color"), ("LC_ALL", ""), ("LC_CTYPE", "UTF-8")], 256, true)]
    #[case(&[("TERM", "xterm-kitty"), ("LC_CTYPE", "ru_RU.KOI8-R"), ("LANG", "ru_RU.UTF-8")], 16, false)]
    #[case(&[("TERM", "xterm"), ("LANG", "de_DE.UTF-8@euro")], 16, true)]
    #[case(&[("TERM", "xterm"), ("LANG", "de_DE@euro")], 16, false)]
    #[case(&[("TERM", "xterm"), ("LANG", "ja_JP.eucJP")], 16, false)]
    #[case(&[("TERM", "unknown"), ("LANG", "en_US.UTF8")], 0, true)]
    #[case(&[], 0, false)]
    fn the_environment_tells_colours_and_signs(
        #[case] set: &[(&str, &str)],
        #[case] colours: u32,
        #[case] unicode: bool,
    ) {
        let env = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let capabilities = by_environment(env);
        assert_eq!((capabilities.colours, capabilities.unicode), (colours, unicode));
    }
}

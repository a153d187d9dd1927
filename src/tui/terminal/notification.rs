//! Notification by the terminal: its bell, or a sequence that its own desktop shows, also from the other end of SSH and through
//! tmux and screen.

use std::io::{self, Write};

use crate::config::NotifyWay;
use crate::text::Text;

/// What stands between us and the terminal in front of the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Multiplexer {
    None,
    Tmux,
    Screen,
}

impl Multiplexer {
    /// As the environment says. `env` looks up a variable.
    pub(super) fn of(env: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |name: &str| env(name).is_some_and(|value| !value.is_empty());
        if is_set("TMUX") {
            Self::Tmux
        } else if is_set("STY") {
            Self::Screen
        } else {
            Self::None
        }
    }
}

/// Writes the notification. What other people wrote is cleaned again: it must not end the sequence.
pub(super) fn write(out: &mut impl Write, way: NotifyWay, words: &str, through: Multiplexer) -> io::Result<()> {
    const LONGEST: usize = 160;
    let words = crate::text::clip(Text::new(words).as_str(), LONGEST).replace(';', ",");
    let sequence = match way {
        NotifyWay::Off => return Ok(()),
        // Every multiplexer knows the bell and tells of it in its own way.
        NotifyWay::Bell => return out.write_all(b"\x07"),
        NotifyWay::Osc9 => format!("\x1b]9;{words}\x07"),
        NotifyWay::Osc99 => format!("\x1b]99;;{words}\x1b\\"),
        NotifyWay::Osc777 => format!("\x1b]777;notify;tiktop;{words}\x07"),
    };
    match through {
        Multiplexer::None => out.write_all(sequence.as_bytes()),
        // Its option allow-passthrough lets this through; the escapes within are doubled.
        Multiplexer::Tmux => write!(out, "\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b")),
        Multiplexer::Screen => write!(out, "\x1bP{}\x1b\\", sequence.replace("\x1b\\", "\x07")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(NotifyWay::Off, Multiplexer::None, "")]
    #[case(NotifyWay::Bell, Multiplexer::Tmux, "\x07")]
    #[case(NotifyWay::Osc9, Multiplexer::None, "\x1b]9;ana: hi, all\x07")]
    #[case(NotifyWay::Osc777, Multiplexer::None, "\x1b]777;notify;tiktop;ana: hi, all\x07")]
    #[case(NotifyWay::Osc9, Multiplexer::Tmux, "\x1bPtmux;\x1b\x1b]9;ana: hi, all\x07\x1b\\")]
    #[case(NotifyWay::Osc99, Multiplexer::Screen, "\x1bP\x1b]99;;ana: hi, all\x07\x1b\\")]
    fn every_way_has_its_sequence(#[case] way: NotifyWay, #[case] through: Multiplexer, #[case] expected: &str) {
        let mut out = Vec::new();
        write(&mut out, way, "ana: hi; all", through).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn what_people_wrote_cannot_end_the_sequence() {
        let mut out = Vec::new();
        write(&mut out, NotifyWay::Osc9, "a\x07b\x1b]52;c;x\x07", Multiplexer::None).unwrap();
        assert_eq!(out.iter().filter(|byte| matches!(byte, 0x07 | 0x1b)).count(), 2);
    }
}

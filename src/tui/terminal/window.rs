//! Size of the window: what the terminal says, made usable.

use ratatui::layout::Size;

/// Where nobody knows better.
const FALLBACK_SIZE: Size = Size { width: 80, height: 24 };
/// The largest screen that is drawn: more than a wall of monitors has. A terminal that claims more gets its upper left part.
const LARGEST: Size = Size { width: 1_000, height: 400 };

/// A size to draw: serial lines, containers and the first moment of some terminals say 0, and then `COLUMNS` and `LINES` (by
/// `env`) decide, else what is usual.
pub(super) fn usable(said: Size, env: impl Fn(&str) -> Option<String>) -> Size {
    let from_env = |name: &str| env(name).and_then(|value| value.trim().parse::<u16>().ok()).filter(|&cells| cells > 0);
    let known = |said: u16, name: &str, usual: u16| if said > 0 { said } else { from_env(name).unwrap_or(usual) };
    Size {
        width: known(said.width, "COLUMNS", FALLBACK_SIZE.width).min(LARGEST.width),
        height: known(said.height, "LINES", FALLBACK_SIZE.height).min(LARGEST.height),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case((100, 30), &[("COLUMNS", "90")], (100, 30))]
    #[case((0, 0), &[], (80, 24))]
    #[case((0, 0), &[("COLUMNS", "90"), ("LINES", "20")], (90, 20))]
    #[case((0, 0), &[("COLUMNS", "0"), ("LINES", "many")], (80, 24))]
    #[case((0, 50), &[], (80, 50))]
    #[case((65_535, 65_535), &[], (1_000, 400))]
    #[case((0, 0), &[("COLUMNS", "65535"), ("LINES", "99999")], (1_000, 24))]
    #[case((1, 1), &[], (1, 1))]
    fn a_size_can_be_drawn(#[case] said: (u16, u16), #[case] set: &[(&str, &str)], #[case] drawn: (u16, u16)) {
        let env = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        assert_eq!(usable(said.into(), env), drawn.into());
    }
}

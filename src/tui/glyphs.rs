//! Glyphs that the screen is drawn with. Views write the Unicode ones; where the terminal cannot show them, [`to_ascii`]
//! swaps every one for its ASCII twin in the finished frame, so that no view has to ask. All are one column wide.

use ratatui::buffer::Buffer;

macro_rules! glyphs {
    ($($name:ident = $sign:literal | $ascii:literal;)*) => {
        $(pub(super) const $name: &str = $sign;)*
        const ASCII_TWINS: &[(&str, &str)] = &[$(($sign, $ascii),)*];
    };
}

glyphs! {
    LIVE = "●" | "*";
    CONNECTING = "◐" | "~";
    PAUSED = "‖" | "=";
    WAITING = "○" | "o";
    ENDED = "■" | "#";
    BLOCKED = "✕" | "x";
    RECORDING = "⏺" | "R";
    UNREAD = "•" | "!";
    GIFT = "◆" | "$";
    RUNNING = "▸" | ">";
    SHARE = "↗" | "^";
    JOIN = "→" | ">";
    PINNED = "⌃" | "^";
    GAP = "┄" | "-";
    RULE = "─" | "-";
    PLAYED = "━" | "=";
    DIVIDER = "│" | "|";
    DIVIDER_DOWN = "┬" | "+";
    DIVIDER_UP = "┴" | "+";
    DIVIDER_BRANCH = "├" | "+";
    DIVIDER_LEFT = "┤" | "+";
    DIVIDER_CROSS = "┼" | "+";
    MORE_ABOVE = "↑" | "^";
    MORE_BELOW = "↓" | "v";
    NEWER_ABOVE = "▲" | "^";
    LEFT = "‹" | "<";
    RIGHT = "›" | ">";
    NEWER = "▼" | "v";
    PEAK = "▾" | "v";
    TIMES = "×" | "x";
    DOT = "·" | "|";
    DASH = "—" | "-";
    TICK = "✓" | "v";
    NONE = "–" | "-";
    ATTENTION = "⚠" | "!";
    MINUS = "−" | "-";
    SIDE_A = "█" | "#";
    SIDE_B = "░" | ".";
}

/// Follow and question are ASCII already.
pub(super) const FOLLOW: &str = "+";
pub(super) const QUESTION: &str = "?";

/// Bars of one to eight eighths of a cell.
pub(super) const BARS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", SIDE_A];
const BARS_ASCII: [&str; 8] = [".", ".", ":", ":", "|", "|", "#", "#"];
/// Cells that begin with the left part: one to seven eighths.
pub(super) const PARTS: [&str; 7] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// Swaps our signs in a finished frame for their ASCII twins; what people wrote stays as it is.
pub(super) fn to_ascii(frame: &mut Buffer) {
    for cell in &mut frame.content {
        if !cell.symbol().is_ascii()
            && let Some(twin) = twin(cell.symbol())
        {
            cell.set_symbol(twin);
        }
    }
}

/// A piece of a curve by the highest of its dots.
fn curve_twin(dots: u32) -> &'static str {
    match dots {
        0 => " ",
        _ if dots & 0x09 != 0 => "'",
        _ if dots & 0x36 != 0 => "-",
        _ => ".",
    }
}

fn twin(sign: &str) -> Option<&'static str> {
    if sign == "…" {
        return Some("~");
    }
    if let Some(dots) =
        sign.chars().next().map(u32::from).and_then(|sign| sign.checked_sub(0x2800)).filter(|&dots| dots < 0x100)
    {
        // What fills the space under a curve would be read as one.
        return Some(if dots == 0x50 { " " } else { curve_twin(dots) });
    }
    let bars = BARS.iter().zip(BARS_ASCII).find(|(bar, _)| **bar == sign).map(|(_, ascii)| ascii);
    let parts = || PARTS.contains(&sign).then_some("#");
    bars.or_else(parts).or_else(|| ASCII_TWINS.iter().find(|(own, _)| *own == sign).map(|(_, ascii)| *ascii))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_and_its_twin_take_one_column() {
        for (sign, ascii) in ASCII_TWINS {
            assert_eq!((crate::text::width(sign), ascii.len()), (1, 1), "{sign}");
        }
        for sign in BARS.iter().chain(&PARTS) {
            assert!(twin(sign).is_some(), "{sign}");
        }
    }
}

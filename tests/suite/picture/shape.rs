//! Shapes of a picture: what the screen draws of lines, blocks and dots, as areas of their own, so that no font of whoever looks
//! leaves seams in it.

use std::fmt::Write as _;

/// Adds a symbol to a path where it is one of those; whether it is.
pub(super) fn of(symbol: &str, (x, y): (usize, usize), (wide, high): (usize, usize), path: &mut String) -> bool {
    let mut chars = symbol.chars();
    let (Some(sign), None) = (chars.next(), chars.next()) else { return false };
    let (x, y, wide, high) = (x as f64, y as f64, wide as f64, high as f64);
    let mut add = |left: f64, top: f64, width: f64, height: f64| {
        let _ = write!(path, "M{} {}h{}v{}h-{}z", short(left), short(top), short(width), short(height), short(width));
    };
    // Lines are one unit thick, through the middle of the cell.
    let (middle, centre) = (x + wide / 2.0 - 0.5, y + high / 2.0 - 0.5);
    match sign {
        '█' => add(x, y, wide, high),
        '▀' => add(x, y, wide, high / 2.0),
        '▄' => add(x, y + high / 2.0, wide, high / 2.0),
        '▁'..='▇' => {
            let part = high * f64::from(sign as u32 - 0x2580) / 8.0;
            add(x, y + high - part, wide, part);
        }
        '▉'..='▏' => add(x, y, wide * f64::from(0x2590 - sign as u32) / 8.0, high),
        '─' | '│' | '┌' | '┐' | '└' | '┘' | '├' | '┤' | '┬' | '┴' | '┼' => {
            let (left, right) = ("─┐┘┤┬┴┼".contains(sign), "─┌└├┬┴┼".contains(sign));
            let (up, down) = ("│└┘├┤┴┼".contains(sign), "│┌┐├┤┬┼".contains(sign));
            let from = if left { x } else { middle };
            let until = if right { x + wide } else { middle + 1.0 };
            if left || right {
                add(from, centre, until - from, 1.0);
            }
            let from = if up { y } else { centre };
            let until = if down { y + high } else { centre + 1.0 };
            if up || down {
                add(middle, from, 1.0, until - from);
            }
        }
        '\u{2800}'..='\u{28ff}' => {
            let dots = sign as u32 - 0x2800;
            let places = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)];
            for (nth, (column, row)) in places.into_iter().enumerate() {
                if dots >> nth & 1 == 1 {
                    let (column, row) = (f64::from(column), f64::from(row));
                    add(x + 1.2 + column * wide / 2.0, y + 1.3 + row * high / 4.0, 1.8, 1.8);
                }
            }
        }
        _ => return false,
    }
    true
}

/// A number with one place behind the point, where it has one.
fn short(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

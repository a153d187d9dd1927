//! QR codes of a person's profile and of their live, so that a phone opens exactly there: TikTok lets nobody moderate from
//! elsewhere.

use qrcode::{Color as Module, EcLevel, QrCode};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

/// Light modules around a code, so that it is found.
const MARGIN: usize = 2;

/// The codes of a handle beside each other where so many columns have room, else below each other; nothing where not even one
/// has room.
pub(super) fn lines(handle: &str, columns: usize, mono: bool, ascii: bool) -> Option<Vec<Line<'static>>> {
    let profile = format!("https://www.tiktok.com/@{handle}");
    let live = format!("{profile}/live");
    let [profile, live] = [("profile", profile), ("live", live)].map(|(title, address)| {
        let code = QrCode::with_error_correction_level(address.as_bytes(), EcLevel::L).ok()?;
        Some(drawn(title, &code, mono, ascii))
    });
    let (profile, live) = (profile?, live?);
    let wide = |lines: &[Line<'_>]| lines.iter().map(Line::width).max().unwrap_or(0);
    let between = 3;
    if wide(&profile) > columns {
        return None;
    }
    if wide(&profile) + between + wide(&live) > columns {
        return Some(profile.into_iter().chain([Line::default()]).chain(live).collect());
    }
    let left = wide(&profile) + between;
    let rows = profile.len().max(live.len());
    let (mut profile, mut live) = (profile.into_iter(), live.into_iter());
    let beside = (0..rows).map(|_| {
        let mut line = profile.next().unwrap_or_default();
        line.spans.push(Span::raw(" ".repeat(left.saturating_sub(line.width()))));
        line.spans.extend(live.next().unwrap_or_default().spans);
        line
    });
    Some(beside.collect())
}

/// One code, dark on light whatever the terminal's colours are. Two rows of modules share one of cells; without such signs a
/// module takes two cells.
fn drawn(title: &str, code: &QrCode, mono: bool, ascii: bool) -> Vec<Line<'static>> {
    let width = code.width();
    let colors = code.to_colors();
    let all = width + 2 * MARGIN;
    let is_dark = |x: usize, y: usize| {
        let (Some(x), Some(y)) = (x.checked_sub(MARGIN), y.checked_sub(MARGIN)) else { return false };
        x < width && y < width && colors.get(y * width + x) == Some(&Module::Dark)
    };
    // Without colours the ground is that of reversed text, and light modules are reversed spaces.
    let light = if mono {
        Style::new().add_modifier(Modifier::REVERSED)
    } else {
        Style::new().fg(Color::Rgb(0, 0, 0)).bg(Color::Rgb(255, 255, 255))
    };
    let mut lines = vec![Line::raw(title.to_owned())];
    if ascii {
        let dark = if mono { Style::new() } else { Style::new().bg(Color::Rgb(0, 0, 0)) };
        lines.extend((0..all).map(|y| {
            (0..all).map(|x| Span::styled("  ", if is_dark(x, y) { dark } else { light })).collect::<Line<'_>>()
        }));
        return lines;
    }
    lines.extend((0..all.div_ceil(2)).map(|row| {
        let cells: String = (0..all)
            .map(|x| match (is_dark(x, 2 * row), is_dark(x, 2 * row + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            })
            .collect();
        Line::from(Span::styled(cells, light))
    }));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_codes_stand_beside_each_other_where_there_is_room() {
        let beside = lines("ana.live", 76, false, false).unwrap();
        let below = lines("ana.live", 40, false, false).unwrap();
        assert!(below.len() > beside.len(), "{} and {}", below.len(), beside.len());
        assert!(beside.iter().all(|line| line.width() <= 76) && below.iter().all(|line| line.width() <= 40));
        assert!(lines("ana.live", 20, false, false).is_none());
        // The ground of the longer code reaches to its last row, though the shorter one has ended.
        let last = beside.last().and_then(|line| line.spans.last()).map(|span| span.style.bg);
        assert_eq!(last, Some(Some(Color::Rgb(255, 255, 255))));
    }

    #[test]
    fn the_finder_of_a_code_is_where_it_belongs() {
        let code = lines("ana", 40, false, false).unwrap();
        let first: String = code[2].spans.iter().map(|span| span.content.as_ref()).collect();
        assert!(first.starts_with("  █▀▀▀▀▀█"), "{first:?}");
        assert!(lines("ana", 70, true, true).unwrap().iter().all(|line| line.to_string().is_ascii()));
    }
}

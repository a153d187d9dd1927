//! Theme file, a theme as text: those that come with the program, and the person's own.

use std::collections::BTreeMap;
use std::path::Path;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

use super::{ColorRole, TERMINAL, Theme};

/// The themes that come with the program.
pub(super) const BUILT_IN: [(&str, &str); 4] = [
    ("dark", include_str!("../../../assets/themes/dark.toml")),
    ("light", include_str!("../../../assets/themes/light.toml")),
    ("high-contrast", include_str!("../../../assets/themes/high-contrast.toml")),
    ("colour-blind", include_str!("../../../assets/themes/colour-blind.toml")),
];
/// Bytes a theme may have; far more than anybody writes.
const MAX_FILE: u64 = 64 << 10;

/// How many colours a terminal has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColourDepth {
    /// Its own sixteen.
    #[default]
    Sixteen,
    /// 256.
    Indexed,
    /// All of them.
    True,
}

impl ColourDepth {
    /// What a terminal with so many colours has.
    pub(in crate::tui) fn of(colours: u32) -> Self {
        match colours {
            0..256 => Self::Sixteen,
            256..65_536 => Self::Indexed,
            _ => Self::True,
        }
    }
}

/// Why a theme cannot be used, as one sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ThemeError(String);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ThemeFile {
    #[serde(default)]
    roles: BTreeMap<String, RoleLook>,
    names: Option<NameColours>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleLook {
    color: String,
    ansi: String,
    #[serde(default)]
    bold: bool,
    #[serde(default)]
    dim: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NameColours {
    color: Vec<String>,
    ansi: Vec<String>,
}

/// The theme of this name or in this file, over `theme`.
pub(super) fn load(name: &str, depth: ColourDepth, theme: Theme) -> Result<Theme, ThemeError> {
    if name == TERMINAL || name.is_empty() {
        return Ok(theme);
    }
    if let Some((_, text)) = BUILT_IN.iter().find(|(own, _)| *own == name) {
        return read(text, depth, theme).map_err(|why| ThemeError(format!("the theme {name} is broken: {why}")));
    }
    let shown = crate::text::excerpt(name, 80);
    if !name.contains(['/', '\\', '.']) {
        let names = BUILT_IN.map(|(name, _)| name).join(", ");
        return Err(ThemeError(format!(
            "there is no theme '{shown}'; there are {TERMINAL}, {names}, or a file of your own"
        )));
    }
    let path = Path::new(name);
    let size = std::fs::metadata(path).map(|file| file.len());
    let text = match size {
        Ok(size) if size > MAX_FILE => Err("it is too large for a theme".to_owned()),
        Ok(_) => std::fs::read_to_string(path).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    text.and_then(|text| read(&text, depth, theme))
        .map_err(|why| ThemeError(format!("the theme {shown} cannot be used: {}", crate::text::excerpt(&why, 300))))
}

fn read(text: &str, depth: ColourDepth, mut theme: Theme) -> Result<Theme, String> {
    let file: ThemeFile = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    for (name, look) in file.roles {
        let role: ColorRole = name.parse().map_err(|_| format!("there is no role '{name}'"))?;
        let color = color(&look.color, &look.ansi, depth).map_err(|why| format!("{name}: {why}"))?;
        let mut style = Style::new().fg(color);
        if look.bold {
            style = style.add_modifier(Modifier::BOLD);
        }
        if look.dim && depth == ColourDepth::Sixteen {
            style = style.add_modifier(Modifier::DIM);
        }
        theme.set(role, style);
    }
    if let Some(names) = file.names {
        if names.color.len() != theme.names.len() || names.ansi.len() != theme.names.len() {
            return Err(format!("names: write {} colours of each kind", theme.names.len()));
        }
        for ((own, color), ansi) in theme.names.iter_mut().zip(&names.color).zip(&names.ansi) {
            *own = self::color(color, ansi, depth).map_err(|why| format!("names: {why}"))?;
        }
    }
    Ok(theme)
}

/// What is shown of a colour by a terminal of so many.
fn color(color: &str, ansi: &str, depth: ColourDepth) -> Result<Color, String> {
    let own: Color = ansi.parse().map_err(|_| format!("'{ansi}' is none of the sixteen colours"))?;
    let Ok(Color::Rgb(r, g, b)) = color.parse() else { return Err(format!("'{color}' is no colour: write #rrggbb")) };
    Ok(match depth {
        ColourDepth::Sixteen => own,
        ColourDepth::Indexed => Color::Indexed(nearest(r, g, b)),
        ColourDepth::True => Color::Rgb(r, g, b),
    })
}

/// The nearest of the 6×6×6 cube and the greys of a terminal with 256 colours.
fn nearest(r: u8, g: u8, b: u8) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let distance = |(x, y, z): (u8, u8, u8)| {
        [(x, r), (y, g), (z, b)].into_iter().map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum::<u32>()
    };
    let step = |value: u8| {
        (0u8..6).min_by_key(|&at| STEPS.get(usize::from(at)).map_or(255, |step| step.abs_diff(value))).unwrap_or(0)
    };
    let value = |at: u8| STEPS.get(usize::from(at)).copied().unwrap_or(0);
    let (x, y, z) = (step(r), step(g), step(b));
    let cube = (distance((value(x), value(y), value(z))), 16 + 36 * x + 6 * y + z);
    let grey = (0u8..24).map(|at| (distance((8 + 10 * at, 8 + 10 * at, 8 + 10 * at)), 232 + at)).min();
    grey.map_or(cube, |grey| grey.min(cube)).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case((255, 255, 255), 231)]
    #[case((0, 0, 0), 16)]
    #[case((0x5f, 0xd7, 0xff), 81)]
    #[case((0x80, 0x80, 0x80), 244)]
    fn colours_find_their_neighbour(#[case] (r, g, b): (u8, u8, u8), #[case] index: u8) {
        assert_eq!(nearest(r, g, b), index);
    }

    #[test]
    fn a_wrong_theme_says_what_is_wrong() {
        let load = |name: &str| load(name, ColourDepth::True, Theme::new(false)).unwrap_err().to_string();
        assert!(load("drak").contains("there is no theme 'drak'; there are terminal, dark"), "{}", load("drak"));
        assert!(load("/nowhere/mine.toml").contains("cannot be used"));
        let read = |text: &str| read(text, ColourDepth::True, Theme::new(false)).unwrap_err();
        assert_eq!(read("[roles]\nacent = { color = \"#ffffff\", ansi = \"red\" }"), "there is no role 'acent'");
        assert!(read("[roles]\naccent = { color = \"blue-ish\", ansi = \"red\" }").contains("write #rrggbb"));
    }

    /// What is read on white must be dark, and on black light: WCAG asks for 4.5.
    #[rstest]
    #[case("dark", 0.012)]
    #[case("light", 1.0)]
    #[case("high-contrast", 0.0)]
    #[case("colour-blind", 0.012)]
    fn every_colour_can_be_read_on_its_ground(#[case] name: &str, #[case] ground: f64) {
        let theme = load(name, ColourDepth::True, Theme::new(false)).unwrap();
        let light = |channel: u8| {
            let part = f64::from(channel) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        for color in theme.styles.iter().filter_map(|style| style.fg).chain(theme.names) {
            let Color::Rgb(r, g, b) = color else { panic!("{name}: {color:?}") };
            let own = 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
            let contrast = (own.max(ground) + 0.05) / (own.min(ground) + 0.05);
            assert!(contrast >= 4.5, "{name}: {color:?} has a contrast of {contrast:.1}");
        }
    }
}

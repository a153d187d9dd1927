//! Theme, roles to styles. By default the terminal's own sixteen colours, so that it follows the person's theme, light or dark;
//! others are files of `assets/themes`, or the person's own. Under `NO_COLOR` weight and underline only. Nothing means something
//! by colour alone.

mod file;

use ratatui::style::{Color, Modifier, Style};
use strum::{EnumCount, IntoEnumIterator as _};

use crate::ids::UserId;

pub use file::{ColourDepth, ThemeError};

/// What a piece of screen is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter, strum::EnumCount, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
pub(super) enum ColorRole {
    /// Ordinary text.
    Text,
    /// Less important: times, rules, history.
    Dim,
    /// Where the person is: focused title, active tab.
    Accent,
    /// The host speaks.
    Host,
    /// A moderator.
    Moderator,
    /// A subscriber.
    Subscriber,
    /// Gifts and coins.
    Gift,
    /// Likes.
    Like,
    /// Going well.
    Good,
    /// Needs a look.
    Warn,
    /// Broken, or being recorded.
    Bad,
    /// Our side of a battle.
    SideA,
    /// The other side.
    SideB,
}

/// The styles of all roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Theme {
    styles: [Style; ColorRole::COUNT],
    names: [Color; NAMES.len()],
    mono: bool,
}

/// Names take one of these by the person's id. Red, yellow and white are kept free for meaning; blue cannot be read on black, light
/// green and light cyan not on white: five of the sixteen are left, and two of them are taken twice.
const NAMES: [Color; 7] =
    [Color::Cyan, Color::Green, Color::Magenta, Color::LightBlue, Color::LightMagenta, Color::Cyan, Color::Green];

/// The theme that is nobody's file.
pub(super) const TERMINAL: &str = "terminal";

impl Theme {
    /// The terminal's own colours; `mono` without any.
    pub(super) fn new(mono: bool) -> Self {
        let mut theme = Self { styles: [Style::new(); ColorRole::COUNT], names: NAMES, mono };
        for role in ColorRole::iter() {
            theme.set(role, own_style(role));
        }
        theme
    }

    /// The theme of this name or in this file, for a terminal of so many colours.
    pub(super) fn named(name: &str, depth: ColourDepth, mono: bool) -> Result<Self, ThemeError> {
        file::load(name, depth, Self::new(mono))
    }

    /// The names of all themes that come with the program.
    pub(super) fn names_of_all() -> impl Iterator<Item = &'static str> {
        std::iter::once(TERMINAL).chain(file::BUILT_IN.iter().map(|(name, _)| *name))
    }

    fn set(&mut self, role: ColorRole, style: Style) {
        if let Some(own) = self.styles.get_mut(role as usize) {
            *own = style;
        }
    }

    /// The style of a role.
    pub(super) fn style(&self, role: ColorRole) -> Style {
        let style = self.styles.get(role as usize).copied().unwrap_or_default();
        Style { fg: style.fg.map(|color| self.color(color)), ..style }
    }

    /// What the marked row looks like, on top of its own colours.
    pub(super) const MARKED: Style = Style::new().add_modifier(Modifier::REVERSED);

    /// The style of a person's name: the same everywhere.
    pub(super) fn name(&self, id: Option<UserId>) -> Style {
        let Some(UserId(id)) = id else { return self.style(ColorRole::Text) };
        // Ids are given out in steps: the high bits of a product spread what the low ones repeat.
        let slot = (id.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) % self.names.len() as u64;
        let color = usize::try_from(slot).ok().and_then(|slot| self.names.get(slot)).copied().unwrap_or_default();
        Style::new().fg(self.color(color))
    }

    /// The style of what the person wants to stand out: strong, in its own colour where it has one.
    pub(super) fn mention(&self, color: Option<Color>) -> Style {
        let accent = self.style(ColorRole::Accent);
        color.map_or(accent, |color| accent.fg(self.color(color)).add_modifier(Modifier::BOLD))
    }

    /// Whether there are no colours.
    pub(super) fn is_mono(&self) -> bool {
        self.mono
    }

    /// Under `NO_COLOR` every colour is the terminal's own: crossterm would otherwise write empty sequences that reset weight.
    fn color(&self, color: Color) -> Color {
        if self.mono { Color::Reset } else { color }
    }
}

fn own_style(role: ColorRole) -> Style {
    let (color, modifier) = match role {
        ColorRole::Text => (Color::Reset, Modifier::empty()),
        ColorRole::Dim => (Color::Reset, Modifier::DIM),
        ColorRole::Accent => (Color::Cyan, Modifier::BOLD),
        ColorRole::Host => (Color::LightMagenta, Modifier::BOLD),
        ColorRole::Subscriber => (Color::Magenta, Modifier::empty()),
        ColorRole::Gift => (Color::Yellow, Modifier::empty()),
        ColorRole::Like => (Color::LightRed, Modifier::empty()),
        ColorRole::Moderator | ColorRole::Good => (Color::Green, Modifier::empty()),
        ColorRole::Warn => (Color::Yellow, Modifier::BOLD),
        ColorRole::Bad => (Color::Red, Modifier::BOLD),
        ColorRole::SideA => (Color::Cyan, Modifier::empty()),
        ColorRole::SideB => (Color::LightMagenta, Modifier::empty()),
    };
    Style::new().fg(color).add_modifier(modifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_no_role_has_one() {
        for name in Theme::names_of_all() {
            let theme = Theme::named(name, ColourDepth::True, true).unwrap();
            for role in ColorRole::iter() {
                assert_eq!(theme.style(role).fg, Some(Color::Reset), "{name}: {role:?}");
            }
            assert_eq!(theme.name(Some(UserId(7))).fg, Some(Color::Reset));
        }
    }

    #[test]
    fn no_role_takes_colours_the_terminal_does_not_own() {
        for name in Theme::names_of_all() {
            let theme = Theme::named(name, ColourDepth::Sixteen, false).unwrap();
            for role in ColorRole::iter() {
                assert!(!matches!(theme.style(role).fg, Some(Color::Rgb(..) | Color::Indexed(_))), "{name}: {role:?}");
            }
        }
    }

    #[test]
    fn neighbouring_ids_spread_over_the_palette() {
        let theme = Theme::new(false);
        let colours: std::collections::HashSet<_> =
            (1..=100).filter_map(|id| theme.name(Some(UserId(id))).fg).collect();
        assert_eq!(colours, NAMES.into_iter().collect());
    }
}

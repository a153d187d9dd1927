//! Theme, roles to styles. The terminal's own sixteen colours, so that it follows the person's theme, light or dark; under
//! `NO_COLOR` weight and underline only. Nothing means something by colour alone.

use ratatui::style::{Color, Modifier, Style};

use crate::ids::UserId;

/// What a piece of screen is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter)]
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
#[derive(Clone, Copy, Debug)]
pub(super) struct Theme {
    mono: bool,
}

/// Names take one of these by the person's id. Red, yellow and white are kept free for meaning, and blue cannot be read on black.
const NAMES: [Color; 7] = [
    Color::Cyan,
    Color::Green,
    Color::Magenta,
    Color::LightCyan,
    Color::LightGreen,
    Color::LightBlue,
    Color::LightMagenta,
];

impl Theme {
    /// A theme; `mono` without any colour.
    pub(super) fn new(mono: bool) -> Self {
        Self { mono }
    }

    /// The style of a role.
    pub(super) fn style(self, role: ColorRole) -> Style {
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
        Style::new().fg(self.color(color)).add_modifier(modifier)
    }

    /// What the marked row looks like, on top of its own colours.
    pub(super) const MARKED: Style = Style::new().add_modifier(Modifier::REVERSED);

    /// The style of a person's name: the same everywhere.
    pub(super) fn name(self, id: Option<UserId>) -> Style {
        let Some(UserId(id)) = id else { return self.style(ColorRole::Text) };
        // Ids are given out in steps: the high bits of a product spread what the low ones repeat.
        let slot = (id.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) % NAMES.len() as u64;
        let color = usize::try_from(slot).ok().and_then(|slot| NAMES.get(slot)).copied().unwrap_or_default();
        Style::new().fg(self.color(color))
    }

    /// Under `NO_COLOR` every colour is the terminal's own: crossterm would otherwise write empty sequences that reset weight.
    fn color(self, color: Color) -> Color {
        if self.mono { Color::Reset } else { color }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strum::IntoEnumIterator;

    #[test]
    fn without_colour_no_role_has_one() {
        let theme = Theme::new(true);
        for role in ColorRole::iter() {
            assert_eq!(theme.style(role).fg, Some(Color::Reset), "{role:?}");
        }
        assert_eq!(theme.name(Some(UserId(7))).fg, Some(Color::Reset));
    }

    #[test]
    fn no_role_takes_colours_the_terminal_does_not_own() {
        let theme = Theme::new(false);
        for role in ColorRole::iter() {
            assert!(!matches!(theme.style(role).fg, Some(Color::Rgb(..) | Color::Indexed(_))), "{role:?}");
        }
    }

    #[test]
    fn neighbouring_ids_spread_over_the_palette() {
        let theme = Theme::new(false);
        let colours: std::collections::HashSet<_> =
            (1..=100).filter_map(|id| theme.name(Some(UserId(id))).fg).collect();
        assert_eq!(colours.len(), NAMES.len());
    }
}

//! Events of messages that change nothing we keep, but that other libraries name: their name, and their text where they have
//! one.

use super::EventKind;
use super::Viewer;
use super::decode::Common;
use super::decode::DecodeContext;
use super::decode::EventBody;
use super::decode::display::Display;
use super::json::JsonTally;
use crate::text::Text;
use crate::wire::DecodeError;
use crate::wire::Fields;
use compact_str::CompactString;
use serde::Deserialize;
use serde::Serialize;
use serde::ser::SerializeMap;

/// A message that changes nothing we keep: known by name, with its text where it has one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct MinorEvent {
    /// Its method without `Webcast` and `Message`, such as `gift_panel_update`.
    pub name: CompactString,
    /// Its own kind, as a number; 0 when it has none.
    pub code: i64,
    /// The sentence, rendered; mostly empty.
    pub text: Text,
}

/// Where a minor event keeps what is worth telling: field numbers, 0 for none.
#[derive(Clone, Copy)]
pub(super) struct Places {
    /// Its own kind, a number.
    pub(super) code: u32,
    /// A display text.
    pub(super) text: u32,
    /// Plain words.
    pub(super) words: u32,
}

/// A message that changes nothing we keep. Its text stands in a field of its own or in the header.
pub(super) fn read_minor<'a>(
    context: &mut DecodeContext<'a>,
    message: Fields<'a>,
    name: &str,
    places: Places,
) -> Result<EventKind, DecodeError> {
    let (mut code, mut words, mut text) = (0, Text::default(), &b""[..]);
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            number if number == places.code => code = field.int().unwrap_or(0),
            number if number == places.text => text = field.bytes().unwrap_or_default(),
            number if number == places.words => words = field.text().unwrap_or_default(),
            _ => {}
        }
    }
    let text = if text.is_empty() { context.common.display_text } else { text };
    let text = if words.is_empty() { Display::read(text)?.render(context.catalogue)? } else { words };
    Ok(EventKind::Minor(MinorEvent { name: name.into(), code, text }))
}

/// Makes a reading of a name and the places of its code, its text and its words.
macro_rules! minor_event {
    ($name:literal, $code:literal, $text:literal, $words:literal) => {
        |context, message| {
            $crate::events::minor::read_minor(
                context,
                message,
                $name,
                $crate::events::minor::Places { code: $code, text: $text, words: $words },
            )
        }
    };
}

pub(super) use minor_event;

impl EventBody for MinorEvent {
    fn person(&self) -> Option<&Viewer> {
        None
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("code", &self.code)?;
        map.serialize_entry("text", self.text.original())
    }
}

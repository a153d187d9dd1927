//! Decoder of display texts: a key that tells the meaning, a pattern such as `{0:user} joined the team`, and the pieces to
//! put in.

use std::borrow::Cow;

use super::people::nested;
use super::{Catalogue, Fields};
use crate::ids::GiftId;
use crate::text::Text;
use crate::wire::DecodeError;

/// Most pieces looked at; real texts have up to four.
const MAX_PIECES: usize = 16;
/// Longest pattern read and longest text rendered, in bytes, however often a pattern repeats a piece.
const MAX_RENDERED: usize = 4_096;

/// A display text, read as far as it is needed.
#[derive(Default)]
pub(in crate::events) struct Display<'a> {
    /// Such as `live_room_enter_toast`.
    pub(in crate::events) key: &'a [u8],
    pattern: &'a [u8],
    pieces: Vec<Piece<'a>>,
}

/// What stands in for `{n:type}`.
enum Piece<'a> {
    Words(&'a [u8]),
    User(Fields<'a>),
    Gift(GiftId, &'a [u8]),
    /// Pictures and kinds we do not know leave nothing behind.
    Nothing,
}

impl<'a> Display<'a> {
    pub(in crate::events) fn read(text: &'a [u8]) -> Result<Self, DecodeError> {
        let mut display = Self::default();
        for field in Fields::new(text) {
            let field = field?;
            match field.number {
                1 => display.key = field.bytes()?,
                2 => display.pattern = field.bytes()?,
                4 if display.pieces.len() < MAX_PIECES => display.pieces.push(Piece::read(field.message()?)?),
                _ => {}
            }
        }
        Ok(display)
    }

    /// The key alone.
    pub(in crate::events) fn key_of(text: &'a [u8]) -> Result<&'a [u8], DecodeError> {
        nested(Fields::new(text), 1)
    }

    /// The `User` of the first piece that names one.
    pub(in crate::events) fn user(&self) -> Option<Fields<'a>> {
        self.pieces.iter().find_map(|piece| match piece {
            Piece::User(user) => Some(user.clone()),
            _ => None,
        })
    }

    /// The pattern with its pieces put in. What the pattern asks for and nobody sent leaves nothing behind.
    pub(in crate::events) fn render(&self, catalogue: &Catalogue) -> Result<Text, DecodeError> {
        let pattern = String::from_utf8_lossy(self.pattern.get(..MAX_RENDERED).unwrap_or(self.pattern));
        let mut rendered = String::with_capacity(pattern.len());
        let mut rest = &*pattern;
        while let Some((before, after)) = rest.split_once('{') {
            rendered.push_str(before);
            rest = after;
            let Some((number, after)) =
                after.split_once('}').and_then(|(slot, rest)| Some((piece_number(slot)?, rest)))
            else {
                // A brace that opens no slot is an ordinary character.
                rendered.push('{');
                continue;
            };
            rest = after;
            if let Some(piece) = self.pieces.get(number)
                && rendered.len() < MAX_RENDERED
            {
                rendered.push_str(&piece.words(catalogue)?);
            }
        }
        rendered.push_str(rest);
        Ok(Text::new(rendered.trim()))
    }
}

impl<'a> Piece<'a> {
    fn read(piece: Fields<'a>) -> Result<Self, DecodeError> {
        let (mut kind, mut words, mut user, mut gift, mut pattern) = (0, &b""[..], &b""[..], &b""[..], &b""[..]);
        for field in piece {
            let field = field?;
            match field.number {
                1 => kind = field.small()?,
                11 => words = field.bytes()?,
                21 => user = field.bytes()?,
                22 => gift = field.bytes()?,
                24 => pattern = field.bytes()?,
                _ => {}
            }
        }
        Ok(match kind {
            1 if words.is_empty() => Self::Words(nested(Fields::new(pattern), 2)?),
            1 => Self::Words(words),
            11 => Self::User(Fields::new(nested(Fields::new(user), 1)?)),
            12 => Self::gift(Fields::new(gift))?,
            _ => Self::Nothing,
        })
    }

    fn gift(gift: Fields<'a>) -> Result<Self, DecodeError> {
        let (mut id, mut name) = (0, &b""[..]);
        for field in gift {
            let field = field?;
            match field.number {
                1 => id = field.count()?,
                2 => name = nested(field.message()?, 2)?,
                _ => {}
            }
        }
        Ok(Self::Gift(GiftId(id), name))
    }

    fn words(&self, catalogue: &Catalogue) -> Result<Cow<'a, str>, DecodeError> {
        Ok(match self {
            Self::Words(words) => String::from_utf8_lossy(words),
            Self::User(user) => String::from_utf8_lossy(nested(user.clone(), 3)?),
            Self::Gift(id, b"") => {
                catalogue.get(*id).map_or("a gift".to_owned(), |facts| facts.name.original().to_owned()).into()
            }
            Self::Gift(_, name) => String::from_utf8_lossy(name),
            Self::Nothing => Cow::Borrowed(""),
        })
    }
}

/// The number in `0:user`.
fn piece_number(slot: &str) -> Option<usize> {
    slot.split_once(':').map_or(slot, |(number, _)| number).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::pb;
    use prost::Message as _;

    fn user(nickname: &str) -> pb::TextPiece {
        let user = pb::User { nickname: nickname.to_owned(), ..Default::default() };
        pb::TextPiece { r#type: 11, user_value: Some(pb::TextPieceUser { user: Some(user) }), ..Default::default() }
    }

    fn words(words: &str) -> pb::TextPiece {
        pb::TextPiece { r#type: 1, string_value: words.to_owned(), ..Default::default() }
    }

    fn gift(id: i64) -> pb::TextPiece {
        let gift_value = Some(pb::TextPieceGift { gift_id: id, name_ref: None });
        pb::TextPiece { r#type: 12, gift_value, ..Default::default() }
    }

    fn render(pattern: &str, pieces: Vec<pb::TextPiece>) -> String {
        let text = pb::Text { key: "key".to_owned(), default_pattern: pattern.to_owned(), pieces }.encode_to_vec();
        Display::read(&text).unwrap().render(&Catalogue::built_in()).unwrap().to_string()
    }

    #[test]
    fn pieces_stand_in_for_their_slots() {
        let pieces = vec![user("Ana"), gift(5655), words("x 3")];
        assert_eq!(render("{0:user} sent {1:gift} {2:string}", pieces), "Ana sent Rose x 3");
        assert_eq!(render("No. {1:string}: {0:user}", vec![user("Ana"), words("7")]), "No. 7: Ana");
    }

    #[test]
    fn odd_patterns_stay_harmless() {
        assert_eq!(render("{0:user} {5:string}!", vec![user("{0:user}")]), "{0:user} !");
        assert_eq!(render("a { b {0:user", vec![user("Ana")]), "a { b {0:user");
        let flood = render(&"{0:user}".repeat(10_000), vec![user(&"x".repeat(1_000))]);
        assert!(flood.len() <= crate::text::MAX_BYTES);
    }
}

//! Walk over the fields of one protobuf message, without copying and without a schema.
//!
//! Reading goes through here and writing through the generated [`pb`](super::pb) types: a viewer in a real message brings
//! kilobytes of pictures that nobody looks at, and a generated reader would refuse a whole message for one bad byte in
//! a name. The walk skips what is not asked for in one step and leaves text to the caller.
//!
//! Invariant: every step consumes at least one byte or ends the walk, so hostile bytes cost time linear in their length.

use compact_str::CompactString;

use super::DecodeError;
use crate::text::Text;

/// The fields of a message, in the order of the wire, which is random.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    rest: &'a [u8],
}

/// One field.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// Its number.
    pub number: u32,
    value: Value<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Fixed,
    Group,
}

impl<'a> Fields<'a> {
    /// Starts at the first field.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Bytes not walked yet.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    fn read(&mut self) -> Result<Field<'a>, DecodeError> {
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).unwrap_or(0);
        if number == 0 {
            return Err(DecodeError::BadKey { key, left: self.rest.len() });
        }
        let value = match key & 7 {
            0 => Value::Number(self.varint()?),
            1 => self.read_bytes(number, 8).map(|_| Value::Fixed)?,
            2 => {
                let length = self.varint()?;
                Value::Bytes(self.read_bytes(number, length)?)
            }
            // Groups are long gone from the format; their marks are skipped as empty fields.
            3 | 4 => Value::Group,
            5 => self.read_bytes(number, 4).map(|_| Value::Fixed)?,
            _ => return Err(DecodeError::BadKey { key, left: self.rest.len() }),
        };
        Ok(Field { number, value })
    }

    /// The next field where it is a number, text, bytes or a message with a short key; nothing, and nothing read, where it is another.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call would write and read back each field")]
    fn read_usual(&mut self) -> Option<Field<'a>> {
        let (key, rest) = short_varint(self.rest)?;
        let (value, rest) = match key & 7 {
            0 => {
                let (number, rest) = varint(rest)?;
                (Value::Number(number), rest)
            }
            2 => {
                let (length, rest) = short_varint(rest)?;
                let (bytes, rest) = rest.split_at_checked(length as usize)?;
                (Value::Bytes(bytes), rest)
            }
            _ => return None,
        };
        if key < 8 {
            return None;
        }
        self.rest = rest;
        Some(Field { number: key >> 3, value })
    }

    /// The next field, whatever it is; the end of the walk where it is broken.
    #[inline(never)]
    fn read_any(&mut self) -> Result<Field<'a>, DecodeError> {
        let field = self.read();
        if field.is_err() {
            self.rest = &[];
        }
        field
    }

    fn varint(&mut self) -> Result<u64, DecodeError> {
        let (number, rest) = varint(self.rest).ok_or(DecodeError::BadNumber { left: self.rest.len() })?;
        self.rest = rest;
        Ok(number)
    }

    #[inline]
    fn read_bytes(&mut self, field: u32, length: u64) -> Result<&'a [u8], DecodeError> {
        let taken = usize::try_from(length).ok().and_then(|length| self.rest.split_at_checked(length));
        let Some((taken, rest)) = taken else {
            return Err(DecodeError::CutShort { field, wanted: length, left: self.rest.len() });
        };
        self.rest = rest;
        Ok(taken)
    }
}

/// A number of one or two bytes, and what follows it.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is two comparisons")]
fn short_varint(bytes: &[u8]) -> Option<(u32, &[u8])> {
    match bytes {
        [byte, rest @ ..] if *byte < 0x80 => Some((u32::from(*byte), rest)),
        [low, high, rest @ ..] if *high < 0x80 => Some((u32::from(*low & 0x7f) | u32::from(*high) << 7, rest)),
        _ => None,
    }
}

/// A number, and what follows it; nothing where it has no end within ten bytes.
#[inline(always)]
#[expect(clippy::inline_always, reason = "nearly all numbers are short")]
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    match short_varint(bytes) {
        Some((number, rest)) => Some((number.into(), rest)),
        None => long_varint(bytes),
    }
}

/// Of a number's up to ten bytes, the first eight at once: ids and times have nine and six.
#[inline(never)]
fn long_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let Some((first, rest)) = bytes.split_first_chunk::<8>() else { return last_varint(bytes) };
    let word = u64::from_le_bytes(*first);
    // The high bit of each byte after which the number ends.
    let ends = !word & 0x8080_8080_8080_8080;
    if ends != 0 {
        let bits = ends.trailing_zeros() + 1;
        return Some((without_high_bits(word & (u64::MAX >> (64 - bits))), bytes.get(bits as usize / 8..)?));
    }
    let value = without_high_bits(word);
    match rest {
        [ninth, rest @ ..] if *ninth < 0x80 => Some((value | u64::from(*ninth) << 56, rest)),
        [ninth, tenth, rest @ ..] if *tenth < 0x80 => {
            Some((value | u64::from(*ninth & 0x7f) << 56 | u64::from(*tenth) << 63, rest))
        }
        _ => None,
    }
}

/// A number less than eight bytes before the end.
fn last_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (place, &byte) in bytes.iter().enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            return Some((value, bytes.get(place + 1..)?));
        }
    }
    None
}

/// Eight groups of seven bits, one a byte, put together.
fn without_high_bits(word: u64) -> u64 {
    let word = (word & 0x007f_007f_007f_007f) | (word & 0x7f00_7f00_7f00_7f00) >> 1;
    let word = (word & 0x0000_3fff_0000_3fff) | (word & 0x3fff_0000_3fff_0000) >> 2;
    (word & 0x0000_0000_0fff_ffff) | (word & 0x0fff_ffff_0000_0000) >> 4
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, DecodeError>;

    /// Nearly every field is one with a short key and a short length or number: those are read in the loop that asks.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "a call would write and read back each field and the error that it is not"
    )]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        Some(self.read_usual().map_or_else(|| self.read_any(), Ok))
    }
}

impl<'a> Field<'a> {
    /// The field as a number of 64 bits, sign as sent.
    #[inline]
    pub fn int(&self) -> Result<i64, DecodeError> {
        match self.value {
            Value::Number(number) => Ok(number as i64),
            _ => Err(self.wrong("a number")),
        }
    }

    /// The field as a count: what is negative counts as 0.
    #[inline]
    pub fn count(&self) -> Result<u64, DecodeError> {
        Ok(u64::try_from(self.int()?).unwrap_or(0))
    }

    /// The field as a small number such as an enumeration or a place.
    #[inline]
    pub fn small(&self) -> Result<i32, DecodeError> {
        Ok(self.int()? as i32)
    }

    /// The field as yes or no.
    #[inline]
    pub fn flag(&self) -> Result<bool, DecodeError> {
        Ok(self.int()? != 0)
    }

    /// The field's bytes.
    #[inline]
    pub fn bytes(&self) -> Result<&'a [u8], DecodeError> {
        match self.value {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(self.wrong("text, bytes or a message")),
        }
    }

    /// The fields of the message inside.
    #[inline]
    pub fn message(&self) -> Result<Fields<'a>, DecodeError> {
        self.bytes().map(Fields::new)
    }

    /// Remote text for people; bytes that are no UTF-8 become replacement characters.
    #[inline]
    pub fn text(&self) -> Result<Text, DecodeError> {
        self.bytes().map(Text::from_bytes)
    }

    /// A short technical word (an id as text, a method name), copied; bytes that are no UTF-8 become replacement characters.
    #[inline]
    pub fn word(&self) -> Result<CompactString, DecodeError> {
        let bytes = self.bytes()?;
        Ok(CompactString::from_utf8(bytes).unwrap_or_else(|_| CompactString::from_utf8_lossy(bytes)))
    }

    /// At most `most` numbers of a repeated field: packed into one or sent one by one.
    pub fn ints(&self, most: usize) -> Result<Vec<i64>, DecodeError> {
        if let Value::Number(number) = self.value {
            return Ok(vec![number as i64]);
        }
        let mut packed = self.message()?;
        let mut numbers = Vec::new();
        while !packed.rest.is_empty() && numbers.len() < most {
            numbers.push(packed.varint()? as i64);
        }
        Ok(numbers)
    }

    #[cold]
    fn wrong(&self, wanted: &'static str) -> DecodeError {
        let found = match self.value {
            Value::Number(_) => "a number",
            Value::Bytes(_) => "a run of bytes",
            Value::Fixed => "a fixed-width number",
            Value::Group => "a group",
        };
        DecodeError::WrongType { field: self.number, found, wanted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn numbers(bytes: &[u8]) -> Result<Vec<u32>, DecodeError> {
        Fields::new(bytes).map(|field| field.map(|field| field.number)).collect()
    }

    #[test]
    fn every_wire_type_is_stepped_over() {
        let bytes = [
            0x08, 0x96, 0x01, // 1: varint
            0x11, 1, 2, 3, 4, 5, 6, 7, 8, // 2: eight bytes
            0x1a, 2, b'h', b'i', // 3: bytes
            0x25, 1, 2, 3, 4, // 4: four bytes
            0xb2, 0x3e, 0, // 998: empty
        ];
        assert_eq!(numbers(&bytes), Ok(vec![1, 2, 3, 4, 998]));
    }

    #[rstest]
    #[case::number_0(&[0x00, 0x01])]
    #[case::wire_type_7(&[0x0f])]
    #[case::half_a_number(&[0x08, 0x80])]
    #[case::eleven_bytes(&[0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01])]
    #[case::announces_too_much(&[0x0a, 0x05, b'a'])]
    #[case::announces_everything(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01])]
    fn broken_bytes_are_an_error_and_the_end(#[case] bytes: &[u8]) {
        let mut fields = Fields::new(bytes);
        assert!(fields.any(|field| field.is_err()));
        assert!(fields.next().is_none());
    }

    #[test]
    fn packed_and_single_numbers_read_alike() {
        let packed = [0x12, 3, 1, 0x96, 0x01];
        let single = [0x10, 1];
        let read = |bytes| Fields::new(bytes).map(|field| field.unwrap().ints(9).unwrap()).collect::<Vec<_>>();
        assert_eq!(read(&packed), [[1, 150]]);
        assert_eq!(read(&single), [[1]]);
    }

    proptest! {
        #[test]
        fn numbers_of_every_length_are_read(number: u64, shift in 0u32..64, behind in proptest::collection::vec(any::<u8>(), 0..12)) {
            let number = number >> shift;
            let mut bytes = Vec::new();
            let mut left = number;
            while left >= 0x80 {
                bytes.push(left as u8 | 0x80);
                left >>= 7;
            }
            bytes.push(left as u8);
            bytes.extend(&behind);
            let mut fields = Fields::new(&bytes);
            prop_assert_eq!(fields.varint(), Ok(number));
            prop_assert_eq!(fields.rest, behind);
        }

        #[test]
        fn usual_fields_read_as_any_field_does(
            pieces in proptest::collection::vec((0u8..8, 1u64..40_000, proptest::collection::vec(any::<u8>(), 0..300)), 0..6),
            cut in any::<proptest::sample::Index>(),
        ) {
            let mut bytes = Vec::new();
            for (wire_type, number, content) in pieces {
                prost::encoding::encode_varint(number << 3 | u64::from(wire_type), &mut bytes);
                if wire_type == 2 {
                    prost::encoding::encode_varint(content.len() as u64, &mut bytes);
                }
                bytes.extend(content);
            }
            bytes.truncate(cut.index(bytes.len() + 1));
            let (mut usual, mut any) = (Fields::new(&bytes), Fields::new(&bytes));
            while !any.rest.is_empty() {
                let wanted = any.read_any().map(|field| format!("{field:?}"));
                prop_assert_eq!(usual.next().map(|field| field.map(|field| format!("{field:?}"))), Some(wanted));
                prop_assert_eq!(usual.rest, any.rest);
            }
            prop_assert!(usual.next().is_none());
        }

        #[test]
        fn the_walk_ends_on_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(Fields::new(&bytes).count() <= bytes.len());
        }
    }
}

//! Serializer of JSON into memory: what `serde_json` writes, in as few steps as the bytes need.
//!
//! `serde_json` writes through `io::Write`, a quote, a key, a colon and a text each for itself, and looks at each byte for what must
//! be escaped. A line of an event has some fifty of each, and was the dearest step from the socket to standard output; see
//! `benches/README.md`. Two things differ from it: DEL, C1 and bidi controls are escaped too, and a key that is neither text nor
//! number nor bool is an error.

use std::fmt::{self, Display, Write as _};

use serde::ser::{
    Error as _, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};
use serde::{Serialize, Serializer};
use serde_json::Error;

use crate::text::must_escape;

/// `value` as JSON on one line: no control character stands in it, so that it can be looked at in a terminal.
pub(crate) fn to_string(value: &impl Serialize) -> String {
    let mut line = Vec::with_capacity(512);
    push(&mut line, value);
    String::from_utf8(line).unwrap_or_default()
}

/// The same at the end of `lines`.
pub(crate) fn push(lines: &mut Vec<u8>, value: &impl Serialize) {
    let length = lines.len();
    // Our views hold text, numbers and maps with text keys: nothing in them can fail to be written to memory.
    if value.serialize(JsonSerializer { out: lines }).is_err() {
        lines.truncate(length);
    }
}

/// Writes one value at the end of its buffer.
struct JsonSerializer<'a> {
    out: &'a mut Vec<u8>,
}

/// An object or a list that is being written.
struct Compound<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
    close: &'static [u8],
}

impl<'a> JsonSerializer<'a> {
    #[allow(clippy::unnecessary_wraps, reason = "what serde's methods give back")]
    fn plain(self, text: &[u8]) -> Result<(), Error> {
        self.out.extend_from_slice(text);
        Ok(())
    }

    fn integer(self, number: impl itoa::Integer) -> Result<(), Error> {
        self.plain(itoa::Buffer::new().format(number).as_bytes())
    }

    /// What is as rare as it is hard: numbers with a point, and those of 128 bits.
    fn rare(self, value: &impl Serialize) -> Result<(), Error> {
        serde_json::to_writer(self.out, value)
    }

    fn open(self, open: u8, close: &'static [u8]) -> Compound<'a> {
        self.out.push(open);
        Compound { out: self.out, empty: true, close }
    }

    /// `{"variant":` and what follows.
    fn open_variant(self, variant: &'static str, open: u8, close: &'static [u8]) -> Compound<'a> {
        self.out.push(b'{');
        push_text(self.out, variant);
        self.out.extend_from_slice(&[b':', open]);
        Compound { out: self.out, empty: true, close }
    }
}

impl<'a> Serializer for JsonSerializer<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Compound<'a>;
    type SerializeTuple = Compound<'a>;
    type SerializeTupleStruct = Compound<'a>;
    type SerializeTupleVariant = Compound<'a>;
    type SerializeMap = Compound<'a>;
    type SerializeStruct = Compound<'a>;
    type SerializeStructVariant = Compound<'a>;

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.plain(if value { b"true" } else { b"false" })
    }

    fn serialize_i8(self, value: i8) -> Result<(), Error> {
        self.integer(value)
    }

    fn serialize_i16(self, value: i16) -> Result<(), Error> {
        self.integer(value)
    }

    fn serialize_i32(self, value: i32) -> Result<(), Error> {
        self.integer(value)
    }

    fn serialize_i64(self, value: i64) -> Result<(), Error> {
        self.integer(value)
    }

    fn serialize_i128(self, value: i128) -> Result<(), Error> {
        self.rare(&value)
    }

    fn serialize_u8(self, value: u8) -> Result<(), Error> {
        self.integer(value)
    }

    fn serialize_u16(self, value: u16) -> Result<(), Error> {
        self.integer(value)
    }

    fn serialize_u32(self, value: u32) -> Result<(), Error> {
        self.integer(value)
    }

    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        self.integer(value)
    }

    fn serialize_u128(self, value: u128) -> Result<(), Error> {
        self.rare(&value)
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.rare(&value)
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        self.rare(&value)
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        push_text(self.out, value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.plain(b"null")
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.plain(b"null")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.plain(b"null")
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let mut object = self.open(b'{', b"}");
        object.field(variant, value)?;
        object.close()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'a>, Error> {
        Ok(self.open(b'[', b"]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Compound<'a>, Error> {
        Ok(self.open(b'[', b"]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'a>, Error> {
        Ok(self.open(b'[', b"]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'a>, Error> {
        Ok(self.open_variant(variant, b'[', b"]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'a>, Error> {
        Ok(self.open(b'{', b"}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Compound<'a>, Error> {
        Ok(self.open(b'{', b"}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'a>, Error> {
        Ok(self.open_variant(variant, b'{', b"}}"))
    }

    fn collect_str<T: ?Sized + Display>(self, value: &T) -> Result<(), Error> {
        self.out.push(b'"');
        write!(Escaping(self.out), "{value}").map_err(|_| Error::custom("a value that cannot be displayed"))?;
        self.out.push(b'"');
        Ok(())
    }
}

impl Compound<'_> {
    fn comma(&mut self) {
        if !std::mem::take(&mut self.empty) {
            self.out.push(b',');
        }
    }

    fn item<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        self.comma();
        value.serialize(JsonSerializer { out: self.out })
    }

    /// A field of a struct of ours: its name is an identifier, in which nothing must be escaped.
    fn field<T: ?Sized + Serialize>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        debug_assert!(is_plain(name.as_bytes()), "{name}");
        self.comma();
        self.out.reserve(name.len() + 3);
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        value.serialize(JsonSerializer { out: self.out })
    }

    #[allow(clippy::unnecessary_wraps, reason = "what serde's methods give back")]
    fn close(self) -> Result<(), Error> {
        self.out.extend_from_slice(self.close);
        Ok(())
    }
}

impl SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<(), Error> {
        self.comma();
        let start = self.out.len();
        key.serialize(JsonSerializer { out: self.out })?;
        match self.out.get(start) {
            Some(b'"') => {}
            Some(b'-' | b'0'..=b'9' | b't' | b'f') => {
                self.out.insert(start, b'"');
                self.out.push(b'"');
            }
            _ => return Err(Error::custom("a key that is no text")),
        }
        Ok(())
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        self.out.push(b':');
        value.serialize(JsonSerializer { out: self.out })
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl SerializeSeq for Compound<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl SerializeTuple for Compound<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

/// The traits that differ in nothing but their names.
macro_rules! compound {
    ($($name:ident: $method:ident($($key:ident: $type:ty)?) by $by:ident;)*) => {$(
        impl $name for Compound<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: ?Sized + Serialize>(&mut self, $($key: $type,)? value: &T) -> Result<(), Error> {
                self.$by($($key,)? value)
            }

            fn end(self) -> Result<(), Error> {
                self.close()
            }
        }
    )*};
}

compound! {
    SerializeTupleStruct: serialize_field() by item;
    SerializeTupleVariant: serialize_field() by item;
    SerializeStruct: serialize_field(key: &'static str) by field;
    SerializeStructVariant: serialize_field(key: &'static str) by field;
}

/// Takes what is displayed and writes it into a text.
struct Escaping<'a>(&'a mut Vec<u8>);

impl fmt::Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        push_escaped(self.0, text);
        Ok(())
    }
}

/// A text with its quotes.
#[inline]
fn push_text(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    push_escaped(out, text);
    out.push(b'"');
}

fn push_escaped(out: &mut Vec<u8>, text: &str) {
    // Most texts are plain, and that is seen many bytes at a time.
    if is_plain(text.as_bytes()) {
        out.extend_from_slice(text.as_bytes());
    } else {
        push_escaping(out, text);
    }
}

/// Whether nothing in it must be escaped, nor could be: eight bytes at a time.
#[inline]
fn is_plain(text: &[u8]) -> bool {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGHS: u64 = ONES * 0x80;
    /// The high bit of each byte that is `byte`; of a byte after such a one too, which errs on the safe side.
    const fn equal(word: u64, byte: u8) -> u64 {
        let differs = word ^ (ONES * byte as u64);
        differs.wrapping_sub(ONES) & !differs & HIGHS
    }
    let (words, rest) = text.as_chunks::<8>();
    let special = words.iter().fold(0, |special, word| {
        let word = u64::from_le_bytes(*word);
        // A high bit: beyond ASCII, or 0x7f and one more; below 0x20 the subtraction borrows.
        let beyond = (word | word.wrapping_add(ONES) | word.wrapping_sub(ONES * 0x20)) & HIGHS;
        special | beyond | equal(word, b'"') | equal(word, b'\\')
    });
    special == 0 && rest.iter().all(|&byte| (0x20..0x7f).contains(&byte) && byte != b'"' && byte != b'\\')
}

/// Whether a character that must be escaped may begin with this byte of UTF-8: C1 controls begin with C2, the Arabic letter mark with
/// D8, the other marks of direction and the ends of lines with E2.
const fn may_begin_escaped(byte: u8) -> bool {
    byte < 0x20 || matches!(byte, b'"' | b'\\' | 0x7f | 0xc2 | 0xd8 | 0xe2)
}

fn push_escaping(out: &mut Vec<u8>, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(may_begin_escaped) {
        // A first byte of a character: what is before it is whole.
        let (before, after) = rest.split_at(at);
        out.extend_from_slice(before.as_bytes());
        let mut characters = after.chars();
        let Some(c) = characters.next() else { break };
        let short = match c {
            '"' | '\\' => Some(c as u8),
            '\n' => Some(b'n'),
            '\r' => Some(b'r'),
            '\t' => Some(b't'),
            '\u{8}' => Some(b'b'),
            '\u{c}' => Some(b'f'),
            _ => None,
        };
        match short {
            Some(letter) => out.extend_from_slice(&[b'\\', letter]),
            None if must_escape(c) => {
                // All of them are in the basic plane: four digits suffice.
                let digit = |shift: u32| HEX[(u32::from(c) >> shift & 0xf) as usize];
                out.extend_from_slice(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
            }
            None => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = characters.as_str();
    }
    out.extend_from_slice(rest.as_bytes());
}

const HEX: &[u8; 16] = b"0123456789abcdef";

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
            any::<String>().prop_map(Value::from),
            "[ -~\n\t\u{8}\u{c}\r]*".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_as_what_it_was(value in value()) {
            let line = to_string(&value);
            prop_assert!(!line.contains(must_escape), "{line:?}");
            prop_assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value);
        }

        #[test]
        fn plain_values_are_written_as_serde_json_writes_them(value in value()) {
            let theirs = serde_json::to_string(&value).unwrap();
            prop_assume!(!theirs.contains(must_escape));
            prop_assert_eq!(to_string(&value), theirs);
        }
    }

    #[test]
    fn every_form_of_rusts_data_is_written_as_serde_json_writes_it() {
        #[derive(Serialize)]
        struct Unit;
        #[derive(Serialize)]
        struct Pair(u8, i16);
        #[derive(Serialize)]
        struct New(char);
        #[derive(Serialize)]
        enum Forms {
            Unit,
            New(u128),
            Tuple(i8, f32),
            Struct { quoted: &'static str, none: Option<u8> },
        }
        #[derive(Serialize)]
        struct All {
            unit: Unit,
            nothing: (),
            pair: Pair,
            new: New,
            forms: Vec<Forms>,
            numbers: BTreeMap<i32, f64>,
            flags: BTreeMap<bool, [u8; 2]>,
            not_a_number: f64,
            large: (i128, u64, i64),
        }
        let all = All {
            unit: Unit,
            nothing: (),
            pair: Pair(7, -300),
            new: New('é'),
            forms: vec![
                Forms::Unit,
                Forms::New(1 << 100),
                Forms::Tuple(-1, 0.1),
                Forms::Struct { quoted: "a\"b\\c", none: None },
            ],
            numbers: [(-3, 1.0), (4, 1e300)].into(),
            flags: [(true, [1, 2])].into(),
            not_a_number: f64::NAN,
            large: (i128::MIN, u64::MAX, i64::MIN),
        };
        assert_eq!(to_string(&all), serde_json::to_string(&all).unwrap());
    }

    #[test]
    fn whatever_some_reader_takes_for_the_end_of_a_line_is_escaped() {
        let ends = "\n\r\u{b}\u{c}\u{1c}\u{1d}\u{1e}\u{1f}\u{85}\u{2028}\u{2029}";
        let controls = "\0\u{7}\u{8}\t\u{1b}\u{7f}\u{80}\u{90}\u{9b}\u{9c}\u{9d}\u{9f}\u{61c}\u{200e}\u{200f}\u{202a}\u{202e}\u{2066}\u{2069}";
        for c in ends.chars().chain(controls.chars()) {
            let object = json!({ format!("k{c}"): format!("{c}a{c}{c}é{c}"), "list": [c.to_string()] });
            let line = to_string(&object);
            assert!(!line.contains(must_escape), "{:04x}: {line:?}", u32::from(c));
            assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), object);
        }
    }

    #[test]
    fn one_byte_anywhere_is_enough_to_be_looked_at() {
        for byte in 0..=u8::MAX {
            for at in 0..20 {
                let mut text = [b'a'; 20];
                text[at] = byte;
                let plain = (0x20..0x7f).contains(&byte) && byte != b'"' && byte != b'\\';
                assert_eq!(is_plain(&text), plain, "{byte:02x} at {at}");
            }
        }
    }

    #[test]
    fn every_character_that_must_be_escaped_begins_with_a_byte_that_is_looked_at() {
        for c in ('\0'..=char::MAX).filter(|&c| must_escape(c)) {
            assert!(may_begin_escaped(c.encode_utf8(&mut [0; 4]).as_bytes()[0]), "{:04x}", u32::from(c));
            assert!(u32::from(c) <= 0xffff);
        }
    }

    #[test]
    fn a_key_that_is_no_text_is_an_error() {
        let map: BTreeMap<[u8; 1], u8> = [([1], 2)].into();
        let mut out = b"before".to_vec();
        assert!(map.serialize(JsonSerializer { out: &mut out }).is_err());
        push(&mut out, &map);
        assert_eq!(to_string(&map), "");
    }

    #[test]
    fn displayed_values_are_escaped_in_whatever_pieces_they_come() {
        struct Shown(Value);
        impl Serialize for Shown {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }
        let inner = json!({"a": "b\u{85}\n"});
        let line = to_string(&Shown(inner.clone()));
        let text: String = serde_json::from_str(&line).unwrap();
        assert_eq!(text, inner.to_string());
    }
}

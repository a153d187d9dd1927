//! Escaper of JSON text: no control character stands in it, so that a line can be looked at in a terminal.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use crate::text::must_escape;

/// `value` as JSON on one line.
pub(crate) fn to_string(value: &impl Serialize) -> String {
    let mut line = Vec::with_capacity(512);
    push(&mut line, value);
    String::from_utf8(line).unwrap_or_default()
}

/// The same at the end of `lines`.
pub(crate) fn push(lines: &mut Vec<u8>, value: &impl Serialize) {
    let length = lines.len();
    // Our views hold text, numbers and maps with text keys: nothing in them can fail to be written to memory.
    if value.serialize(&mut Serializer::with_formatter(&mut *lines, Escaped)).is_err() {
        lines.truncate(length);
    }
}

/// Escapes what `serde_json` lets pass: DEL, C1 and bidi controls.
struct Escaped;

impl Formatter for Escaped {
    #[allow(
        clippy::needless_bitwise_bool,
        reason = "without a branch a byte, which the compiler then does many at once"
    )]
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        // Most texts are plain, and that is seen many bytes at a time.
        if fragment.bytes().fold(true, |plain, byte| plain & (byte < 0x7f)) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((at, control)) = rest.char_indices().find(|&(_, c)| must_escape(c)) {
            let (before, after) = rest.split_at(at);
            // All of them are in the basic plane: four digits suffice.
            write!(writer, "{before}\\u{:04x}", u32::from(control))?;
            rest = after.get(control.len_utf8()..).unwrap_or_default();
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

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
}

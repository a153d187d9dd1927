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

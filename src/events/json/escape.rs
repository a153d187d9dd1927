//! JSON text in which no control character stands unescaped, so that a line can be looked at in a terminal.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use crate::text::must_escape;

/// `value` as JSON on one line.
pub(crate) fn to_string(value: &impl Serialize) -> String {
    let mut line = Vec::with_capacity(512);
    // Our views hold text, numbers and maps with text keys: nothing in them can fail to be written to memory.
    match value.serialize(&mut Serializer::with_formatter(&mut line, Escaped)) {
        Ok(()) => String::from_utf8(line).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

/// Escapes what `serde_json` lets pass: DEL, C1 and bidi controls.
struct Escaped;

impl Formatter for Escaped {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
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

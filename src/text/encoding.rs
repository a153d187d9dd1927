//! Encodings of text files: whatever editors of all systems save, read as UTF-8 whose lines end in `\n`.

use std::borrow::Cow;

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The bytes of a text in UTF-8, without a byte order mark. What has no mark of UTF-16 and does not begin with a character of
/// its first 128 stays as it is, sound or not.
pub(crate) fn to_utf8(bytes: &[u8]) -> Cow<'_, [u8]> {
    let plain = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    let little = match bytes {
        [0xff, 0xfe, ..] => true,
        [0xfe, 0xff, ..] => false,
        [first, 0, ..] if plain(*first) => true,
        [0, first, ..] if plain(*first) => false,
        _ => return Cow::Borrowed(without_mark(bytes)),
    };
    let units = bytes.chunks_exact(2).filter_map(|pair| <[u8; 2]>::try_from(pair).ok());
    let units: Vec<u16> = units.map(if little { u16::from_le_bytes } else { u16::from_be_bytes }).collect();
    Cow::Owned(String::from_utf16_lossy(&units).trim_start_matches('\u{feff}').as_bytes().to_vec())
}

/// The bytes without the byte order mark of UTF-8.
pub(crate) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(MARK).unwrap_or(bytes)
}

/// The text with `\n` for each `\r` that ends a line alone, as on old Macs; as many bytes as before.
pub(crate) fn with_newlines(text: String) -> String {
    if !has_lone_return(text.as_bytes()) {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let lone = c == '\r' && chars.peek() != Some(&'\n');
        plain.push(if lone { '\n' } else { c });
    }
    plain
}

/// Whether a line ends in `\r` alone and another one follows.
pub(crate) fn has_lone_return(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| matches!(pair, [b'\r', next] if *next != b'\n' && *next != b'\r'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(b"a = \"\xc3\xa9\"")]
    #[case(b"\xef\xbb\xbfa = \"\xc3\xa9\"")]
    #[case(b"\xff\xfea\0 \0=\0 \0\"\0\xe9\0\"\0")]
    #[case(b"\xfe\xff\0a\0 \0=\0 \0\"\0\xe9\0\"")]
    #[case(b"a\0 \0=\0 \0\"\0\xe9\0\"\0")]
    #[case(b"\0a\0 \0=\0 \0\"\0\xe9\0\"")]
    #[case(b"\0a\0 \0=\0 \0\"\0\xe9\0\"\0")]
    fn every_encoding_is_read(#[case] bytes: &[u8]) {
        assert_eq!(&*to_utf8(bytes), "a = \"é\"".as_bytes());
    }

    #[rstest]
    #[case("a\rb\rc", "a\nb\nc")]
    #[case("a\r\rb\r", "a\n\nb\n")]
    #[case("a\r\nb\r\n", "a\r\nb\r\n")]
    #[case("a\r", "a\r")]
    #[case("é\r\nb\rc\n", "é\r\nb\nc\n")]
    fn a_return_alone_ends_a_line(#[case] text: &str, #[case] plain: &str) {
        assert_eq!(with_newlines(text.to_owned()), plain);
    }
}

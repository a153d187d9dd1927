//! Remote text made safe to show, and the few verbs for fitting text into columns.
//!
//! Everything TikTok, a signing provider or ffmpeg says becomes a [`Text`] where it enters. A `Text` holds no control
//! bytes, no bidi controls and no runaway combining marks, so no pane, title, file name or log line can forget to look.
//! It refuses to know who said it.
//!
//! Invariant: `Text::as_str` is always safe to write to a terminal; `Text::original` never is.
//!
//! ```
//! use tiktop::text::{Text, clip};
//!
//! let name = Text::new("Ana\u{1b}[31m \u{202e}evil");
//! assert_eq!(name, "Ana[31m evil");
//! assert_eq!(clip("日本語", 5), "日本…");
//! ```

mod encoding;
mod numeral;

use std::borrow::Cow;
use std::fmt;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

pub(crate) use encoding::{has_lone_return, to_utf8, with_newlines, without_mark};
pub(crate) use numeral::number_around;
#[cfg(feature = "cli")]
pub(crate) use numeral::{counted, is_group};

/// Longest text kept, in bytes. TikTok's own limit for a comment is far below.
pub const MAX_BYTES: usize = 2_048;
/// Combining marks kept on one base character.
const MAX_MARKS: usize = 4;

/// Remote text that is safe to show.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "StoredText")]
pub struct Text {
    safe: CompactString,
    /// What was said, where cleaning changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<Box<str>>,
}

/// A text as it stands in a file, which anybody may have written.
#[derive(Deserialize)]
struct StoredText {
    safe: CompactString,
    #[serde(default)]
    raw: Option<Box<str>>,
}

impl From<StoredText> for Text {
    fn from(written: StoredText) -> Self {
        let Self { safe, raw } = Self::new(&written.safe);
        let written = written.raw.map(|said| clip_bytes(&said, MAX_BYTES).into());
        Self { safe, raw: written.or(raw) }
    }
}

impl Text {
    /// Cleans `raw`: newlines and tabs become spaces; control, bidi and invisible characters go; at most four
    /// combining marks stay on a character; the result is at most [`MAX_BYTES`] long.
    pub fn new(raw: &str) -> Self {
        if raw.len() <= MAX_BYTES && is_printable_ascii(raw.as_bytes()) {
            return Self { safe: CompactString::new(raw), raw: None };
        }
        let safe = clean(raw, MAX_BYTES);
        let raw = (safe != raw).then(|| clip_bytes(raw, MAX_BYTES).into());
        Self { safe, raw }
    }

    /// Like [`Text::new`] for bytes that should be UTF-8 and may not be.
    pub fn from_bytes(raw: &[u8]) -> Self {
        // The plain check is several times faster than the lossy one, and nearly always enough.
        std::str::from_utf8(raw).map_or_else(|_| Self::new(&String::from_utf8_lossy(raw)), Self::new)
    }

    /// The safe text.
    pub fn as_str(&self) -> &str {
        &self.safe
    }

    /// What was said, control characters included. For NDJSON and captures, which escape it; never for a screen.
    pub fn original(&self) -> &str {
        self.raw.as_deref().unwrap_or(&self.safe)
    }

    /// Whether nothing is left to show.
    pub fn is_empty(&self) -> bool {
        self.safe.is_empty()
    }

    /// Columns the text takes on a terminal.
    pub fn width(&self) -> usize {
        width(&self.safe)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.safe)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.safe.as_str(), f)
    }
}

impl From<&str> for Text {
    fn from(raw: &str) -> Self {
        Self::new(raw)
    }
}

impl From<String> for Text {
    fn from(raw: String) -> Self {
        Self::new(&raw)
    }
}

impl From<&String> for Text {
    fn from(raw: &String) -> Self {
        Self::new(raw)
    }
}

impl From<fmt::Arguments<'_>> for Text {
    fn from(raw: fmt::Arguments<'_>) -> Self {
        Self::new(&raw.to_string())
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.safe == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.safe == *other
    }
}

/// Columns `text` takes on a terminal.
///
/// A half-width voiced mark (U+FF9E, U+FF9F) extends the character before it and still has a cell of its own: terminals and
/// ratatui agree on that, `unicode-width` 0.2.2 counts nothing for it.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() + text.chars().filter(|&c| is_voiced_mark(c)).count() }
}

/// `text` as it may be printed: cleaned line by line as a [`Text`] is, but of any length and with its line breaks.
///
/// For sentences that hold something local, such as a file name or an argument, which can have control bytes like any other.
///
/// ```
/// assert_eq!(tiktop::text::printable("cannot read a\u{1b}[31mb\nno such file"), "cannot read a[31mb\nno such file");
/// ```
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b'\n' | b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let lines: Vec<_> = text.split('\n').map(|line| clean(line.trim_end_matches('\r'), usize::MAX)).collect();
    Cow::Owned(lines.join("\n"))
}

/// Foreign words, such as what somebody typed, safe to stand in a sentence: cleaned and cut to so many columns.
pub(crate) fn excerpt(raw: &str, columns: usize) -> String {
    clip(Text::new(raw).as_str(), columns).into_owned()
}

/// `text` cut to at most `columns`, whole characters only, with `…` where something is missing. A number with its unit stays
/// or goes as one: half of it would be another number.
///
/// ```
/// use tiktop::text::clip;
/// assert_eq!(clip("hello there", 8), "hello t…");
/// assert_eq!(clip("hello", 8), "hello");
/// assert_eq!(clip("likes 37.6k now", 10), "likes…");
/// ```
pub fn clip(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    let mut used = 0;
    let end = text
        .grapheme_indices(true)
        .find_map(|(at, grapheme)| {
            used += width(grapheme);
            (used > columns - 1).then_some(at)
        })
        .unwrap_or(text.len());
    // A text that is nothing but a number, such as a name, keeps its beginning.
    let before = number_around(text, end).map(|number| text[..number.start].trim_end().len());
    let end = before.filter(|&end| end > 0).unwrap_or(end);
    Cow::Owned(format!("{}…", &text[..end]))
}

/// Whether `c` must not reach JSON text or a capture unescaped: C0, DEL, C1, bidi controls, and the line and paragraph
/// separators, at which many readers of lines cut.
pub fn must_escape(c: char) -> bool {
    c.is_control() || is_bidi(c) || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Eight bytes at a time, none of which ends the look at the others.
fn is_printable_ascii(bytes: &[u8]) -> bool {
    let is_printable = |printable: bool, byte: &u8| printable & matches!(byte, b' '..=b'~');
    let (words, rest) = bytes.as_chunks::<8>();
    words.iter().all(|word| word.iter().fold(true, is_printable)) && rest.iter().fold(true, is_printable)
}

fn clean(raw: &str, max_bytes: usize) -> CompactString {
    let mut safe = CompactString::default();
    // What is kept is copied a run at a time; a clean text is one run.
    let (mut run, mut length) = (0..0, 0);
    let mut marks = 0;
    let mut chars = raw.char_indices().peekable();
    let mut last = None;
    // Tags of the flag we are in that are still to come.
    let mut tags = 0;
    while let Some((at, c)) = chars.next() {
        if c == FLAG {
            tags = flag_tags(chars.clone().map(|(_, c)| c));
        }
        let shown = if matches!(c, '\n' | '\t' | '\r') { ' ' } else { c };
        let keep = match shown {
            ' '..='~' => {
                marks = 0;
                true
            }
            // A joiner or an emoji variant means something only after a visible character.
            '\u{200d}' => {
                last.is_some_and(is_pictographic) && chars.peek().is_some_and(|(_, next)| is_pictographic(*next))
            }
            '\u{e0020}'..='\u{e007f}' => {
                let of_flag = tags > 0;
                tags = tags.saturating_sub(1);
                of_flag
            }
            // The wide variant of text symbols has a different width on every terminal: one column everywhere.
            '\u{fe0e}' | '\u{fe0f}' => false,
            _ if c.is_control() || is_bidi(c) || is_invisible(c) => false,
            _ if is_mark(c) => {
                marks += 1;
                marks <= MAX_MARKS && (last.is_some() || is_voiced_mark(c))
            }
            _ => {
                marks = 0;
                true
            }
        };
        if !keep {
            continue;
        }
        let end = at + shown.len_utf8();
        if length + (end - at) > max_bytes {
            break;
        }
        length += end - at;
        last = Some(shown);
        if shown == c && run.end == at {
            run.end = end;
            continue;
        }
        safe.push_str(&raw[run]);
        if shown == c {
            run = at..end;
        } else {
            safe.push(shown);
            run = end..end;
        }
    }
    safe.push_str(&raw[run]);
    safe
}

fn clip_bytes(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{034f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}' | '\u{200c}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0d}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e001f}' | '\u{e0080}'..='\u{e0fff}')
}

/// The black flag that begins the flag of a region.
const FLAG: char = '\u{1f3f4}';

/// How many tag characters behind a black flag make it the flag of a region (UTS 51: three to six letters or digits and an
/// end). Any others are invisible: two names that look equal would differ by them.
fn flag_tags(mut behind: impl Iterator<Item = char>) -> usize {
    let mut letters = 0;
    loop {
        match behind.next() {
            Some('\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}') if letters < 6 => letters += 1,
            Some('\u{e007f}') if letters >= 3 => return letters + 1,
            _ => return 0,
        }
    }
}

/// The half-width marks that turn ka into ga and ha into pa: marks that have a cell of their own.
fn is_voiced_mark(c: char) -> bool {
    matches!(c, '\u{ff9e}' | '\u{ff9f}')
}

/// Zero columns wide and not dropped above: a mark on the character before it.
fn is_mark(c: char) -> bool {
    !c.is_ascii() && unicode_width::UnicodeWidthChar::width(c) == Some(0) && !is_pictographic(c)
}

/// What may stand on either side of a joiner inside one emoji.
fn is_pictographic(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}' | '\u{e0020}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    const SCOTLAND: &str = "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}";

    #[rstest]
    #[case("plain", "plain")]
    #[case("\u{1b}[31mred\u{7}", "[31mred")]
    #[case("two\nlines\tand", "two lines and")]
    #[case("\u{202e}evil\u{2066}", "evil")]
    #[case("he\u{200b}llo\u{feff}", "hello")]
    #[case("❤\u{fe0f}", "❤")]
    #[case("👨\u{200d}👩\u{200d}👧", "👨\u{200d}👩\u{200d}👧")]
    #[case("a\u{200d}b", "ab")]
    #[case("\u{9b}31m", "31m")]
    #[case("مرحبا", "مرحبا")]
    #[case("नमस्ते", "नमस्ते")]
    #[case("an\u{e0041}a\u{e007f}", "ana")]
    #[case("\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}", "\u{1f3f4}")]
    #[case("\u{1f3f4}\u{e007f}", "\u{1f3f4}")]
    #[case("\u{1f3f4}x\u{e0067}\u{e0062}\u{e0065}\u{e007f}", "\u{1f3f4}x")]
    #[case(SCOTLAND, SCOTLAND)]
    #[case("\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}\u{e0061}\u{e007f}", SCOTLAND)]
    #[case("\u{1f3f3}\u{e0067}\u{e0062}\u{e0065}\u{e007f}", "\u{1f3f3}")]
    #[case("\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e0061}\u{e0062}\u{e007f}", "\u{1f3f4}")]
    #[case("\u{1f3f4}\u{e0067}a\u{e0062}\u{e0065}\u{e007f}", "\u{1f3f4}a")]
    #[case("\u{e0001}ana\u{e0020}", "ana")]
    #[case("\u{1b}]8;;https://a.example\u{1b}\\ana\u{1b}]8;;\u{7}", "]8;;https://a.example\\ana]8;;")]
    #[case("\u{90}q\u{9c}\u{9d}0;x\u{98}\u{9e}\u{9f}", "q0;x")]
    #[case("ﾞｶﾞ", "ﾞｶﾞ")]
    fn remote_text_is_cleaned(#[case] raw: &str, #[case] safe: &str) {
        let text = Text::new(raw);
        assert_eq!(text.as_str(), safe);
        assert_eq!(text.original(), raw);
    }

    #[test]
    fn a_text_from_a_file_is_as_clean_as_any() {
        let read: Text = serde_json::from_str(r#"{"safe":"\u001b[31mred\u202e"}"#).unwrap();
        assert_eq!(read.as_str(), "[31mred");
        for raw in ["plain", "\u{1b}[31mred"] {
            let text = Text::new(raw);
            let back: Text = serde_json::from_str(&serde_json::to_string(&text).unwrap()).unwrap();
            assert_eq!((back.original(), &back), (raw, &text));
        }
    }

    #[test]
    fn runaway_marks_are_cut() {
        let text = Text::new(&format!("Z{}", "\u{0301}".repeat(60)));
        assert_eq!(text.as_str().chars().count(), 1 + MAX_MARKS);
    }

    #[rstest]
    #[case("ｶﾞ", 2)]
    #[case("ﾊﾟﾊﾟ", 4)]
    #[case("日ﾞ", 3)]
    #[case("か\u{3099}", 2)]
    fn a_half_width_voiced_mark_has_a_cell_of_its_own(#[case] text: &str, #[case] columns: usize) {
        assert_eq!(width(text), columns);
    }

    #[test]
    fn what_is_printed_keeps_its_lines_and_loses_its_controls() {
        assert_eq!(printable("two\nlines\n"), "two\nlines\n");
        assert_eq!(printable("a\u{1b}]0;x\u{7}b\r\n\u{9b}2J\tc\u{202e}"), "a]0;xb\n2J c");
        let long = "é".repeat(MAX_BYTES);
        assert_eq!(printable(&long), long);
    }

    proptest! {
        #[test]
        fn a_text_is_always_safe_and_short(raw in ".{0,400}") {
            let text = Text::new(&raw);
            prop_assert!(text.as_str().len() <= MAX_BYTES);
            prop_assert!(!text.as_str().chars().any(must_escape));
        }

        #[test]
        fn a_clipped_text_fits(raw in ".{0,80}", columns in 0usize..40) {
            let text = Text::new(&raw);
            prop_assert!(width(&clip(text.as_str(), columns)) <= columns);
        }
    }
}

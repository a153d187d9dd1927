//! Words of a text as the full-text index holds them, and what is typed as that index is asked.
//!
//! SQLite's own tokenizer takes a run of Han, kana, hangul or Thai for one word, so that nobody finds a part of it. Here every
//! such character, and every emoji, stands alone; a run that is looked for becomes a phrase of them.

/// How SQLite cuts words out of what [`indexed`] makes of a line.
pub(super) const TOKENIZER: &str = "tokenize = \"unicode61 remove_diacritics 2 categories 'L* N* Co So'\"";

/// Whether a character is a word of its own: in scripts that write no spaces, and emoji.
fn stands_alone(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF     // Thai, Lao
        | 0x1000..=0x109F   // Myanmar
        | 0x1100..=0x11FF   // hangul parts
        | 0x1780..=0x17FF   // Khmer
        | 0x2600..=0x27BF   // signs
        | 0x2E80..=0x2FDF   // Han radicals
        | 0x3005..=0x3007
        | 0x3040..=0x30FF   // hiragana, katakana
        | 0x3130..=0x318F
        | 0x31F0..=0x31FF
        | 0x3400..=0x4DBF   // Han
        | 0x4E00..=0x9FFF
        | 0xAC00..=0xD7AF   // hangul
        | 0xF900..=0xFAFF
        | 0xFF66..=0xFF9F   // half-width kana
        | 0x1F000..=0x1FAFF // emoji
        | 0x20000..=0x3FFFF)
}

/// Begin the words by which a line is found as one of a person, and as one of a live. What people write has none of these
/// characters when it comes here.
const PERSON: char = '\u{E000}';
const ROOM: char = '\u{E001}';

/// The word by which the lines of a person are found.
pub(super) fn of_person(person: i64) -> String {
    format!("{PERSON}{}", short(person as u64))
}

/// The word by which the lines of a live are found, by its short number in the file.
pub(super) fn of_room(room: i64) -> String {
    format!("{ROOM}{}", short(room as u64))
}

/// A number in as few letters and digits as there are.
fn short(mut number: u64) -> String {
    const SIGNS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut short = Vec::new();
    while number > 0 || short.is_empty() {
        short.push(SIGNS.get((number % 36) as usize).copied().unwrap_or(b'0'));
        number /= 36;
    }
    String::from_utf8(short).unwrap_or_default()
}

/// A line as the index takes it: its text, whose it is, and of which live.
pub(super) fn indexed(text: &str, person: i64, room: i64) -> String {
    format!("{} {} {}", split(text), of_person(person), of_room(room))
}

/// The text with blanks around each character that is a word of its own.
pub(super) fn split(text: &str) -> std::borrow::Cow<'_, str> {
    let is_mark = |c| matches!(c, PERSON | ROOM);
    if !text.chars().any(|c| stands_alone(c) || is_mark(c)) {
        return text.into();
    }
    let mut split = String::with_capacity(text.len() * 2);
    for c in text.chars().filter(|c| !is_mark(*c)) {
        if stands_alone(c) {
            split.extend([' ', c, ' ']);
        } else {
            split.push(c);
        }
    }
    split.into()
}

/// Whether anything in the text can be found by the index: a letter, a digit or an emoji.
pub(super) fn is_findable(text: &str) -> bool {
    text.chars().any(|c| c.is_alphanumeric() || stands_alone(c))
}

/// A phrase as the index is asked for it; `open` asks for words that begin so.
pub(super) fn phrase(text: &str, open: bool) -> String {
    let quoted = split(text).replace('"', "\"\"");
    // A star after a phrase stands for the rest of its last word.
    format!("\"{}\"{}", quoted.trim(), if open { "*" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_of_scripts_without_spaces_stand_alone() {
        assert_eq!(split("hello there"), "hello there");
        assert_eq!(split("ab日本c"), "ab 日  本 c");
        assert_eq!(split("😂😂"), " 😂  😂 ");
        assert_eq!(split("a\u{E000}b"), "ab");
        assert_eq!(indexed("hi", 36, 7), "hi \u{E000}01 \u{E001}7");
        assert_eq!(phrase("日本", false), "\"日  本\"");
        assert_eq!(phrase("say \"hi", true), "\"say \"\"hi\"*");
    }

    #[test]
    fn what_has_no_word_in_it_cannot_be_found() {
        assert!(is_findable("a") && is_findable("語") && is_findable("😂") && is_findable("é"));
        assert!(!is_findable("?!") && !is_findable(""));
    }
}

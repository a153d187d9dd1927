//! Lenient reader of JSON: one damaged value costs itself, never the whole answer or the whole line of a capture.
//!
//! What other clients have met is repaired: a byte order mark, bytes that are no UTF-8, half of a surrogate pair, raw
//! control characters and unknown escapes inside texts, `NaN` and numbers too large to be held, a value that was left out, a
//! comma too many, nesting deeper than the parser follows, and words after the end. An answer that is cut off stays unreadable.

use std::iter::Peekable;
use std::str::Chars;

use serde_json::Value;

use crate::text::to_utf8;

/// Levels of nesting that are kept; the parser itself gives up at 128.
const DEEPEST: usize = 100;

/// Reads an answer's body. Nothing when it holds no JSON value.
pub fn from_bytes(bytes: &[u8]) -> Option<Value> {
    from_text(&String::from_utf8_lossy(&to_utf8(bytes)))
}

/// Reads a text that begins with a JSON value; what follows the value is left alone.
pub fn from_text(text: &str) -> Option<Value> {
    let text = text.trim_start_matches(['\u{feff}', '\u{200b}']).trim();
    // Nearly every answer is sound, and then this is all.
    serde_json::from_str(text).ok().or_else(|| serde_json::from_str(&Repair::new(text).run()).ok())
}

/// Reads a text that is one JSON value and nothing else.
pub fn from_whole_text(text: &str) -> Option<Value> {
    let mut repair = Repair::new(text.trim_start_matches(['\u{feff}', '\u{200b}']).trim());
    repair.first_value();
    if repair.rest.any(|c| !c.is_whitespace()) { None } else { serde_json::from_str(&repair.out).ok() }
}

struct Repair<'t> {
    rest: Peekable<Chars<'t>>,
    out: String,
    depth: usize,
}

impl<'t> Repair<'t> {
    fn new(text: &'t str) -> Self {
        Self { rest: text.chars().peekable(), out: String::with_capacity(text.len() + 16), depth: 0 }
    }

    fn run(mut self) -> String {
        self.first_value();
        self.out
    }

    /// Repairs the first value into `out`.
    fn first_value(&mut self) {
        while let Some(c) = self.rest.next() {
            match c {
                '"' => self.text(),
                '{' | '[' => {
                    self.depth += 1;
                    if self.depth == DEEPEST + 1 {
                        self.out.push_str("null");
                    }
                    self.push(c);
                }
                '}' | ']' => {
                    self.fill_in();
                    self.drop_comma();
                    self.push(c);
                    self.depth = self.depth.saturating_sub(1);
                }
                ',' => {
                    self.fill_in();
                    if !self.out.ends_with([',', '[', '{']) {
                        self.push(c);
                    }
                }
                ':' => self.push(c),
                c if c.is_whitespace() => {}
                c => self.word(c),
            }
            if self.depth == 0 {
                break;
            }
        }
    }

    /// Adds to the output, unless we are deeper than anybody looks.
    fn push(&mut self, c: char) {
        if self.depth <= DEEPEST {
            self.out.push(c);
        }
    }

    /// A value that was left out is null.
    fn fill_in(&mut self) {
        if self.depth <= DEEPEST && self.out.ends_with(':') {
            self.out.push_str("null");
        }
    }

    fn drop_comma(&mut self) {
        if self.depth <= DEEPEST && self.out.ends_with(',') {
            self.out.pop();
        }
    }

    /// A number or a word; what JSON does not know is null.
    fn word(&mut self, first: char) {
        let mut word = String::from(first);
        let ends = |c: char| c.is_whitespace() || matches!(c, ',' | ':' | '}' | ']' | '{' | '[' | '"');
        while let Some(c) = self.rest.next_if(|&c| !ends(c)) {
            word.push(c);
        }
        if self.depth <= DEEPEST {
            self.out.push_str(if serde_json::from_str::<Value>(&word).is_ok() { &word } else { "null" });
        }
    }

    /// A text, from behind its opening quote to behind the closing one.
    fn text(&mut self) {
        self.push('"');
        while let Some(c) = self.rest.next() {
            match c {
                '"' => {
                    self.push('"');
                    return;
                }
                '\\' => self.escape(),
                c if c.is_control() => {
                    for c in format!("\\u{:04x}", u32::from(c)).chars() {
                        self.push(c);
                    }
                }
                c => self.push(c),
            }
        }
    }

    fn escape(&mut self) {
        match self.rest.next() {
            Some('u') => {
                let read = self.unit();
                self.unicode(read);
            }
            Some(c @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't')) => {
                self.push('\\');
                self.push(c);
            }
            // An escape that JSON does not know stands for its character.
            Some(c) if !c.is_control() => self.push(c),
            _ => {}
        }
    }

    /// The character of a UTF-16 unit, which may be the first half of a pair.
    fn unicode(&mut self, unit: Option<u16>) {
        let Some(unit) = unit else {
            self.push('\u{fffd}');
            return;
        };
        let mut units = vec![unit];
        if (0xd800..0xdc00).contains(&unit) {
            let mut ahead = self.rest.clone();
            let pair = (ahead.next() == Some('\\') && ahead.next() == Some('u')).then(|| unit_of(&mut ahead)).flatten();
            if let Some(low @ 0xdc00..0xe000) = pair {
                units.push(low);
                self.rest = ahead;
            }
        }
        for c in char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')) {
            match c {
                '"' | '\\' => {
                    self.push('\\');
                    self.push(c);
                }
                c if c.is_control() => {
                    for c in format!("\\u{:04x}", u32::from(c)).chars() {
                        self.push(c);
                    }
                }
                c => self.push(c),
            }
        }
    }

    fn unit(&mut self) -> Option<u16> {
        unit_of(&mut self.rest)
    }
}

/// Four hexadecimal digits; nothing else is eaten.
fn unit_of(rest: &mut Peekable<Chars<'_>>) -> Option<u16> {
    let mut unit = 0;
    for _ in 0..4 {
        let digit = rest.next_if(char::is_ascii_hexdigit)?.to_digit(16)?;
        unit = unit << 4 | u16::try_from(digit).ok()?;
    }
    Some(unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::json;

    /// Any JSON, its keys and texts full of what has to be escaped.
    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 64, 8, |inner| {
            let key = prop::sample::select(&["a", "b\"", "\\"]);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(key, inner, 0..8).prop_map(|map| json!(map)),
            ]
        })
    }

    #[rstest]
    #[case(r#"{"title":"Apfel\ud83d","n":1}"#, json!({"title": "Apfel\u{fffd}", "n": 1}))]
    #[case(r#"{"title":"\ude00 b","n":1}"#, json!({"title": "\u{fffd} b", "n": 1}))]
    #[case(r#"{"title":"\ud83d\ud83d\ude00"}"#, json!({"title": "\u{fffd}😀"}))]
    #[case(r#"{"title":"\ud83dA","b":"\uZZ"}"#, json!({"title": "\u{fffd}A", "b": "\u{fffd}ZZ"}))]
    #[case("\u{feff}{\"a\":1}", json!({"a": 1}))]
    #[case("{\"a\":\"x\ny\u{1}\tz\"}", json!({"a": "x\ny\u{1}\tz"}))]
    #[case(r#"{"a":NaN,"b":-Infinity,"c":1e999,"d":undefined,"e":2}"#, json!({"a":null,"b":null,"c":null,"d":null,"e":2}))]
    #[case(r#"{"a":"\x41\'","b":[1,2,],}"#, json!({"a": "x41'", "b": [1, 2]}))]
    #[case(r#"{"a":"\ud83d \u0022 \u005c \u0000"}"#, json!({"a": "\u{fffd} \" \\ \0"}))]
    #[case(r#"{"a":1};window["b"]={}"#, json!({"a": 1}))]
    #[case(r#"{"a":,"b":}"#, json!({"a": null, "b": null}))]
    #[case(r#"{,"a":[,1,,2,],,"b":3}"#, json!({"a": [1, 2], "b": 3}))]
    #[case(r#"{"a":+1,"b":.5,"c":0x1f,"d":01,"e":-,"f":1_000,"g":2}"#, json!({"a":null,"b":null,"c":null,"d":null,"e":null,"f":null,"g":2}))]
    #[case(r#"{"a":":","b":"x,","c":NaN}"#, json!({"a": ":", "b": "x,", "c": null}))]
    #[case(r#"{"a":nan,"b":Infinity,"c":None,"d":True,"e":"ok"}"#, json!({"a":null,"b":null,"c":null,"d":null,"e":"ok"}))]
    #[case(r#"{"a":123456789012345678901234567890,"b":NaN}"#, json!({"a": 123_456_789_012_345_678_901_234_567_890_f64, "b": null}))]
    #[case(r#"{"a":"\ud83d\ude00 \ud83d","b":"\udfff\ud800"}"#, json!({"a": "😀 \u{fffd}", "b": "\u{fffd}\u{fffd}"}))]
    #[case("{\"a\":\"x\u{2028}\u{85}\r\n\u{0}\",\"b\":1}", json!({"a": "x\u{2028}\u{85}\r\n\u{0}", "b": 1}))]
    #[case(r#"{"a":"\ud83d"} trailing"#, json!({"a": "\u{fffd}"}))]
    fn damage_costs_itself_only(#[case] text: &str, #[case] value: Value) {
        assert_eq!(from_text(text), Some(value));
    }

    #[test]
    fn bytes_that_are_no_utf_8_become_the_replacement() {
        assert_eq!(from_bytes(b"{\"a\":\"x\xff\xed\xa0\xbd\",\"b\":2}").unwrap()["b"], 2);
        assert_eq!(from_bytes(b"\xef\xbb\xbf{\"a\":\"cut \xf0\x9f\x98\",\"b\":2}").unwrap()["b"], 2);
        assert_eq!(from_bytes(b"\xff\xfe{\0\"\0b\0\"\0:\0\x32\0}\0").unwrap()["b"], 2);
    }

    #[test]
    fn what_is_nested_too_deep_is_null() {
        let deep = format!("{{\"n\":2,\"deep\":{}{},\"m\":3}}", "[".repeat(5_000), "]".repeat(5_000));
        let value = from_text(&deep).unwrap();
        assert_eq!((&value["n"], &value["m"]), (&json!(2), &json!(3)));
    }

    #[rstest]
    #[case("")]
    #[case("{\"half")]
    #[case("{\"a\":\"\\ud83d")]
    #[case("<html>")]
    fn what_is_no_json_stays_unreadable(#[case] text: &str) {
        assert!(from_text(text).is_none_or(|value| value.is_null()), "{text}");
    }

    proptest! {
        #[test]
        fn sound_json_is_never_changed(value in any_json()) {
            let text = value.to_string();
            let repaired: Value = serde_json::from_str(&Repair::new(&text).run()).unwrap();
            prop_assert_eq!(repaired, serde_json::from_str::<Value>(&text).unwrap());
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            from_bytes(&bytes);
        }
    }
}

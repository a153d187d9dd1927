//! Reader of pasted cookies: one cookie's value in whatever people copy out of a browser.
//!
//! The value alone, in quotation marks, with its name or `Cookie:` in front; a curl command, a request as code; the table of
//! the developer tools; the JSON of a cookie extension; a `cookies.txt`.

use serde_json::Value;

/// The names of the session's cookie, which all have one value.
pub(super) const SESSION: [&str; 3] = ["sessionid", "sessionid_ss", "sid_tt"];
/// The name of the cookie with the session's data centre.
pub(super) const TARGET_IDC: [&str; 1] = ["tt-target-idc"];

/// Levels of nesting that are searched.
const DEEPEST: usize = 8;

/// The value of the first of `names` in `pasted`. What names none of them stays as it is, but for blanks and quotation marks
/// around it.
pub(super) fn value(pasted: &str, names: &[&str]) -> String {
    let text = bare(bare(pasted).trim_end_matches([';', ',']));
    named(text, names).unwrap_or_else(|| text.to_owned())
}

/// The value of the first of `names` that `pasted` names.
pub(super) fn named(pasted: &str, names: &[&str]) -> Option<String> {
    let text = bare(pasted);
    let json = serde_json::from_str(text).ok();
    names.iter().find_map(|name| {
        let in_json = json.as_ref().and_then(|json| in_json(json, name, DEEPEST));
        in_json.or_else(|| in_text(text, name)).filter(|value| !value.is_empty())
    })
}

/// Without what stands around it.
fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '"' | '\'' | '`' | '\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}' | '\u{feff}' | '\u{200b}'
            )
    })
}

/// A cookie of an extension, `{"name": …, "value": …}`, or a map of names to values, alone or among others.
fn in_json(json: &Value, wanted: &str, depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    match json {
        Value::Array(items) => items.iter().find_map(|item| in_json(item, wanted, depth)),
        Value::Object(fields) => {
            let field = |names: &[&str]| {
                fields
                    .iter()
                    .find(|(key, _)| names.iter().any(|name| key.eq_ignore_ascii_case(name)))
                    .map(|(_, value)| value)
            };
            let is_it = field(&["name", "key", "Name raw"])
                .and_then(Value::as_str)
                .is_some_and(|name| bare(name).eq_ignore_ascii_case(wanted));
            let own = if is_it { field(&["value", "Content raw"]) } else { field(&[wanted]) };
            match own {
                Some(Value::String(value)) => Some(bare(value).to_owned()),
                Some(inner @ Value::Object(_)) => field_value(inner),
                _ => fields.values().find_map(|value| in_json(value, wanted, depth)),
            }
        }
        // A whole header or a list inside a text.
        Value::String(text) => in_text(text, wanted),
        _ => None,
    }
}

/// The value of a cookie that stands under its name.
fn field_value(cookie: &Value) -> Option<String> {
    cookie.get("value").and_then(Value::as_str).map(|value| bare(value).to_owned())
}

/// `name=value`, `name: value`, `name<tab>value`, `"name", "value"`: wherever the name stands as a word of its own.
fn in_text(text: &str, wanted: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let of_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    lower.match_indices(wanted).find_map(|(at, _)| {
        let (before, behind) = (text.get(..at)?, text.get(at + wanted.len()..)?);
        if before.ends_with(of_name) {
            return None;
        }
        let between = |c: char| {
            c.is_whitespace() || matches!(c, '=' | ':' | ',' | '"' | '\'' | '\\' | '`' | '\u{201c}' | '\u{201d}')
        };
        let rest = behind.trim_start_matches(between);
        let separators = behind.get(..behind.len() - rest.len())?;
        // A name needs more behind it than the end of its line: the value stands beside it.
        if !separators.contains(['=', ':', ',', '\t']) || separators.contains(['\n', '\r']) {
            return None;
        }
        let ends = |c: char| {
            c.is_whitespace()
                || matches!(c, ';' | ',' | '"' | '\'' | '\\' | '`' | '\u{201c}' | '\u{201d}' | '}' | ')' | '&' | '^')
        };
        let value = rest.split(ends).next()?;
        (!value.is_empty()).then(|| value.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("0123abc")]
    #[case(" 0123abc\r\n")]
    #[case("\"0123abc\"")]
    #[case("\u{201c}0123abc\u{201d}")]
    #[case("\u{feff}'0123abc';")]
    #[case("sessionid=0123abc")]
    #[case("SESSIONID = \"0123abc\";")]
    #[case("sessionid_ss=0123abc")]
    #[case("\"sessionid=0123abc\"")]
    #[case("sid_tt=0123abc; ttwid=1%7Cx")]
    #[case("sessionid: 0123abc")]
    #[case("Cookie: ttwid=1%7Cx; sessionid=0123abc; sid_tt=5")]
    #[case("cookie: sid_guard=9%7C1; sid_tt=5; sessionid_ss=6; sessionid=0123abc")]
    #[case("Set-Cookie: sessionid=0123abc; Path=/; Domain=tiktok.com; HttpOnly")]
    #[case(
        "curl 'https://www.tiktok.com/@ana' -H 'accept: */*' -H 'cookie: ttwid=1%7Cx; sessionid=0123abc; sid_tt=5' --compressed"
    )]
    #[case("curl 'https://www.tiktok.com/' \\\n  -b 'ttwid=1%7Cx; sessionid=0123abc' \\\n  --compressed")]
    #[case("curl \"https://www.tiktok.com/\" -H \"Cookie: sessionid=0123abc\"")]
    #[case("-H 'Cookie: sessionid=0123abc'")]
    #[case("curl ^\"https://www.tiktok.com/^\" ^\r\n  -H ^\"cookie: sessionid=0123abc^\"")]
    #[case("fetch(\"https://www.tiktok.com/\", {\"headers\": {\"cookie\": \"ttwid=1; sessionid=0123abc\"}})")]
    #[case("$session.Cookies.Add((New-Object System.Net.Cookie(\"sessionid\", \"0123abc\", \"/\", \".tiktok.com\")))")]
    #[case(
        "# Netscape HTTP Cookie File\n# made by an extension\n\n.tiktok.com\tTRUE\t/\tTRUE\t1790000000\tttwid\t1%7Cx\n#HttpOnly_.tiktok.com\tTRUE\t/\tTRUE\t1790000000\tsessionid\t0123abc\n.tiktok.com\tTRUE\t/\tTRUE\t1\tsid_tt\t5\n"
    )]
    #[case(
        "ttwid\t1%7Cx\t.tiktok.com\t/\t2027-01-01\r\nsessionid\t0123abc\t.tiktok.com\t/\t2027-01-01T00:00:00.000Z\t41\t✓\r\n"
    )]
    #[case(r#"{"name": "sessionid", "value": "0123abc"}"#)]
    #[case(r#"{"value": "0123abc", "domain": ".tiktok.com", "name": "sessionid"}"#)]
    #[case(r#"[{"name": "ttwid", "value": "x"}, {"name": "sessionid", "value": "0123abc"}]"#)]
    #[case(
        "[\n  {\n    \"domain\": \".tiktok.com\",\n    \"expirationDate\": 1790000000.5,\n    \"name\": \"sid_tt\",\n    \"value\": \"5\"\n  },\n  {\n    \"domain\": \".tiktok.com\",\n    \"name\": \"sessionid\",\n    \"sameSite\": null,\n    \"value\": \"0123abc\"\n  }\n]\n"
    )]
    #[case("{\"url\": \"https://www.tiktok.com\", \"cookies\": [{\"value\": \"0123abc\", \"name\": \"sessionid\"}]}")]
    #[case(r#"[{"Host raw": "https://.tiktok.com/", "Name raw": "sessionid", "Content raw": "0123abc"}]"#)]
    #[case(r#"{"sessionid": "0123abc"}"#)]
    #[case(r#"{"ttwid": "x", "sessionid": {"value": "0123abc", "path": "/"}}"#)]
    #[case(r#"{"headers": {"cookie": "ttwid=1; sessionid=0123abc"}}"#)]
    #[case("{'sessionid': '0123abc', 'ttwid': 'x'}")]
    #[case(r#""sessionid": "0123abc""#)]
    fn a_pasted_session_is_cleaned(#[case] pasted: &str) {
        assert_eq!(value(pasted, &SESSION), "0123abc");
    }

    #[rstest]
    #[case("my_sessionid=5; sessionid_ss=0123abc", "0123abc")]
    #[case("sessionid=; sessionid_ss=0123abc", "0123abc")]
    #[case("x-sessionid=5", "x-sessionid=5")]
    #[case("the sessionid", "the sessionid")]
    #[case("sessionid\n0123abc", "sessionid\n0123abc")]
    #[case("", "")]
    fn only_a_name_of_its_own_names_a_value(#[case] pasted: &str, #[case] read: &str) {
        assert_eq!(value(pasted, &SESSION), read);
    }
}

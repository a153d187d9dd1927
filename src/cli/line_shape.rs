//! Shape of the lines that `events` prints: all of them, without addresses of pictures, or some fields only.

use serde_json::{Map, Value};

use super::UsageError;
use crate::events::json::serializer;

/// Keys that hold addresses of pictures.
const PICTURES: [&str; 3] = ["picture", "pictures", "image"];

/// What is left of a line.
#[derive(Clone, Debug, Default)]
pub(super) struct LineShape {
    /// Dotted paths of the fields that are kept; all of them where there is none.
    fields: Vec<Vec<String>>,
    /// Without pictures.
    lean: bool,
}

impl LineShape {
    /// `fields` as typed: dotted paths with commas between them.
    pub(super) fn new(fields: Option<&str>, lean: bool) -> Result<Self, UsageError> {
        let mut paths = Vec::new();
        for field in fields.into_iter().flat_map(|fields| fields.split(',')).map(str::trim) {
            let path: Vec<String> = field.split('.').map(str::to_owned).collect();
            if path.iter().any(String::is_empty) {
                let words = format!("'{field}' is no field: write names such as type,user.unique_id,text");
                return Err(UsageError(words));
            }
            paths.push(path);
        }
        Ok(Self { fields: paths, lean })
    }

    /// Whether lines stay as they are.
    pub(super) fn is_whole(&self) -> bool {
        self.fields.is_empty() && !self.lean
    }

    /// Gives the lines that begin at `from` their shape. One that is left without a field is left out.
    pub(super) fn apply(&self, lines: &mut Vec<u8>, from: usize) {
        if self.is_whole() {
            return;
        }
        let tail = lines.split_off(from.min(lines.len()));
        for line in tail.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            let Ok(value) = serde_json::from_slice::<Value>(line) else { continue };
            let value = if self.fields.is_empty() { value } else { self.kept(&value) };
            let value = if self.lean { without_pictures(value) } else { value };
            if value.as_object().is_some_and(|object| !object.is_empty()) {
                serializer::push(lines, &value);
                lines.push(b'\n');
            }
        }
    }

    fn kept(&self, value: &Value) -> Value {
        let mut kept = Map::new();
        for path in &self.fields {
            let found = path.iter().try_fold(value, |value, key| value.get(key));
            if let (Some(found), Some((last, section))) = (found, path.split_last()) {
                put(&mut kept, section, last, found.clone());
            }
        }
        Value::Object(kept)
    }
}

fn put(object: &mut Map<String, Value>, section: &[String], key: &str, value: Value) {
    let Some((first, rest)) = section.split_first() else {
        object.insert(key.to_owned(), value);
        return;
    };
    let inner = object.entry(first.clone()).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(inner) = inner {
        put(inner, rest, key, value);
    }
}

fn without_pictures(value: Value) -> Value {
    match value {
        Value::Object(object) => Value::Object(
            object
                .into_iter()
                .filter(|(key, _)| !PICTURES.contains(&key.as_str()))
                .map(|(key, value)| (key, without_pictures(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(without_pictures).collect()),
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shaped(fields: Option<&str>, lean: bool) -> String {
        let line = r#"{"v":1,"type":"chat","room":"@ana","user":{"id":"7","unique_id":"kit","picture":"https://p"},"text":"hi"}"#;
        let mut lines = format!("{line}\n").into_bytes();
        LineShape::new(fields, lean).unwrap().apply(&mut lines, 0);
        String::from_utf8(lines).unwrap()
    }

    #[test]
    fn only_the_fields_that_were_named_are_left() {
        assert_eq!(
            shaped(Some("type, user.unique_id,nothing"), false),
            "{\"type\":\"chat\",\"user\":{\"unique_id\":\"kit\"}}\n"
        );
        assert_eq!(shaped(Some("likes"), false), "");
    }

    #[test]
    fn a_lean_line_has_no_pictures() {
        let lean = shaped(None, true);
        assert!(!lean.contains("picture") && lean.contains("\"unique_id\":\"kit\""), "{lean}");
        assert!(shaped(None, false).contains("picture"));
    }

    #[test]
    fn what_is_no_field_is_said() {
        for fields in ["", "type,,text", "user..id"] {
            assert!(LineShape::new(Some(fields), false).is_err(), "{fields}");
        }
    }
}

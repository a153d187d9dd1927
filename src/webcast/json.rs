//! Lenient reader of the service's JSON: any value may be missing, of another type, or a number inside a text.
//!
//! Ids above 2^53 arrive rounded as numbers; [`id`] reads the `_str` twin first.

use serde_json::Value;

use crate::text::Text;

pub(super) use crate::wire::lenient_json::{from_bytes, from_text};

/// The value at `path`, or null.
pub(super) fn at<'a>(value: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().fold(value, |value, key| value.get(key).unwrap_or(&Value::Null))
}

/// A whole number, however it is written.
pub(super) fn int(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(whole)),
        Value::String(text) => text.trim().parse().ok().or_else(|| text.trim().parse().ok().and_then(whole)),
        Value::Bool(flag) => Some(i64::from(*flag)),
        _ => None,
    }
}

/// The whole part of a number; nothing for what is no number and for what no count can hold.
fn whole(float: f64) -> Option<i64> {
    let holds = float.is_finite() && float.abs() < 9.2e18;
    holds.then_some(float as i64)
}

/// A count: a whole number that is not negative.
pub(super) fn count(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) if number.is_u64() => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => int(value).and_then(|number| u64::try_from(number).ok()),
    }
}

/// Whether a flag is set: true, a number other than 0, or such a text.
pub(super) fn flag(value: &Value) -> bool {
    match value {
        Value::String(text) if text.eq_ignore_ascii_case("true") => true,
        _ => int(value).is_some_and(|number| number != 0),
    }
}

/// A text; empty when it is none.
pub(super) fn str(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A text, made safe to show.
pub(super) fn text(value: &Value) -> Text {
    Text::new(str(value))
}

/// The id `key` of `object`: its `key_str` twin, else the value itself. Nothing for 0.
pub(super) fn id(object: &Value, key: &str) -> Option<u64> {
    let twin = object.get(format!("{key}_str")).and_then(count);
    twin.or_else(|| count(at(object, &[key]))).filter(|&id| id != 0)
}

/// JSON that stands inside a text, as `stream_data` and `sdk_params` do.
pub(super) fn nested(value: &Value) -> Value {
    match value {
        Value::String(inner) => from_text(inner).unwrap_or(Value::Null),
        other => other.clone(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    /// Any JSON whose keys are drawn from `keys`, so that it reaches deep into what reads it.
    pub(in crate::webcast) fn any_json(keys: &'static [&'static str]) -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
            Just(json!("https://a.example/x.flv?sign=1")),
        ];
        leaf.prop_recursive(6, 64, 8, move |inner| {
            let object = prop::collection::btree_map(prop::sample::select(keys), inner.clone(), 0..8);
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(Value::from),
                object.clone().prop_map(|map| json!(map)),
                object.prop_map(|map| Value::from(json!(map).to_string())),
            ]
        })
    }

    #[test]
    fn numbers_come_in_every_shape() {
        assert_eq!(int(&json!("12")), Some(12));
        assert_eq!(int(&json!(12.7)), Some(12));
        assert_eq!((int(&json!(1e300)), int(&json!("NaN")), int(&json!("inf"))), (None, None, None));
        assert_eq!(int(&json!("x")), None);
        assert_eq!(int(&json!([1])), None);
        assert_eq!(count(&json!(-3)), None);
        assert_eq!(count(&json!(u64::MAX)), Some(u64::MAX));
        assert!(flag(&json!("1")) && flag(&json!(true)) && !flag(&json!("0")) && !flag(&json!({})));
    }

    #[test]
    fn the_text_twin_of_an_id_wins() {
        let room = json!({"id": 7_690_279_124_098_681_600_u64, "id_str": "7690279124098681614"});
        assert_eq!(id(&room, "id"), Some(7_690_279_124_098_681_614));
        assert_eq!(id(&json!({"id": 0}), "id"), None);
        assert_eq!(id(&json!("text"), "id"), None);
    }

    #[test]
    fn json_inside_a_text_is_read_and_garbage_is_nothing() {
        assert_eq!(nested(&json!("{\"a\":1}")), json!({"a": 1}));
        assert_eq!(nested(&json!("{")), Value::Null);
    }
}

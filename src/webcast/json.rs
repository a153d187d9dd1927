//! Lenient reader of the service's JSON: any value may be missing, of another type, or a number inside a text.
//!
//! Ids above 2^53 arrive rounded as numbers; [`id`] reads the `_str` twin first.

use std::borrow::Cow;

use serde_json::Value;

use crate::text::Text;

pub(super) use crate::wire::lenient_json::{from_bytes, from_text};

/// Texts inside texts are followed this deep.
const MAX_NESTED: usize = 3;

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

/// The id `key` of `object`: its `key_str` twin, else the value itself. Nothing for 0, and for a number that was rounded: it
/// is the id of something else.
pub(super) fn id(object: &Value, key: &str) -> Option<u64> {
    /// Beyond this a floating point number leaves out whole numbers.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let exact = |value: &Value| match value {
        Value::Number(number) if !number.is_u64() => number.as_f64().is_some_and(|float| float.abs() <= EXACT),
        Value::String(text) => text.trim().bytes().all(|byte| byte.is_ascii_digit()),
        Value::Bool(_) => false,
        _ => true,
    };
    let read = |value: &Value| if exact(value) { count(value).filter(|&id| id != 0) } else { None };
    object.get(format!("{key}_str")).and_then(read).or_else(|| read(at(object, &[key])))
}

/// JSON that stands inside a text, as `stream_data` and `sdk_params` do, or inside a text inside a text.
pub(super) fn nested(value: &Value) -> Value {
    let mut inner = value.clone();
    for _ in 0..MAX_NESTED {
        let Value::String(text) = &inner else { break };
        inner = from_text(text).unwrap_or(Value::Null);
    }
    inner
}

/// An object, however it is packed: inside a text, or as the only entry of a list.
pub(super) fn unpacked(value: &Value) -> Cow<'_, Value> {
    match value {
        Value::String(text) if text.trim_start().starts_with(['{', '[', '"']) => {
            let inner = nested(value);
            Cow::Owned(if inner.is_array() { unpacked(&inner).into_owned() } else { inner })
        }
        Value::Array(items) => items.iter().find(|item| item.is_object()).map_or(Cow::Borrowed(value), Cow::Borrowed),
        value => Cow::Borrowed(value),
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
        for rounded in [json!(7.3e18), json!("7.3e18"), json!("-5"), json!("")] {
            assert_eq!(id(&json!({"id": rounded}), "id"), None, "{rounded}");
            assert_eq!(id(&json!({"id": 7, "id_str": rounded}), "id"), Some(7), "{rounded}");
        }
        assert_eq!(id(&json!({"id": 12.0}), "id"), Some(12));
    }

    #[test]
    fn json_inside_a_text_is_read_and_garbage_is_nothing() {
        assert_eq!(nested(&json!("{\"a\":1}")), json!({"a": 1}));
        assert_eq!(nested(&json!("{")), Value::Null);
        assert_eq!(nested(&json!(json!(json!({"a": 1}).to_string()).to_string())), json!({"a": 1}));
        for packed in [json!([{"a": 1}]), json!("[{\"a\":1}]"), json!("{\"a\":1}"), json!([null, {"a": 1}])] {
            assert_eq!(*unpacked(&packed), json!({"a": 1}), "{packed}");
        }
    }
}

//! Serde form of what a newer program may have written: what is not known is passed over and costs itself alone.
//!
//! Each value is cut out as it was written and read on its own, as the whole is read: one reading of each type is compiled.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

fn known<T: DeserializeOwned>(written: &RawValue) -> Option<T> {
    serde_json::from_slice(written.get().as_bytes()).ok()
}

/// A list without the elements that are not known; for `#[serde(deserialize_with = "serde_lenient::sequence")]`.
pub(crate) fn sequence<'de, T, C, D>(from: D) -> Result<C, D::Error>
where
    T: DeserializeOwned,
    C: FromIterator<T>,
    D: Deserializer<'de>,
{
    Ok(Vec::<Box<RawValue>>::deserialize(from)?.iter().filter_map(|written| known(written)).collect())
}

/// A value, or its default where it is not known; for `#[serde(deserialize_with = "serde_lenient::or_default")]`.
pub(crate) fn or_default<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: DeserializeOwned + Default,
    D: Deserializer<'de>,
{
    Ok(known(&Box::<RawValue>::deserialize(from)?).unwrap_or_default())
}

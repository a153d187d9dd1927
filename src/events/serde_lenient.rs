//! Serde form of what a newer program may have written: what is not known is passed over and costs itself alone.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

/// What this build knows, or anything else.
#[derive(Deserialize)]
#[serde(untagged)]
enum Lenient<T> {
    Known(T),
    Other(IgnoredAny),
}

impl<T> Lenient<T> {
    fn known(self) -> Option<T> {
        match self {
            Self::Known(known) => Some(known),
            Self::Other(_) => None,
        }
    }
}

/// A list without the elements that are not known; for `#[serde(deserialize_with = "serde_lenient::sequence")]`.
pub(crate) fn sequence<'de, T, C, D>(from: D) -> Result<C, D::Error>
where
    T: Deserialize<'de>,
    C: FromIterator<T>,
    D: Deserializer<'de>,
{
    Ok(Vec::<Lenient<T>>::deserialize(from)?.into_iter().filter_map(Lenient::known).collect())
}

/// A value, or its default where it is not known; for `#[serde(deserialize_with = "serde_lenient::or_default")]`.
pub(crate) fn or_default<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: Deserialize<'de> + Default,
    D: Deserializer<'de>,
{
    Ok(Lenient::deserialize(from)?.known().unwrap_or_default())
}

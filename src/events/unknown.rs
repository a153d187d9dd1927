//! Events of messages that nobody reads yet, or that cannot be read.

use super::Viewer;
use super::decode::EventBody;
use super::json::JsonTally;
use crate::text::Text;
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize};

/// A message without a reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Unknown {
    /// Its method name.
    pub method: Text,
    /// Payload length in bytes.
    pub bytes: usize,
    /// Why it could not be read; nothing when the method is simply not known to us.
    pub error: Option<Text>,
}

impl EventBody for Unknown {
    fn person(&self) -> Option<&Viewer> {
        None
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("method", self.method.original())?;
        map.serialize_entry("bytes", &self.bytes)?;
        map.serialize_entry("error", &self.error.as_ref().map(Text::original))
    }
}

//! The query of a request.

use std::collections::HashMap;

/// Parameters by name; of a repeated one the last, as TikTok takes them.
#[derive(Clone, Debug, Default)]
pub(super) struct Query(HashMap<String, String>);

impl Query {
    pub(super) fn parse(raw: Option<&str>) -> Self {
        Self(url::form_urlencoded::parse(raw.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    /// A parameter; empty where there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }

    /// A parameter that is an id.
    pub(super) fn id(&self, name: &str) -> Option<i64> {
        self.get(name).parse().ok()
    }
}

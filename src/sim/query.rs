//! Query of a request to the simulator: what it asks, and as whom.

use std::collections::HashMap;

use serde_json::Value;

/// Parameters by name; of a repeated one the last, as TikTok takes them.
#[derive(Clone, Debug, Default)]
pub(super) struct Query {
    parameters: HashMap<String, String>,
    logged_in: bool,
}

impl Query {
    pub(super) fn parse(raw: Option<&str>, cookies: &str) -> Self {
        let parameters = url::form_urlencoded::parse(raw.unwrap_or_default().as_bytes()).into_owned().collect();
        let mut names = cookies.split(';').map(|cookie| cookie.trim().split('=').next().unwrap_or_default());
        Self { parameters, logged_in: names.any(|name| name == "sessionid") }
    }

    /// The same with the texts of a JSON object that was posted: newer clients ask a provider in this way.
    pub(super) fn with_posted(mut self, body: &[u8]) -> Self {
        let posted = serde_json::from_slice::<HashMap<String, Value>>(body).unwrap_or_default();
        let texts = posted.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())));
        self.parameters.extend(texts);
        self
    }

    /// Whether the request came with a session, of an adult.
    pub(super) fn is_logged_in(&self) -> bool {
        self.logged_in
    }

    /// A parameter; empty where there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.parameters.get(name).map(String::as_str).unwrap_or_default()
    }

    /// A parameter that is an id.
    pub(super) fn id(&self, name: &str) -> Option<i64> {
        self.get(name).parse().ok()
    }
}

//! Options of the providers: services that sign requests for us or hold TikTok's socket for us.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A signing provider. What an entry leaves out is the built-in provider's, except that the built-in key goes to the
/// built-in address only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "WrittenProvider")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ProviderSettings {
    /// What to call it on screen; unique.
    pub name: String,
    /// Base address.
    pub url: String,
    /// Name of the environment variable that holds the key; empty for none.
    pub key_env: String,
    /// File (mode 0600) that holds the key; empty for none. Read when the variable is not set.
    pub key_file: String,
    /// Name we give ourselves to the provider.
    pub client: String,
    /// How it signs.
    pub flow: ProviderFlow,
    /// Where it is asked for a first batch.
    pub path: ProviderPath,
    /// Tell it the host's name beside the room's number.
    pub unique_id: bool,
    /// The country it should fetch from, as two letters; empty for any.
    pub country: String,
    /// More query parameters.
    pub params: BTreeMap<String, String>,
    /// More headers: each with the environment variable that holds its value.
    pub headers_env: BTreeMap<String, String>,
}

choices! {
    /// How a provider signs.
    pub enum ProviderFlow {
        /// It fetches the first batch for us (since 2024).
        #[default]
        Fetch,
        /// It signs an address that we then fetch ourselves (2022 to 2025).
        SignUrl,
    }
}

choices! {
    /// Where a provider is asked for a first batch.
    pub enum ProviderPath {
        /// The first, and the second where that is not known.
        #[default]
        Auto,
        /// `webcast/fetch`.
        Fetch,
        /// `webcast/rooms/{id}/connect`, of 2026.
        Connect,
    }
}

impl Default for ProviderSettings {
    fn default() -> Self {
        Self {
            name: "euler".into(),
            url: "https://tiktok.eulerstream.com".into(),
            key_env: "TIKTOP_PROVIDER_KEY".into(),
            key_file: String::new(),
            client: "tiktop".into(),
            flow: ProviderFlow::default(),
            path: ProviderPath::default(),
            unique_id: false,
            country: String::new(),
            params: BTreeMap::new(),
            headers_env: BTreeMap::new(),
        }
    }
}

/// A provider as it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenProvider {
    name: Option<String>,
    url: Option<String>,
    key_env: Option<String>,
    key_file: Option<String>,
    client: Option<String>,
    #[serde(default)]
    flow: ProviderFlow,
    #[serde(default)]
    path: ProviderPath,
    #[serde(default)]
    unique_id: bool,
    #[serde(default)]
    country: String,
    #[serde(default)]
    params: BTreeMap<String, String>,
    #[serde(default)]
    headers_env: BTreeMap<String, String>,
}

impl From<WrittenProvider> for ProviderSettings {
    fn from(written: WrittenProvider) -> Self {
        let built_in = Self::default();
        let name = written.name.unwrap_or_else(|| Self::default_name(written.url.as_deref()));
        let url = written.url.unwrap_or_else(|| built_in.url.clone());
        let key_env = own_key(&url, &built_in.url, built_in.key_env);
        Self {
            name,
            url,
            key_env: written.key_env.unwrap_or(key_env),
            key_file: written.key_file.unwrap_or_default(),
            client: written.client.unwrap_or(built_in.client),
            flow: written.flow,
            path: written.path,
            unique_id: written.unique_id,
            country: written.country,
            params: written.params,
            headers_env: written.headers_env,
        }
    }
}

impl ProviderSettings {
    /// A provider at `url`, called `name`, that needs no key and signs as the built-in one does.
    pub fn new(name: &str, url: &str) -> Self {
        Self { name: name.to_owned(), url: url.to_owned(), key_env: String::new(), ..Self::default() }
    }

    /// What a nameless provider is called: by its host.
    pub(in crate::config) fn default_name(url: Option<&str>) -> String {
        let parsed = url.and_then(|url| url::Url::parse(url).ok());
        let host = parsed.as_ref().and_then(url::Url::host_str);
        match (url, host) {
            (None, _) => Self::default().name,
            (Some(_), host) => host.unwrap_or_default().to_owned(),
        }
    }
}

/// The relay of the `cloud` transport. As with providers, the built-in key goes to the built-in address only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "WrittenCloud")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct CloudSettings {
    /// Its address.
    pub url: String,
    /// Name of the environment variable that holds the key; empty for none.
    pub key_env: String,
    /// File (mode 0600) that holds the key; empty for none. Read when the variable is not set.
    pub key_file: String,
}

impl Default for CloudSettings {
    fn default() -> Self {
        Self {
            url: "wss://ws.eulerstream.com".into(),
            key_env: ProviderSettings::default().key_env,
            key_file: String::new(),
        }
    }
}

/// The relay as it stands in the file.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WrittenCloud {
    url: Option<String>,
    key_env: Option<String>,
    key_file: String,
}

impl From<WrittenCloud> for CloudSettings {
    fn from(written: WrittenCloud) -> Self {
        let built_in = Self::default();
        let url = written.url.unwrap_or_else(|| built_in.url.clone());
        let key_env = own_key(&url, &built_in.url, built_in.key_env);
        Self { url, key_env: written.key_env.unwrap_or(key_env), key_file: written.key_file }
    }
}

/// The built-in variable where the address is the built-in one, else none.
fn own_key(url: &str, built_in: &str, variable: String) -> String {
    if url.trim_end_matches('/') == built_in { variable } else { String::new() }
}

//! Secrets, keys and cookies: from the environment, else from a file that only its owner can read.
//!
//! Invariant: a secret leaves only through [`Secret::reveal`]; no error and no debug print shows one.

use std::fmt;
use std::fs::File;
use std::io::Read;

use super::error::{ConfigError, ConfigErrorKind};
use super::schema::{ProviderSettings, Settings, TransportKind};
use super::source::printable;

/// The environment variable with the `sessionid` cookie.
pub const SESSION_ENV: &str = "TIKTOP_SESSION_ID";
/// The environment variable with the data centre of the session.
pub const TARGET_IDC_ENV: &str = "TIKTOP_TARGET_IDC";
/// Bytes a secret may have; cookies and keys have a few hundred at most.
const MAX_SECRET: u64 = 4_096;

/// A key or cookie. Prints as `***`, is never serialised, and leaves only through [`Secret::reveal`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret; surrounding blanks and line ends go. Nothing when empty.
    pub fn new(secret: &str) -> Option<Self> {
        let secret = secret.trim();
        (!secret.is_empty()).then(|| Self(secret.to_owned()))
    }

    /// The secret itself, for the one header it belongs in.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The secrets that belong to some settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Secrets {
    /// The key of each provider, in the order of `settings.providers`; a shorter list means no key for the rest.
    pub provider_keys: Vec<Option<Secret>>,
    /// More headers of each provider, in the same order.
    pub provider_headers: Vec<Vec<(String, Secret)>>,
    /// The key of the `cloud` relay.
    pub cloud_key: Option<Secret>,
    /// The `sessionid` cookie.
    pub session: Option<Secret>,
    /// The `tt-target-idc` cookie that belongs to it.
    pub target_idc: Option<Secret>,
}

/// Collects the secrets the settings point to: the environment variable first (`env` looks one up), else the file.
///
/// Fails when a named file cannot be read, is open to others, or holds what cannot be a secret. A variable that is not
/// set is no error: providers work without a key too.
pub fn secrets(settings: &Settings, env: impl Fn(&str) -> Option<String>) -> Result<Secrets, ConfigError> {
    let provider_keys = settings.providers.iter().enumerate().map(|(index, provider)| {
        find(&provider.key_env, &format!("providers.{index}.key_file"), &provider.key_file, &env)
    });
    let headers = |provider: &ProviderSettings| -> Result<Vec<_>, ConfigError> {
        let found = provider
            .headers_env
            .iter()
            .map(|(header, variable)| Ok(find(variable, "", "", &env)?.map(|secret| (header.clone(), secret))));
        found.filter_map(Result::transpose).collect()
    };
    let cloud = &settings.cloud;
    Ok(Secrets {
        provider_keys: provider_keys.collect::<Result<_, _>>()?,
        provider_headers: settings.providers.iter().map(headers).collect::<Result<_, _>>()?,
        cloud_key: find(&cloud.key_env, "cloud.key_file", &cloud.key_file, &env)?,
        session: find(SESSION_ENV, "session.file", &settings.session.file, &env)?,
        target_idc: match find(TARGET_IDC_ENV, "", "", &env)? {
            None => Secret::new(&settings.session.target_idc),
            found => found,
        },
    })
}

/// A sentence when the built-in provider's key is set and yet goes to nobody, which is hard to notice.
pub fn unused_key(settings: &Settings, env: impl Fn(&str) -> Option<String>) -> Option<String> {
    let variable = ProviderSettings::default().key_env;
    let relayed = settings.transports.contains(&TransportKind::Cloud) && settings.cloud.key_env == variable;
    let used = relayed || settings.providers.iter().any(|provider| provider.key_env == variable);
    let set = env(&variable).is_some_and(|key| !key.trim().is_empty());
    (set && !used).then(|| format!("{variable} is set, but no [[providers]] names it in key_env: it is sent to nobody"))
}

fn find(
    variable: &str,
    option: &str,
    file: &str,
    env: &impl Fn(&str) -> Option<String>,
) -> Result<Option<Secret>, ConfigError> {
    let clean = |text: &str| if variable == SESSION_ENV { session_value(text) } else { text.to_owned() };
    if !variable.is_empty()
        && let Some(secret) = env(variable).map(|text| clean(&text)).as_deref().and_then(Secret::new)
    {
        return check_secret(secret, &format!("environment variable {variable}")).map(Some);
    }
    if file.is_empty() {
        return Ok(None);
    }
    let place = format!("{option} = '{}'", printable(file));
    let wrong = |message: String| ConfigError::single(ConfigErrorKind::Secret, place.clone(), message);
    let secret = read(file).map_err(wrong)?;
    let secret =
        Secret::new(&clean(&secret)).ok_or_else(|| wrong("the file is empty; write the secret into it".to_owned()))?;
    let secret = check_secret(secret, &place)?;
    Ok(Some(secret))
}

/// The cookie's value in what people paste: in quotation marks, with `Cookie:` or its name in front, as one of a browser's
/// cookies in JSON, or among other cookies. What is none of that stays as it is.
fn session_value(pasted: &str) -> String {
    const NAMES: [&str; 2] = ["sessionid", "sessionid_ss"];
    fn in_json(value: &serde_json::Value) -> Option<&str> {
        use serde_json::Value;
        let named = |name: &str| NAMES.contains(&name);
        match value {
            Value::Array(items) => items.iter().find_map(in_json),
            Value::Object(fields) => match (fields.get("name").and_then(Value::as_str), fields.get("value")) {
                (Some(name), Some(value)) if named(name) => value.as_str(),
                _ => NAMES
                    .iter()
                    .find_map(|name| fields.get(*name)?.as_str())
                    .or_else(|| in_json(fields.get("cookies")?)),
            },
            _ => None,
        }
    }
    let is_quote = |c: char| {
        matches!(c, '"' | '\'' | '`' | '\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}' | '\u{feff}' | '\u{200b}')
    };
    let bare = |text: &str| text.trim_matches(|c: char| c.is_whitespace() || is_quote(c)).to_owned();
    if let Ok(json) = serde_json::from_str(pasted.trim())
        && let Some(value) = in_json(&json)
    {
        return bare(value);
    }
    let text = bare(pasted);
    let header = text.split_once(':').filter(|(name, _)| name.trim().eq_ignore_ascii_case("cookie"));
    let cookies = header.map_or(text.as_str(), |(_, cookies)| cookies);
    let named = |name: &str| {
        cookies.split([';', '\n', ',']).find_map(|cookie| {
            let (key, value) = cookie.split_once(['=', ':', '\t'])?;
            bare(key).eq_ignore_ascii_case(name).then(|| bare(value)).filter(|value| !value.is_empty())
        })
    };
    NAMES.into_iter().find_map(named).unwrap_or_else(|| text.trim_end_matches([';', ',']).to_owned())
}

/// A secret goes into a header or a cookie: one word of printable ASCII, and nothing that starts another cookie.
fn check_secret(secret: Secret, place: &str) -> Result<Secret, ConfigError> {
    let session = place.contains(SESSION_ENV) || place.starts_with("session.file");
    let fits = |byte: u8| {
        byte.is_ascii_graphic() && byte != b';' && !(session && matches!(byte, b'=' | b'"' | b'{' | b'[' | b','))
    };
    if secret.0.bytes().all(fits) {
        return Ok(secret);
    }
    let message = "this holds more than one secret; leave only the value: no name, no ';', no blanks, one line";
    Err(ConfigError::single(ConfigErrorKind::Secret, place, message))
}

fn read(path: &str) -> Result<String, String> {
    let cannot = |error: std::io::Error| format!("the file cannot be read: {error}");
    // Asked before opening: opening a pipe would wait for its writer.
    if !std::fs::metadata(path).map_err(cannot)?.is_file() {
        return Err("this is not a regular file; name a file that holds the secret".to_owned());
    }
    let file = File::open(path).map_err(cannot)?;
    #[cfg(unix)]
    only_owner(&file, path)?;
    let mut text = String::new();
    file.take(MAX_SECRET + 1).read_to_string(&mut text).map_err(cannot)?;
    if text.len() as u64 > MAX_SECRET {
        return Err("this is too big for a secret (4 KiB at most); name another file".to_owned());
    }
    // An editor's byte order mark is no part of the secret.
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

#[cfg(unix)]
fn only_owner(file: &File, path: &str) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata().map_err(|error| format!("the file cannot be read: {error}"))?.permissions().mode();
    let for_others = mode & 0o077;
    if for_others == 0 {
        return Ok(());
    }
    Err(format!("others can read this file (mode {:04o}); run: chmod 600 {}", mode & 0o777, quoted(path)))
}

/// The path as a shell takes it.
#[cfg(unix)]
fn quoted(path: &str) -> String {
    let path = printable(path);
    let plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-~+@".contains(&byte));
    if plain { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
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
    #[case("sessionid=0123abc")]
    #[case("SESSIONID = \"0123abc\";")]
    #[case("sessionid_ss=0123abc")]
    #[case("\"sessionid=0123abc\"")]
    #[case("Cookie: ttwid=1%7Cx; sessionid=0123abc; sid_tt=5")]
    #[case(r#"{"name": "sessionid", "value": "0123abc"}"#)]
    #[case(r#"[{"name": "ttwid", "value": "x"}, {"name": "sessionid", "value": "0123abc"}]"#)]
    #[case(r#"{"sessionid": "0123abc"}"#)]
    #[case(r#""sessionid": "0123abc""#)]
    fn a_pasted_session_is_cleaned(#[case] pasted: &str) {
        assert_eq!(session_value(pasted), "0123abc");
    }

    #[rstest]
    #[case("two words")]
    #[case("sid=1; uid=2")]
    #[case("ttwid=abc")]
    #[case("{\"a\":1}")]
    fn what_holds_no_session_is_refused(#[case] pasted: &str) {
        let env = |name: &str| (name == SESSION_ENV).then(|| pasted.to_owned());
        let error = secrets(&Settings::default(), env).unwrap_err().to_string();
        assert!(error.contains(SESSION_ENV) && !error.contains(pasted), "{error}");
    }
}

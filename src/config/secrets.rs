//! Keys and cookies: from the environment, else from a file that only its owner can read.
//!
//! Invariant: a secret leaves only through [`Secret::reveal`]; no error and no debug print shows one.

use std::fmt;
use std::fs::File;
use std::io::Read;

use super::error::{Error, Kind};
use super::schema::{Provider, Settings, TransportKind};
use super::source::shown;

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
pub fn secrets(settings: &Settings, env: impl Fn(&str) -> Option<String>) -> Result<Secrets, Error> {
    let provider_keys = settings.providers.iter().enumerate().map(|(index, provider)| {
        find(&provider.key_env, &format!("providers.{index}.key_file"), &provider.key_file, &env)
    });
    let headers = |provider: &Provider| -> Result<Vec<_>, Error> {
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
    let variable = Provider::default().key_env;
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
) -> Result<Option<Secret>, Error> {
    if !variable.is_empty()
        && let Some(secret) = env(variable).as_deref().and_then(Secret::new)
    {
        return judge(secret, &format!("environment variable {variable}")).map(Some);
    }
    if file.is_empty() {
        return Ok(None);
    }
    let place = format!("{option} = '{}'", shown(file));
    let wrong = |message: String| Error::one(Kind::Secret, place.clone(), message);
    let secret = read(file).map_err(wrong)?;
    let secret = Secret::new(&secret).ok_or_else(|| wrong("the file is empty; write the secret into it".to_owned()))?;
    judge(secret, &place).map(Some)
}

/// A secret goes into a header or a cookie: one word of printable ASCII, and nothing that starts another cookie.
fn judge(secret: Secret, place: &str) -> Result<Secret, Error> {
    if secret.0.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';') {
        return Ok(secret);
    }
    let message = "this holds more than one secret; leave only the value: no name, no ';', no blanks, one line";
    Err(Error::one(Kind::Secret, place, message))
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
    Ok(text)
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
    let path = shown(path);
    let plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-~+@".contains(&byte));
    if plain { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

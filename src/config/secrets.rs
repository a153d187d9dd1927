//! Secrets, keys and cookies: from the environment, else from a file that only its owner can read.
//!
//! Invariant: a secret leaves only through [`Secret::reveal`]; no error and no debug print shows one.

mod pasted_cookie;

use std::fmt;
use std::fs::File;
use std::io::Read;

use super::error::{ConfigError, ConfigErrorKind};
use super::schema::{ProviderSettings, Settings, TransportKind};
use super::source::printable;
use crate::text::to_utf8;

/// The environment variable with the `sessionid` cookie.
pub const SESSION_ENV: &str = "TIKTOP_SESSION_ID";
/// The environment variable with the data centre of the session.
pub const TARGET_IDC_ENV: &str = "TIKTOP_TARGET_IDC";
/// Bytes a secret may have; cookies and keys have a few hundred at most.
const MAX_SECRET: u64 = 4 << 10;
/// Bytes of a file that a browser's cookies were saved in.
const MAX_COOKIES: u64 = 1 << 20;

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
    let file = &settings.session.file;
    let (session, pasted) = find_cookie(SESSION_ENV, &pasted_cookie::SESSION, "session.file", file, &env)?;
    let (target_idc, _) = find_cookie(TARGET_IDC_ENV, &pasted_cookie::TARGET_IDC, "", "", &env)?;
    // Who pastes all cookies has pasted the data centre of the session too.
    let beside = || pasted_cookie::named(&pasted, &pasted_cookie::TARGET_IDC).and_then(|idc| checked(&idc, "").ok());
    Ok(Secrets {
        provider_keys: provider_keys.collect::<Result<_, _>>()?,
        provider_headers: settings.providers.iter().map(headers).collect::<Result<_, _>>()?,
        cloud_key: find(&cloud.key_env, "cloud.key_file", &cloud.key_file, &env)?,
        session,
        target_idc: target_idc.or_else(|| Secret::new(&settings.session.target_idc)).or_else(beside),
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
    let Some(Written { text, place }) = written(variable, option, file, env)? else { return Ok(None) };
    checked(&text, &place).map(Some)
}

/// A cookie, in whatever it was pasted; and what was pasted.
fn find_cookie(
    variable: &str,
    names: &[&str],
    option: &str,
    file: &str,
    env: &impl Fn(&str) -> Option<String>,
) -> Result<(Option<Secret>, String), ConfigError> {
    let Some(Written { text, place }) = written(variable, option, file, env)? else { return Ok((None, String::new())) };
    let secret = checked(&pasted_cookie::value(&text, names), &place)?;
    // A value goes behind its name: what would begin or end another one was no value.
    if secret.0.contains(['=', '"', '{', '[', ',']) {
        return Err(more_than_one(&place));
    }
    Ok((Some(secret), text))
}

/// What somebody wrote as a secret, and where.
struct Written {
    text: String,
    place: String,
}

fn written(
    variable: &str,
    option: &str,
    file: &str,
    env: &impl Fn(&str) -> Option<String>,
) -> Result<Option<Written>, ConfigError> {
    if !variable.is_empty()
        && let Some(text) = env(variable).filter(|text| !text.trim().is_empty())
    {
        return Ok(Some(Written { text, place: format!("environment variable {variable}") }));
    }
    if file.is_empty() {
        return Ok(None);
    }
    let place = format!("{option} = '{}'", printable(file));
    let most = if variable == SESSION_ENV { MAX_COOKIES } else { MAX_SECRET };
    let wrong = |message: String| ConfigError::single(ConfigErrorKind::Secret, place.clone(), message);
    let text = read(file, most).map_err(wrong)?;
    if text.trim().is_empty() {
        return Err(wrong("the file is empty; write the secret into it".to_owned()));
    }
    Ok(Some(Written { text, place }))
}

/// A secret goes into a header or a cookie: one word of printable ASCII, and nothing that starts another cookie.
fn checked(text: &str, place: &str) -> Result<Secret, ConfigError> {
    if text.trim().len() as u64 > MAX_SECRET {
        return Err(ConfigError::single(ConfigErrorKind::Secret, place, too_big(MAX_SECRET)));
    }
    let fits = |secret: &Secret| secret.0.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';');
    Secret::new(text).filter(fits).ok_or_else(|| more_than_one(place))
}

fn more_than_one(place: &str) -> ConfigError {
    let message = "this holds more than one secret; leave only the value: no name, no ';', no blanks, one line";
    ConfigError::single(ConfigErrorKind::Secret, place, message)
}

fn too_big(most: u64) -> String {
    format!("this is too big for a secret ({} KiB at most); name another file", most >> 10)
}

fn read(path: &str, most: u64) -> Result<String, String> {
    let cannot = |error: std::io::Error| format!("the file cannot be read: {error}");
    // Asked before opening: opening a pipe would wait for its writer.
    if !std::fs::metadata(path).map_err(cannot)?.is_file() {
        return Err("this is not a regular file; name a file that holds the secret".to_owned());
    }
    let file = File::open(path).map_err(cannot)?;
    #[cfg(unix)]
    only_owner(&file, path)?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > most {
        return Err(too_big(most));
    }
    // An editor's byte order mark and its encoding are no part of the secret.
    String::from_utf8(to_utf8(&bytes).into_owned())
        .map_err(|_| "the file cannot be read: it is no text; name one that holds the secret".to_owned())
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

    fn secrets_of(variable: &'static str, pasted: &str) -> Result<Secrets, ConfigError> {
        secrets(&Settings::default(), |name| (name == variable).then(|| pasted.to_owned()))
    }

    #[rstest]
    #[case("two words")]
    #[case("sid=1; uid=2")]
    #[case("ttwid=abc")]
    #[case("{\"a\":1}")]
    #[case("[]")]
    #[case("sessionid=")]
    #[case("0123\nabc")]
    #[case("curl 'https://www.tiktok.com/' -H 'cookie: ttwid=1%7Cx'")]
    #[case("# Netscape HTTP Cookie File\n.tiktok.com\tTRUE\t/\tTRUE\t0\tttwid\tabc")]
    #[case("\u{1b}[31m0123abc")]
    fn what_holds_no_session_is_refused(#[case] pasted: &str) {
        let error = secrets_of(SESSION_ENV, pasted).unwrap_err().to_string();
        assert!(error.contains(SESSION_ENV) && !error.contains(pasted) && !error.contains('\u{1b}'), "{error}");
    }

    #[rstest]
    #[case("useast1a")]
    #[case(" \"useast1a\" ")]
    #[case("tt-target-idc=useast1a")]
    #[case("sessionid=0123abc; tt-target-idc=useast1a; tt_csrf=1")]
    #[case("tt-target-idc\tuseast1a\t.tiktok.com\t/\t2027-01-01")]
    fn a_pasted_data_centre_is_cleaned(#[case] pasted: &str) {
        let target_idc = secrets_of(TARGET_IDC_ENV, pasted).unwrap().target_idc;
        assert_eq!(target_idc.as_ref().map(Secret::reveal), Some("useast1a"));
    }

    #[test]
    fn the_data_centre_may_stand_beside_the_session() {
        let pasted = "tt-target-idc=useast1a; sessionid=0123abc";
        let found = secrets_of(SESSION_ENV, pasted).unwrap();
        assert_eq!(found.target_idc.as_ref().map(Secret::reveal), Some("useast1a"));
        let mut settings = Settings::default();
        settings.session.target_idc = "alisg".to_owned();
        let found = secrets(&settings, |name| (name == SESSION_ENV).then(|| pasted.to_owned())).unwrap();
        assert_eq!(found.target_idc.as_ref().map(Secret::reveal), Some("alisg"));
    }

    #[cfg(unix)]
    #[rstest]
    #[case(b"0123abc".to_vec())]
    #[case(b"\xef\xbb\xbf0123abc\r\n".to_vec())]
    #[case(b"\xef\xbb\xbfsessionid=0123abc\r".to_vec())]
    #[case(b"# Netscape HTTP Cookie File\r.tiktok.com\tTRUE\t/\tTRUE\t0\tsessionid\t0123abc\r".to_vec())]
    #[case("\u{feff}0123abc\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect())]
    #[case("\u{feff}sessionid=0123abc".encode_utf16().flat_map(u16::to_be_bytes).collect())]
    #[case(format!("{}sessionid=0123abc", "other=x; ".repeat(2_000)).into_bytes())]
    fn a_session_file_may_come_from_any_editor(#[case] bytes: Vec<u8>) {
        use std::os::unix::fs::PermissionsExt;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, bytes).unwrap();
        std::fs::set_permissions(file.path(), PermissionsExt::from_mode(0o600)).unwrap();
        let mut settings = Settings::default();
        settings.session.file = file.path().to_string_lossy().into_owned();
        let session = secrets(&settings, |_| None).unwrap().session;
        assert_eq!(session.as_ref().map(Secret::reveal), Some("0123abc"));
    }
}

//! Rules for the values of options beside their type; `options.rs` says which option has which. Each refusal ends in what to
//! write instead.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::str::FromStr;

use strum::IntoEnumIterator;
use toml::de::{DeArray, DeValue};
use url::{Host, Url};

use super::check::nearest;
use super::options::{OptionRow, ValueRule};
use super::schema::{
    DeletedRows, GraphStyle, HookBody, NotifyWay, ProviderFlow, ProviderPath, ProviderSettings, TransportKind,
};
use super::source::{names_a_secret, printable};
use super::{HistoryRule, RecordRule, recording_name};
use crate::ids::Target;

/// A rule for texts: it gets the path of the option and the text.
pub(super) type TextRule = fn(&str, &str) -> Result<(), RuleFault>;
/// A rule for lists.
pub(super) type ListRule = fn(&DeArray<'_>) -> Result<(), RuleFault>;

/// Why a value is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RuleFault {
    /// The sentence; the line may be shown.
    Open(String),
    /// The sentence; the line may hold a secret.
    Secret(String),
}

/// Judges the value of the option at `path`, whose type is right already.
pub(super) fn check_value(path: &str, value: &DeValue<'_>) -> Result<(), RuleFault> {
    let Some(row) = OptionRow::of(path) else { return Ok(()) };
    match (&row.rule, value) {
        (ValueRule::Text(rule), DeValue::String(text)) => rule(path, text),
        (ValueRule::List(rule), DeValue::Array(items)) => rule(items),
        (ValueRule::Number(range, unit), DeValue::Integer(number)) => {
            in_range(row.path, range, unit, i64::from_str_radix(number.as_str(), number.radix()).ok())
        }
        (ValueRule::NumberOfRoom(range, unit, section), DeValue::Integer(number)) => {
            let number = i64::from_str_radix(number.as_str(), number.radix()).ok();
            room(path, section).and_then(|()| in_range(path, range, unit, number))
        }
        _ => Ok(()),
    }
}

pub(super) fn target(path: &str, text: &str) -> Result<(), RuleFault> {
    text.parse::<Target>().map(drop).map_err(|error| RuleFault::Open(format!("'{path}': {error}")))
}

pub(super) fn transport(_: &str, text: &str) -> Result<(), RuleFault> {
    one_of::<TransportKind>("transport", text)
}

pub(super) fn flow(_: &str, text: &str) -> Result<(), RuleFault> {
    one_of::<ProviderFlow>("flow", text)
}

pub(super) fn provider_path(_: &str, text: &str) -> Result<(), RuleFault> {
    one_of::<ProviderPath>("path", text)
}

pub(super) fn header_variable(path: &str, text: &str) -> Result<(), RuleFault> {
    header(path).and_then(|()| variable(path, text))
}

pub(super) fn room_proxy(path: &str, text: &str) -> Result<(), RuleFault> {
    room(path, "proxies").and_then(|()| proxy(path, text))
}

pub(super) fn optional_proxy(path: &str, text: &str) -> Result<(), RuleFault> {
    if text.is_empty() { Ok(()) } else { proxy(path, text) }
}

pub(super) fn page_address(path: &str, text: &str) -> Result<(), RuleFault> {
    address(path, text, ["https", "http"])
}

pub(super) fn socket_address(path: &str, text: &str) -> Result<(), RuleFault> {
    address(path, text, ["wss", "ws"])
}

pub(super) fn data_centre(path: &str, text: &str) -> Result<(), RuleFault> {
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Ok(());
    }
    open(format!("'{path}' takes the name of a data centre, such as useast1a"))
}

pub(super) fn not_empty(path: &str, text: &str) -> Result<(), RuleFault> {
    if text.trim().is_empty() { open(format!("'{path}' cannot be empty")) } else { Ok(()) }
}

pub(super) fn plain_word(path: &str, text: &str) -> Result<(), RuleFault> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    open(format!("'{path}' takes a word of plain letters, digits and signs, such as tiktop"))
}

pub(super) fn recording_name(path: &str, text: &str) -> Result<(), RuleFault> {
    recording_name::check(text).or_else(|why| open(format!("'{path}' {why}")))
}

pub(super) fn record_rule(path: &str, text: &str) -> Result<(), RuleFault> {
    one_of::<RecordRule>("rule", text).map_err(|fault| match fault {
        RuleFault::Open(message) => RuleFault::Open(format!("'{path}': {message}")),
        secret @ RuleFault::Secret(_) => secret,
    })
}

pub(super) fn graph_style(path: &str, text: &str) -> Result<(), RuleFault> {
    choice::<GraphStyle>(path, text)
}

pub(super) fn deleted_rows(path: &str, text: &str) -> Result<(), RuleFault> {
    choice::<DeletedRows>(path, text)
}

pub(super) fn notify_way(path: &str, text: &str) -> Result<(), RuleFault> {
    choice::<NotifyWay>(path, text)
}

/// The colours a highlight may have: the terminal's own.
const COLOURS: [&str; 14] = [
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "lightred",
    "lightgreen",
    "lightyellow",
    "lightblue",
    "lightmagenta",
    "lightcyan",
    "gray",
];

/// `magenta bell`: a colour, a way to tell of it, or both.
pub(super) fn highlight_style(path: &str, text: &str) -> Result<(), RuleFault> {
    let is_known = |word: &str| COLOURS.contains(&word) || word.parse::<NotifyWay>().is_ok();
    match text.split_whitespace().find(|word| !is_known(word)) {
        None => not_empty(path, text),
        Some(word) => open(format!(
            "'{path}' takes a colour ({}), a way to tell of it (off, bell, osc9, osc99, osc777), or both; not '{}'",
            COLOURS.join(", "),
            printable(word)
        )),
    }
}

pub(super) fn inbox_kind(path: &str, text: &str) -> Result<(), RuleFault> {
    let kinds = ["words", "people", "questions", "moderators", "first", "gifts", "warnings", "battles"];
    word_of(path, text, &kinds)
}

pub(super) fn side_pane(path: &str, text: &str) -> Result<(), RuleFault> {
    word_of(path, text, &["gifts", "graphs", "battle", "viewers", "questions"])
}

pub(super) fn opening(path: &str, text: &str) -> Result<(), RuleFault> {
    word_of(path, text, &["room", "table", "wall", "feed"])
}

fn word_of(path: &str, text: &str, words: &[&str]) -> Result<(), RuleFault> {
    if words.contains(&text) {
        return Ok(());
    }
    open(format!("'{path}' takes one of: {}; not '{}'", words.join(", "), printable(text)))
}

fn choice<T: IntoEnumIterator + ToString + FromStr>(path: &str, text: &str) -> Result<(), RuleFault> {
    one_of::<T>("value", text).map_err(|fault| match fault {
        RuleFault::Open(message) => RuleFault::Open(format!("'{path}': {message}")),
        secret @ RuleFault::Secret(_) => secret,
    })
}

pub(super) fn record_rule_of_room(path: &str, text: &str) -> Result<(), RuleFault> {
    room(path, "record.rooms").and_then(|()| record_rule(path, text))
}

pub(super) fn history_rule(path: &str, text: &str) -> Result<(), RuleFault> {
    one_of::<HistoryRule>("rule", text).map_err(|fault| match fault {
        RuleFault::Open(message) => RuleFault::Open(format!("'{path}': {message}")),
        secret @ RuleFault::Secret(_) => secret,
    })
}

pub(super) fn history_rule_of_room(path: &str, text: &str) -> Result<(), RuleFault> {
    room(path, "history.rooms").and_then(|()| history_rule(path, text))
}

pub(super) fn history_kind(path: &str, text: &str) -> Result<(), RuleFault> {
    if matches!(text, "chat" | "emote" | "question") {
        return Ok(());
    }
    open(format!("'{path}' takes chat, emote or question"))
}

pub(super) fn recording_quality(path: &str, text: &str) -> Result<(), RuleFault> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Ok(());
    }
    open(format!("'{path}' takes best, lowest, audio, or a name of TikTok's such as origin, uhd, hd, sd, ld"))
}

pub(super) fn transports(items: &DeArray<'_>) -> Result<(), RuleFault> {
    if items.is_empty() {
        let names = names::<TransportKind>().join(", ");
        return open(format!("'transports' cannot be empty; name at least one of: {names}"));
    }
    unique("transports", items.iter().filter_map(|item| item.get_ref().as_str()).map(str::to_owned))
}

pub(super) fn providers(items: &DeArray<'_>) -> Result<(), RuleFault> {
    unique("providers", items.iter().map(|item| provider_name(item.get_ref())))
}

/// An address that is not this machine's is refused by the feed, in words of its own; here only what is no address at all.
pub(super) fn feed_address(path: &str, text: &str) -> Result<(), RuleFault> {
    let is_one = Url::parse(&format!("http://{text}/")).is_ok_and(|url| url.port().is_none() && url.path() == "/")
        || text.parse::<std::net::IpAddr>().is_ok();
    if is_one { Ok(()) } else { open(format!("'{path}' takes localhost, 127.0.0.1 or ::1, without a port")) }
}

pub(super) fn origin(path: &str, text: &str) -> Result<(), RuleFault> {
    let is_one = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.path() == "/"
            && url.query().is_none()
            && url.username().is_empty()
    };
    if Url::parse(text).is_ok_and(|url| is_one(&url)) {
        return Ok(());
    }
    open(format!("'{path}' takes the address of a page without a path, such as https://example.com"))
}

pub(super) fn event_kind(path: &str, text: &str) -> Result<(), RuleFault> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
        return Ok(());
    }
    open(format!("'{path}' takes the type of a line of `tiktop events`, such as gift, chat or follow"))
}

pub(super) fn hook_body(_: &str, text: &str) -> Result<(), RuleFault> {
    one_of::<HookBody>("body", text)
}

/// The address of a web hook often is a secret itself, so it is never shown.
pub(super) fn hook_address(path: &str, text: &str) -> Result<(), RuleFault> {
    let known = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    if text.is_empty() || Url::parse(text).is_ok_and(|url| known(&url)) {
        return Ok(());
    }
    Err(RuleFault::Secret(format!("'{path}' takes a whole address, such as https://example.com/hook")))
}

pub(super) fn hooks(items: &DeArray<'_>) -> Result<(), RuleFault> {
    for (at, item) in items.iter().enumerate() {
        let is_said = |key: &str| match item.get_ref().get(key).map(toml::Spanned::get_ref) {
            Some(DeValue::String(text)) => !text.is_empty(),
            Some(DeValue::Array(items)) => !items.is_empty(),
            Some(DeValue::Boolean(flag)) => *flag,
            _ => false,
        };
        if !["exec", "url", "url_env", "notify"].iter().any(|key| is_said(key)) {
            return open(format!(
                "'hooks.{at}' calls nothing; give it exec = [\"program\"], url = \"https://…\" or notify = true"
            ));
        }
    }
    let named = items.iter().filter_map(|item| item.get_ref().get("name")?.get_ref().as_str());
    unique("hooks", named.filter(|name| !name.is_empty()).map(str::to_owned))
}

fn open(message: String) -> Result<(), RuleFault> {
    Err(RuleFault::Open(message))
}

/// What an entry of `[[providers]]` will be called: see `schema::Provider`.
fn provider_name(entry: &DeValue<'_>) -> String {
    let text = |key: &str| entry.get(key).and_then(|value| value.get_ref().as_str());
    text("name").map_or_else(|| ProviderSettings::default_name(text("url")), str::to_owned)
}

fn unique(list: &str, names: impl Iterator<Item = String>) -> Result<(), RuleFault> {
    let mut seen = HashSet::new();
    for name in names {
        if seen.contains(&name) {
            return open(format!("'{list}' names '{}' twice; each may stand there once", printable(&name)));
        }
        seen.insert(name);
    }
    Ok(())
}

fn in_range(option: &str, range: &RangeInclusive<i64>, unit: &str, number: Option<i64>) -> Result<(), RuleFault> {
    if number.is_some_and(|number| range.contains(&number)) {
        return Ok(());
    }
    let got = number.map_or_else(|| "a number too big to read".to_owned(), |number| number.to_string());
    open(format!("'{option}' takes {} to {} {unit}, not {got}", range.start(), range.end()))
}

fn names<T: IntoEnumIterator + ToString>() -> Vec<String> {
    T::iter().map(|value| value.to_string()).collect()
}

fn one_of<T: IntoEnumIterator + ToString + FromStr>(what: &str, text: &str) -> Result<(), RuleFault> {
    if text.parse::<T>().is_ok() {
        return Ok(());
    }
    let names = names::<T>();
    let near = nearest(text, names.iter().map(String::as_str));
    let near = near.map_or_else(String::new, |near| format!("did you mean '{near}'? "));
    open(format!("unknown {what} '{}'; {near}there are: {}", printable(text), names.join(", ")))
}

/// The name the user gave: what follows the section.
fn given<'p>(path: &'p str, section: &str) -> &'p str {
    path.split_once(section).map_or("", |(_, name)| name)
}

pub(super) fn country(path: &str, text: &str) -> Result<(), RuleFault> {
    let is_code = text.is_empty() || (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic()));
    if is_code { Ok(()) } else { open(format!("'{path}' takes a country in two letters, such as DE")) }
}

pub(super) fn parameter(path: &str, text: &str) -> Result<(), RuleFault> {
    if names_a_secret(given(path, ".params.")) {
        return Err(RuleFault::Secret(format!(
            "'{path}' is a secret, and settings hold none; key_env names the variable of the key, headers_env those of headers"
        )));
    }
    let plain = text.chars().all(|char| !char.is_control());
    if plain { Ok(()) } else { open(format!("'{path}' takes text on one line")) }
}

fn header(path: &str) -> Result<(), RuleFault> {
    let name = given(path, ".headers_env.");
    let is_token = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_token { Ok(()) } else { open(format!("'{}' is no name of a header, such as x-jwt-key", printable(name))) }
}

/// The name of a room as the name of an option of `section`.
fn room(path: &str, section: &str) -> Result<(), RuleFault> {
    let name = path.strip_prefix(section).and_then(|name| name.strip_prefix('.')).unwrap_or_default();
    name.parse::<Target>().map(drop).map_err(|error| RuleFault::Open(format!("'{section}': {error}")))
}

/// A base address: encrypted, or on this machine. `schemes` are the safe one and the plain one.
fn address(path: &str, text: &str, schemes: [&str; 2]) -> Result<(), RuleFault> {
    let [safe, plain] = schemes;
    let url = match Url::parse(text) {
        Ok(url) if url.host().is_some() => url,
        _ => {
            let message = format!("'{path}' takes a whole address, such as {safe}://example.com");
            // What cannot be read cannot be told apart: before an @ there may be a password.
            return Err(if text.contains('@') { RuleFault::Secret(message) } else { RuleFault::Open(message) });
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(RuleFault::Secret(format!(
            "'{path}' holds a user name or password, and settings hold no secrets; leave out all before the @"
        )));
    }
    if url.query().is_some() && path.starts_with("providers.") {
        return Err(RuleFault::Secret(format!(
            "'{path}' takes an address without ?…; a key goes into the environment or into a file, as key_env and key_file say"
        )));
    }
    match url.scheme() {
        scheme if scheme == safe => Ok(()),
        scheme if scheme == plain && is_loopback(&url) => Ok(()),
        scheme if scheme == plain => {
            open(format!("'{path}': {plain}:// is only allowed to this machine; write {safe}://"))
        }
        scheme => open(format!("'{path}' cannot begin with {scheme}://; write {safe}://")),
    }
}

/// Who speaks to a browser's DevTools can do anything in it, so that road never leaves this machine.
pub(super) fn browser_endpoint(_: &str, text: &str) -> Result<(), RuleFault> {
    let near = |url: &Url| url.scheme() == "http" && is_loopback(url) && url.username().is_empty();
    if Url::parse(text).is_ok_and(|url| near(&url) && url.password().is_none()) {
        return Ok(());
    }
    Err(RuleFault::Secret(
        "'browser.endpoint' takes http:// to this machine, such as http://127.0.0.1:9222; to reach a browser elsewhere, \
         forward its port with ssh"
            .to_owned(),
    ))
}

/// Whether an address leads to this very machine, by its text alone.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.to_ipv4_mapped().map_or_else(|| ip.is_loopback(), |ip| ip.is_loopback()),
        None => false,
    }
}

fn proxy(path: &str, text: &str) -> Result<(), RuleFault> {
    let known = |url: &Url| matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") && url.has_host();
    if Url::parse(text).is_ok_and(|url| known(&url)) {
        return Ok(());
    }
    // The value is never shown: what was meant as a password may stand anywhere in an address that cannot be read.
    let or_not = if path == "service.proxy" { ", or \"\" for what the environment says" } else { "" };
    Err(RuleFault::Secret(format!(
        "'{}' takes http://, https://, socks5:// or socks5h:// with a host, such as socks5h://127.0.0.1:9050{or_not}",
        printable(path)
    )))
}

pub(super) fn language(_: &str, text: &str) -> Result<(), RuleFault> {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    let is_tag = matches!(first.len(), 2..=3)
        && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| matches!(part.len(), 2..=8) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    if is_tag {
        return Ok(());
    }
    open(format!("'service.language' takes a language code, such as en or pt-BR, not '{}'", printable(text)))
}

pub(super) fn variable(path: &str, text: &str) -> Result<(), RuleFault> {
    let is_name = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if text.bytes().all(is_name) && !text.starts_with(|first: char| first.is_ascii_digit()) {
        return Ok(());
    }
    Err(RuleFault::Secret(format!(
        "'{path}' takes the name of an environment variable, in capitals, such as TIKTOP_PROVIDER_KEY, not the key itself"
    )))
}

/// A path to a file with a secret; the secret itself, pasted here, is told apart by its looks.
pub(super) fn secret_file(path: &str, text: &str) -> Result<(), RuleFault> {
    let pasted =
        text.len() >= 24 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if !pasted {
        return Ok(());
    }
    Err(RuleFault::Secret(format!(
        "'{path}' takes the path of a file of mode 0600, such as ~/.config/tiktop/secret, not the secret itself"
    )))
}

pub(super) fn host(path: &str, text: &str) -> Result<(), RuleFault> {
    let named = Host::parse(text).is_ok() && !text.contains('*');
    if named {
        Ok(())
    } else {
        open(format!("'{path}' takes only a host, such as example.com, not '{}'", printable(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn checked(path: &str, text: &str) -> Result<(), RuleFault> {
        check_value(path, &DeValue::String(text.into()))
    }

    #[rstest]
    #[case("service.site_url", "https://www.tiktok.com")]
    #[case("service.site_url", "http://127.0.0.1:8080")]
    #[case("service.webcast_url", "http://[::1]:80/webcast")]
    #[case("service.socket_url", "ws://localhost:1/x")]
    #[case("browser.endpoint", "http://127.0.0.1:9222")]
    #[case("browser.endpoint", "http://localhost:9222/")]
    #[case("service.proxy", "")]
    #[case("service.proxy", "http://me:pw@proxy:8080")]
    #[case("service.proxy", "socks5h://127.0.0.1:9050")]
    #[case("service.language", "pt-BR")]
    #[case("providers.0.key_env", "")]
    #[case("providers.0.key_file", "/run/secrets/provider-key-of-the-streaming-box")]
    #[case("session.hosts.0", "mirror.example.com")]
    #[case("proxies.@ana.b", "http://me:pw@proxy:8080")]
    #[case("proxies.7300000000000000001", "socks5://127.0.0.1:9050")]
    #[case("record.rooms.@ana.b", "live")]
    #[case("record.when", "next")]
    #[case("providers.0.params.1.x", "web")]
    fn right_values_pass(#[case] path: &str, #[case] text: &str) {
        assert_eq!(checked(path, text), Ok(()));
    }

    #[rstest]
    #[case("service.site_url", "http://www.tiktok.com", "only allowed to this machine; write https://")]
    #[case("service.site_url", "http://localhost.example.com", "only allowed to this machine")]
    #[case("service.socket_url", "https://example.com", "write wss://")]
    #[case("service.socket_url", "ws://example.com", "write wss://")]
    #[case("service.site_url", "www.tiktok.com", "whole address")]
    #[case("service.webcast_url", "https://me:pw@example.com", "before the @")]
    #[case("providers.0.url", "https://example.com/?apiKey=x", "an address without ?")]
    #[case("browser.endpoint", "http://192.168.1.7:9222", "to this machine")]
    #[case("browser.endpoint", "https://127.0.0.1:9222", "http://127.0.0.1:9222")]
    #[case("service.proxy", "127.0.0.1:8080", "socks5h://127.0.0.1:9050")]
    #[case("service.proxy", "ftp://proxy", "socks5://")]
    #[case("service.language", "english", "such as en")]
    #[case("providers.0.key_env", "euler_abc", "not the key itself")]
    #[case("session.file", "0123456789abcdef0123456789abcdef", "not the secret itself")]
    #[case("session.hosts.0", "https://example.com", "only a host")]
    #[case("rooms.1", "ana live", "'rooms.1': 'ana live' is not a TikTok name")]
    #[case("transports.0", "dirct", "did you mean 'direct'? there are: provider, direct, cloud, browser, poll")]
    #[case("providers.0.flow", "sign-url", "did you mean 'sign_url'? there are: fetch, sign_url")]
    #[case("providers.0.country", "Germany", "two letters")]
    #[case("providers.0.params.apiKey", "abc", "settings hold none")]
    #[case("providers.0.headers_env.x jwt", "JWT", "no name of a header")]
    #[case("providers.0.headers_env.x-jwt-key", "eyJhbGciOi", "not the key itself")]
    #[case("proxies.@ana", "127.0.0.1:8080", "'proxies.@ana' takes http://")]
    #[case("record.when", "alway", "'record.when': unknown rule 'alway'; there are: key, next, live")]
    #[case("record.rooms.ana live", "key", "'record.rooms': 'ana live' is not a TikTok name")]
    #[case("proxies.ana live", "http://proxy:1", "'proxies': 'ana live' is not a TikTok name")]
    #[case("cloud.url", "https://relay.example.com", "write wss://")]
    #[case("session.target_idc", "a; b=c", "such as useast1a")]
    fn wrong_values_are_refused_with_the_right_one(#[case] path: &str, #[case] text: &str, #[case] says: &str) {
        let (RuleFault::Open(message) | RuleFault::Secret(message)) = checked(path, text).unwrap_err();
        assert!(message.contains(says), "{message}");
    }
}

//! Printer of settings as TOML, for people: the values that hold now, with passwords masked.

use super::Settings;
use super::options::{ValueHandling, map_texts};

/// The settings as TOML. The only secrets settings can hold are passwords inside addresses; they print as `***`.
pub fn print(settings: &Settings) -> String {
    // Every field is text, a number, a flag or a list of those, which TOML can always say.
    let masked = map_texts(settings, ValueHandling::Address, &|text| redact_addresses(text));
    masked.and_then(|masked| toml::to_string(&masked).ok()).unwrap_or_default()
}

/// Masks `user:password@` in every address of `text`.
pub fn redact_addresses(text: &str) -> String {
    let mut parts = text.split("://");
    let mut redacted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(['/', '?', '#', '"', '\'', ' ', ',']).unwrap_or(part.len());
        let (authority, rest) = part.split_at(end);
        let host = authority.rsplit_once('@').map(|(_, host)| host);
        redacted.push_str("://");
        redacted.push_str(&host.map_or_else(|| authority.to_owned(), |host| format!("***@{host}")));
        redacted.push_str(rest);
    }
    redacted
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("http://me:s3cret@proxy:8080", "http://***@proxy:8080")]
    #[case("socks5h://s3cret@proxy", "socks5h://***@proxy")]
    #[case("https://www.tiktok.com/@name", "https://www.tiktok.com/@name")]
    #[case("http://me:p@ss@proxy/x http://a:b@c", "http://***@proxy/x http://***@c")]
    #[case("no address", "no address")]
    fn passwords_in_addresses_are_masked(#[case] text: &str, #[case] redacted: &str) {
        assert_eq!(redact_addresses(text), redacted);
    }

    #[test]
    fn what_is_printed_can_be_read_back() {
        let settings = Settings::default();
        assert_eq!(toml::from_str::<Settings>(&print(&settings)).unwrap(), settings);
    }
}

//! Option `--feed[=PORT]` of the commands that watch rooms.

use clap::Args;
use color_eyre::eyre::Result;

use super::UsageError;
use crate::config::Settings;

/// Whether the feed is served.
#[derive(Debug, Default, Args)]
pub(super) struct FeedOption {
    /// Serve the events to overlays and bots of this machine (see docs/feed.md): on port 21213, or on another.
    #[arg(long, value_name = "PORT", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    feed: Option<String>,
}

impl FeedOption {
    /// Whether it was given.
    pub(super) fn is_given(&self) -> bool {
        self.feed.is_some()
    }

    /// Why it cannot be had beside a service, whose rooms would be connected to a second time for it; nothing where the service has
    /// the very feed that is asked for.
    #[cfg(unix)]
    pub(super) fn refusal(&self, served: Option<u16>) -> Option<UsageError> {
        let said = self.feed.as_deref()?;
        let wanted = split(said).and_then(|(_, port)| port);
        match served {
            Some(port) if wanted.is_none_or(|wanted| wanted == port) => None,
            Some(port) => Some(UsageError(format!(
                "a service runs and serves its feed on port {port}: use that one, or `tiktop serve --replace --feed={said}`; \
                 --alone connects beside it, which costs a signature a room"
            ))),
            None => Some(UsageError(
                "a service runs and has no feed: `tiktop serve --replace --feed` gives it one; --alone connects beside it, \
                 which costs a signature a room"
                    .to_owned(),
            )),
        }
    }

    /// Puts it over what the settings say.
    pub(super) fn apply(&self, settings: &mut Settings) -> Result<()> {
        let Some(said) = &self.feed else { return Ok(()) };
        settings.feed.on = true;
        if said.is_empty() {
            return Ok(());
        }
        let (address, port) = split(said).ok_or_else(|| {
            UsageError(format!("--feed takes a port from 1 to 65535, such as --feed=21300, not '{said}'"))
        })?;
        if let Some(address) = address {
            settings.feed.address = address;
        }
        if let Some(port) = port {
            settings.feed.port = port;
        }
        Ok(())
    }
}

/// An address, a port, or both. Whether the address will do is for the feed to say.
fn split(said: &str) -> Option<(Option<String>, Option<u16>)> {
    let port = |digits: &str| digits.parse::<u16>().ok().filter(|&port| port > 0);
    if said.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some((None, Some(port(said)?)));
    }
    if said.parse::<std::net::IpAddr>().is_ok() {
        return Some((Some(said.to_owned()), None));
    }
    match said.rsplit_once(':') {
        Some((address, digits)) if !address.is_empty() => Some((Some(address.to_owned()), Some(port(digits)?))),
        Some(_) => None,
        None => said
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
            .then(|| (Some(said.to_owned()), None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[cfg(unix)]
    #[test]
    fn the_feed_of_a_service_will_do_where_it_is_the_one_that_is_asked_for() {
        let feed = |said: Option<&str>| FeedOption { feed: said.map(str::to_owned) };
        assert!(feed(None).refusal(None).is_none() && feed(Some("")).refusal(Some(21_213)).is_none());
        assert!(feed(Some("21213")).refusal(Some(21_213)).is_none());
        let other = feed(Some("21300")).refusal(Some(21_213)).unwrap().to_string();
        assert!(
            other.contains("on port 21213") && other.contains("--feed=21300") && other.contains("--alone"),
            "{other}"
        );
        assert!(feed(Some("")).refusal(None).unwrap().to_string().contains("has no feed"));
    }

    #[rstest]
    #[case("21300", Some((None, Some(21_300))))]
    #[case("127.0.0.1:21300", Some((Some("127.0.0.1"), Some(21_300))))]
    #[case("[::1]:21300", Some((Some("[::1]"), Some(21_300))))]
    #[case("::1", Some((Some("::1"), None)))]
    #[case("0.0.0.0", Some((Some("0.0.0.0"), None)))]
    #[case("localhost", Some((Some("localhost"), None)))]
    #[case("0", None)]
    #[case("70000", None)]
    #[case(":21300", None)]
    #[case("localhost:x", None)]
    #[case("a b", None)]
    fn what_it_takes(#[case] said: &str, #[case] wanted: Option<(Option<&str>, Option<u16>)>) {
        assert_eq!(split(said), wanted.map(|(address, port)| (address.map(str::to_owned), port)));
    }
}

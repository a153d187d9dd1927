//! Builder of a [`Client`]: its options.

use std::time::Duration;

use super::{Client, Error, EventOptions};
use crate::clock::Clock;
use crate::config::{ProviderSettings, Secret, Settings, TransportKind, in_range};
use crate::track::ConnectLimiter;
use crate::webcast::{self, Proxies, RequestOverrides, Secrets};

/// Events that wait for a program that is busy: minutes of a lively room.
const QUEUE: usize = 4_096;

/// Fewer hold little more than the word that something was lost.
const LEAST_QUEUE: usize = 16;

/// Options of a [`Client`]. What is not said is as in `config.example.toml`.
///
/// ```
/// # fn main() -> Result<(), tiktop::Error> {
/// use std::time::Duration;
///
/// let client = tiktop::Client::builder()
///     .language("de")
///     .region("DE")
///     .proxy("socks5h://127.0.0.1:9050")
///     .timeout(Duration::from_secs(10))
///     .provider_key("the key of your provider")
///     .socket_header("Accept-Language", "de-DE")
///     .query("tz_name", "Europe/Vienna")
///     .history(false)
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ClientBuilder {
    settings: Settings,
    secrets: Secrets,
    proxies: Proxies,
    overrides: RequestOverrides,
    event_options: EventOptions,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            settings: Settings::default(),
            secrets: Secrets::default(),
            proxies: Proxies::Configured,
            overrides: RequestOverrides::default(),
            event_options: EventOptions { history: true, raw: false, queue: QUEUE },
        }
    }
}

impl ClientBuilder {
    /// All settings at once, such as a config file's; say this first.
    pub fn settings(mut self, settings: Settings, secrets: Secrets) -> Self {
        (self.settings, self.secrets) = (settings, secrets);
        self
    }

    /// Another service than TikTok's: one for look-ups, rooms and signatures, and its sockets. Plain text is for this machine
    /// only; it is not given the session.
    pub fn service(mut self, base: &str, socket: &str) -> Self {
        let service = &mut self.settings.service;
        (service.site_url, service.webcast_url, service.socket_url) = (base.into(), base.into(), socket.into());
        let host = host_of(base);
        for (at, provider) in self.settings.providers.iter_mut().enumerate() {
            base.clone_into(&mut provider.url);
            // Named for who answers now: health and errors would name somebody else.
            provider.name = if at == 0 { host.clone() } else { format!("{host} ({})", at + 1) };
        }
        self
    }

    /// Language of TikTok's own texts, such as `de` or `pt-BR`.
    pub fn language(mut self, language: &str) -> Self {
        language.clone_into(&mut self.settings.service.language);
        self
    }

    /// The country we say we are in, two letters.
    pub fn region(mut self, country: &str) -> Self {
        self.overrides.region = Some(country.to_owned());
        self
    }

    /// A header for look-ups, in place of ours of the same name. Cookies go to TikTok and to [session
    /// hosts](Self::session_host) only.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.overrides.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A query parameter for look-ups and sockets, in place of ours of the same name.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.overrides.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A header for sockets' handshakes, in place of ours of the same name.
    pub fn socket_header(mut self, name: &str, value: &str) -> Self {
        self.overrides.socket_headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A proxy for everything, recordings included: `http://`, `https://`, `socks5://` or `socks5h://`.
    pub fn proxy(mut self, url: &str) -> Self {
        url.clone_into(&mut self.settings.service.proxy);
        self
    }

    /// No proxy, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.proxies = Proxies::None;
        self
    }

    /// A proxy for all that concerns one room (by name or id), in place of the other one.
    pub fn room_proxy(mut self, room: &str, url: &str) -> Self {
        self.settings.proxies.insert(room.to_owned(), url.to_owned());
        self
    }

    /// Talks to whoever answers, whatever their certificate says: anybody in between can then read and forge everything.
    pub fn danger_accept_invalid_certs(mut self, accept: bool) -> Self {
        self.settings.service.danger_accept_invalid_certs = accept;
        self
    }

    /// A PEM file with a certificate authority to trust beside the system's.
    pub fn ca_file(mut self, path: &str) -> Self {
        path.clone_into(&mut self.settings.service.ca_file);
        self
    }

    /// How long a request may take: whole seconds, 1 to 300. A silent socket is given up after `service.silence_seconds` (30 s) whatever this says.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.service.timeout_seconds = in_range("service.timeout_seconds", timeout.as_secs());
        self
    }

    /// Your `sessionid` cookie, for lives that need a login. Sent to TikTok over TLS only.
    pub fn session(mut self, sessionid: &str) -> Self {
        self.secrets.session = Secret::new(sessionid);
        self
    }

    /// The data centre of the session: your `tt-target-idc` cookie.
    pub fn target_idc(mut self, data_centre: &str) -> Self {
        self.secrets.target_idc = Secret::new(data_centre);
        self
    }

    /// A host beside TikTok's own that may be sent the session.
    pub fn session_host(mut self, host: &str) -> Self {
        self.settings.session.hosts.push(host.to_owned());
        self
    }

    /// The signing providers with their keys, in the order they are tried; none leaves only the other transports.
    pub fn providers(mut self, providers: impl IntoIterator<Item = (ProviderSettings, Option<Secret>)>) -> Self {
        (self.settings.providers, self.secrets.provider_keys) = providers.into_iter().unzip();
        self
    }

    /// The key of the first provider, which is the built-in one unless others were named.
    pub fn provider_key(mut self, key: &str) -> Self {
        let key = Secret::new(key);
        match self.secrets.provider_keys.first_mut() {
            Some(first) => *first = key,
            None => self.secrets.provider_keys.push(key),
        }
        self
    }

    /// Ways to receive a live, in the order they are tried.
    pub fn transports(mut self, transports: impl IntoIterator<Item = TransportKind>) -> Self {
        self.settings.transports = transports.into_iter().collect();
        self
    }

    /// Whether sockets are used (yes). No: messages are only polled. Replaces what [`ClientBuilder::transports`] said.
    pub fn socket_upgrade(mut self, wanted: bool) -> Self {
        self.settings.transports = if wanted { Settings::default().transports } else { vec![TransportKind::Poll] };
        self
    }

    /// How often the `poll` transport asks (every second); the service may want more time.
    pub fn poll_interval(mut self, every: Duration) -> Self {
        self.settings.poll.interval_ms = u64::try_from(every.as_millis()).unwrap_or(u64::MAX);
        self
    }

    /// Where the browser of the `browser` transport answers (`http://127.0.0.1:9222`): on this machine only.
    pub fn browser(mut self, endpoint: &str) -> Self {
        endpoint.clone_into(&mut self.settings.browser.endpoint);
        self
    }

    /// The key of the `cloud` transport's relay.
    pub fn cloud_key(mut self, key: &str) -> Self {
        self.secrets.cloud_key = Secret::new(key);
        self
    }

    /// Whether what was said before we came in is told (yes). It is part of the state in any case; what we missed in a
    /// gap is always told.
    pub fn history(mut self, wanted: bool) -> Self {
        self.event_options.history = wanted;
        self
    }

    /// Whether `room/info` is asked before each connection (yes). Without it, title and numbers come from the stream alone,
    /// and a live that ended while we were away is noticed late. A room given by its number is asked about once in any case.
    pub fn room_info(mut self, wanted: bool) -> Self {
        self.overrides.room_info = wanted;
        self
    }

    /// Whether the room's gift list is asked for (yes): names and prices for gifts whose messages lack them.
    pub fn gift_list(mut self, wanted: bool) -> Self {
        self.overrides.gift_list = wanted;
        self
    }

    /// Whether messages are told as bytes too, before their events (no).
    pub fn raw(mut self, wanted: bool) -> Self {
        self.event_options.raw = wanted;
        self
    }

    /// How many batches of events wait for a program that is busy (4096, at least 16); it hears what it lost beyond that.
    pub fn queue(mut self, batches: usize) -> Self {
        self.event_options.queue = batches.max(LEAST_QUEUE);
        self
    }

    /// The ffmpeg that makes recordings: a name to find, or a path.
    pub fn ffmpeg(mut self, program: &str) -> Self {
        program.clone_into(&mut self.settings.record.ffmpeg);
        self
    }

    /// Checks everything; connects to nothing. Fails with [`ServiceErrorKind::Setup`](webcast::ServiceErrorKind::Setup) where an option cannot be.
    pub fn build(self) -> Result<Client, Error> {
        let Self { settings, secrets, proxies, overrides, event_options } = self;
        let clock = Clock::system();
        let service = webcast::Service::with_overrides(&settings, secrets, proxies, &overrides)?;
        let failover = service.failover(clock.clone())?;
        Ok(Client {
            service,
            failover,
            limiter: ConnectLimiter::default(),
            clock,
            event_options,
            ffmpeg: settings.record.ffmpeg,
        })
    }
}

/// Host and port of an address, to call somebody by; the address itself where it has none.
fn host_of(address: &str) -> String {
    let url = url::Url::parse(address).ok();
    let host = url.as_ref().and_then(|url| Some((url.host_str()?, url.port())));
    match host {
        Some((host, Some(port))) => format!("{host}:{port}"),
        Some((host, None)) => host.to_owned(),
        None => address.to_owned(),
    }
}

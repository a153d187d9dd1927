//! Transport `provider`: a signing service fetches the first batch for us and names the socket to go on with.
//!
//! Speaks Euler Stream's protocol (docs/protocol.md#signing-provider): one GET, a protobuf body, the cookie in `X-Set-TT-Cookie`;
//! or the older way, where it signs an address that we fetch. Works without a key within the provider's guest limits. Each
//! call costs a signature: never ask just to see who is live. It refuses to follow a `push_server` off TikTok and the
//! provider, and sends our session only to a provider that the user named in `session.hosts`.

mod answer;
mod limits;
mod sign_url;

use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt};
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, COOKIE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use url::Url;

use super::direct::base_block;
use super::im_fetch::BODY_CAP;
use super::registry::{HostOwner, SimulatedPart, TransportEntry, TransportHost};
use super::{Budget, RoomRef, Session, Transport};
use crate::config::{self, ProviderFlow, ProviderPath, Secret, Secrets};
use crate::ids::RoomId;
use crate::webcast::address::{base, check_push_server, under};
use crate::webcast::error::{ServiceError, ServiceErrorKind};
use crate::webcast::handshake;
use crate::webcast::http::{HttpAnswer, HttpRequest};
use crate::webcast::lookup::RoomIdRoute;
use crate::webcast::service::Service;
use crate::webcast::socket::RoomSocket;
use crate::webcast::user_agent::insert_text;
use crate::wire::Response;
use answer::AskedProvider;
use limits::LimitTracker;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const COOKIE_HEADER: HeaderName = HeaderName::from_static("x-cookie-header");

/// Its row in the registry: a transport for each provider.
pub(super) const ENTRY: TransportEntry = TransportEntry {
    build: |service, settings, secrets| {
        let one = |(at, provider)| -> Result<Box<dyn Transport>, ServiceError> {
            let (key, own) = secrets_of(secrets, at);
            Ok(Box::new(ProviderTransport::new(Arc::clone(service), provider, key.cloned(), own)?))
        };
        settings.providers.iter().enumerate().map(one).collect()
    },
    hosts: |_, settings| {
        let one = |provider: &config::ProviderSettings| {
            let purpose = format!("provider {}", provider.name);
            Ok(TransportHost { purpose, owner: HostOwner::Provider, url: base_of(provider)? })
        };
        settings.providers.iter().map(one).collect()
    },
    room_id_routes: Some(|settings, secrets| {
        let one = |(at, provider): (usize, &config::ProviderSettings)| {
            let (key, own) = secrets_of(secrets, at);
            Ok(RoomIdRoute::new(&provider.name, base_of(provider)?, fixed_headers(provider, key, own)?))
        };
        settings.providers.iter().enumerate().map(one).collect()
    }),
    cost: "one signature",
    owner: HostOwner::Provider,
    simulated: SimulatedPart {
        addresses: |settings| settings.providers.iter_mut().map(|provider| &mut provider.url).collect(),
        at_socket: false,
        socket: true,
        edge: true,
        signed: true,
        far: true,
    },
};

/// The transport: one signing provider.
struct ProviderTransport {
    service: Arc<Service>,
    /// As on screen: `provider NAME`.
    name: String,
    base: Url,
    settings: config::ProviderSettings,
    key: Option<Secret>,
    /// What goes with every request: who we are, the key, and the user's own headers.
    headers: HeaderMap,
    limits: LimitTracker,
}

/// A first batch, and what the socket behind it wants to see.
#[derive(Debug)]
struct Signed {
    response: Response,
    /// Cookie line for the socket.
    cookie: Option<String>,
    /// The live that was really fetched.
    room_id: Option<RoomId>,
    /// The browser that the signature was made for, where it is not ours.
    user_agent: Option<String>,
    /// The session took part, so that the socket wants it too.
    with_session: bool,
}

impl ProviderTransport {
    fn new(
        service: Arc<Service>,
        settings: &config::ProviderSettings,
        key: Option<Secret>,
        headers: &[(String, Secret)],
    ) -> Result<Self, ServiceError> {
        Ok(Self {
            service,
            name: format!("provider {}", settings.name),
            base: base_of(settings)?,
            headers: fixed_headers(settings, key.as_ref(), headers)?,
            settings: settings.clone(),
            key,
            limits: LimitTracker::default(),
        })
    }

    async fn try_open(&self, room: &RoomRef) -> Result<Session, ServiceError> {
        let signed = match self.settings.flow {
            ProviderFlow::Fetch => self.fetch(room).await?,
            ProviderFlow::SignUrl => self.fetch_signed(room).await?,
        };
        let room_id = signed.room_id.unwrap_or(room.room_id);
        let mut url = self.socket_url(&signed.response, room_id)?;
        let mut headers = Service::identity().headers(&self.service.site, &self.service.language);
        if let Some(agent) = &signed.user_agent {
            insert_text(&mut headers, USER_AGENT, agent);
        }
        let cookie = signed.cookie.unwrap_or_default();
        let cookie = if signed.with_session { self.service.cookies(&url, &cookie) } else { cookie };
        if !cookie.is_empty() {
            insert_text(&mut headers, COOKIE, &cookie);
        }
        self.service.add_to_socket(&mut url, &mut headers);
        let whose = format!("the socket signed by {}", self.name);
        // Signed addresses live about 30 s: nothing may come between.
        let socket = handshake::open(&self.service.route_for(room).http, &url, headers, &whose).await?;
        let frames = RoomSocket::new(socket, room_id, whose, self.service.timeouts);
        Ok(Session::new(room_id, Some(signed.response), Box::new(frames)))
    }

    /// Asks for the first batch: at the path all libraries know, or at the one of 2026.
    async fn fetch(&self, room: &RoomRef) -> Result<Signed, ServiceError> {
        let newer = format!("webcast/rooms/{}/connect", room.room_id);
        let (first, second) = match self.settings.path {
            ProviderPath::Auto => ("webcast/fetch", Some(newer.as_str())),
            ProviderPath::Fetch => ("webcast/fetch", None),
            ProviderPath::Connect => (newer.as_str(), None),
        };
        let mut answer = self.ask(self.fetch_url(first, room), room).await?;
        if let Some(second) = second.filter(|_| answer.status == StatusCode::NOT_FOUND) {
            answer = self.ask(self.fetch_url(second, room), room).await?;
        }
        let with_session = self.service.session_cookie(&self.base).is_some();
        Ok(Signed { with_session, ..answer::read(self.asked(), &answer)? })
    }

    fn fetch_url(&self, path: &str, room: &RoomRef) -> Url {
        let settings = &self.settings;
        let mut pairs = vec![
            ("client", settings.client.clone()),
            ("room_id", room.room_id.to_string()),
            ("user_agent", Service::identity().user_agent.to_owned()),
            ("client_enter", "true".to_owned()),
            ("platform", "web".to_owned()),
        ];
        if let Some(name) = room.unique_id.as_ref().filter(|_| settings.unique_id) {
            pairs.push(("unique_id", name.to_string()));
        }
        if !settings.country.is_empty() {
            pairs.push(("country", settings.country.to_ascii_uppercase()));
        }
        self.with_params(under(&self.base, path), &pairs)
    }

    /// `url` with our parameters and the user's own, which win.
    fn with_params(&self, mut url: Url, pairs: &[(&str, String)]) -> Url {
        let own = &self.settings.params;
        url.query_pairs_mut().extend_pairs(pairs.iter().filter(|(name, _)| !own.contains_key(*name))).extend_pairs(own);
        url
    }

    /// Asks for one signature, and books what the answer says of those left.
    async fn ask(&self, url: Url, room: &RoomRef) -> Result<HttpAnswer, ServiceError> {
        let mut headers = self.headers.clone();
        if let Some(mut cookie) = self.service.session_cookie(&url).and_then(|line| HeaderValue::try_from(line).ok()) {
            cookie.set_sensitive(true);
            headers.insert(COOKIE_HEADER, cookie);
        }
        let doing = format!("ask {} for a signature", self.name);
        let request = HttpRequest { doing: &doing, url, headers, cap: BODY_CAP };
        let answer = self.service.route_for(room).http.get(request).await?;
        self.limits.record_answer(&answer, self.key.is_some());
        Ok(answer)
    }

    fn asked(&self) -> AskedProvider<'_> {
        AskedProvider { name: &self.name, keyed: self.key.is_some(), key_env: &self.settings.key_env }
    }

    /// The socket's address: the provider's route parameters, then the base block, then where the batch ended
    /// (docs/protocol.md#socket-parameters).
    fn socket_url(&self, batch: &Response, room: RoomId) -> Result<Url, ServiceError> {
        let mut url = answer::push_server(&self.name, &batch.push_server)?;
        check_push_server(&url, &self.base, &self.name)?;
        let mut block = Vec::from(Service::identity().query(&self.service.language));
        block.extend(base_block());
        block.push(("room_id", room.to_string()));
        // Where both name a parameter, ours wins: it must fit the headers.
        let ours = |name: &str| block.iter().any(|(known, _)| *known == name);
        let routes = batch.route_params.iter().filter(|(name, value)| !value.is_empty() && !ours(name));
        url.query_pairs_mut()
            .extend_pairs(routes)
            .extend_pairs(&block)
            .extend_pairs([("version_code", "180800"), ("ws_direct", "0"), ("heartbeat_duration", "0")])
            .extend_pairs([("cursor", &batch.cursor), ("internal_ext", &batch.internal_ext)])
            .append_pair("version_code", "270000");
        Ok(url)
    }

    /// Asks what is left, where that is due. Nobody may fail because this does.
    async fn ask_limits(&self) {
        if !self.limits.are_due() {
            return;
        }
        match limits::ask_account(&self.service.http, &self.name, &self.base, &self.headers).await {
            Ok(account) => self.limits.set_account(account),
            Err(error) => tracing::info!("{error}"),
        }
    }
}

impl Transport for ProviderTransport {
    fn entry(&self) -> &'static TransportEntry {
        &ENTRY
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn open<'a>(&'a self, room: &'a RoomRef) -> BoxFuture<'a, Result<Session, ServiceError>> {
        self.try_open(room).boxed()
    }

    fn budget(&self) -> Option<Budget> {
        self.limits.budget()
    }

    fn refresh(&self) -> BoxFuture<'_, ()> {
        self.ask_limits().boxed()
    }
}

/// What the provider at this place of the settings still grants, one a span, the longest first; nothing without a key.
/// Costs no signature.
pub(in crate::webcast) async fn account_at_provider(
    service: &Service,
    at: usize,
) -> Option<Result<Vec<Budget>, ServiceError>> {
    let (key, own) = secrets_of(&service.secrets, at);
    let (key, settings) = (key?, service.settings.providers.get(at)?);
    let ask = async {
        let (base, headers) = (base_of(settings)?, fixed_headers(settings, Some(key), own)?);
        limits::ask_account(&service.http, &format!("provider {}", settings.name), &base, &headers).await
    };
    Some(ask.await)
}

/// The headers that do not change. A header of the user's that cannot be one is a mistake to be told at once.
fn fixed_headers(
    settings: &config::ProviderSettings,
    key: Option<&Secret>,
    own: &[(String, Secret)],
) -> Result<HeaderMap, ServiceError> {
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("tiktop/", env!("CARGO_PKG_VERSION"))));
    headers.insert(ACCEPT, HeaderValue::from_static("application/protobuf,application/json"));
    if let Some(mut key) = key.and_then(|key| HeaderValue::from_str(key.reveal()).ok()) {
        key.set_sensitive(true);
        headers.insert(API_KEY, key);
    }
    for (name, value) in own {
        let (Ok(header), Ok(mut value)) = (HeaderName::try_from(name), HeaderValue::from_str(value.reveal())) else {
            return Err(ServiceError::new(
                ServiceErrorKind::Setup,
                format!("headers_env of provider {}: \"{name}\" or its value cannot be a header", settings.name),
            ));
        };
        value.set_sensitive(true);
        headers.insert(header, value);
    }
    Ok(headers)
}

fn base_of(settings: &config::ProviderSettings) -> Result<Url, ServiceError> {
    base(&format!("url of provider {}", settings.name), &settings.url)
}

/// The key and the own headers of the provider at this place of the settings.
fn secrets_of(secrets: &Secrets, at: usize) -> (Option<&Secret>, &[(String, Secret)]) {
    let key = secrets.provider_keys.get(at).and_then(Option::as_ref);
    (key, secrets.provider_headers.get(at).map(Vec::as_slice).unwrap_or_default())
}

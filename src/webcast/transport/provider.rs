//! `provider`: a signing service fetches the first batch for us and names the socket to go on with.
//!
//! Speaks Euler Stream's protocol (protocol notes 4.3): one GET, a protobuf body, the cookie in `X-Set-TT-Cookie`. Works
//! without a key within the provider's guest limits. Each call costs a signature: never ask just to see who is live.
//! It refuses to send our session or cookie anywhere, and to follow a `push_server` off TikTok and the provider.

mod answer;

use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt};
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, COOKIE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use url::Url;

use super::direct::base_block;
use super::{RoomRef, Session, Transport};
use crate::config::{self, Secret};
use crate::ids::RoomId;
use crate::webcast::address::{base, check_push_server, under};
use crate::webcast::browser::insert_text;
use crate::webcast::error::Error;
use crate::webcast::handshake;
use crate::webcast::http::{Answer, Request};
use crate::webcast::service::Service;
use crate::webcast::socket::{Pace, RoomSocket};
use crate::wire::Response;
use answer::{Asked, Signed};

/// Healthy answers have 30-120 KB.
const BODY_CAP: usize = 16 << 20;
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The transport: one signing provider.
pub(in crate::webcast) struct Provider {
    service: Arc<Service>,
    /// As on screen: `provider NAME`.
    name: String,
    base: Url,
    client: String,
    /// Where a key could be given, for advice.
    key_env: String,
    key: Option<Secret>,
}

impl Provider {
    pub(in crate::webcast) fn new(
        service: Arc<Service>,
        settings: &config::Provider,
        key: Option<Secret>,
    ) -> Result<Self, Error> {
        Ok(Self {
            service,
            name: format!("provider {}", settings.name),
            base: base(&format!("url of provider {}", settings.name), &settings.url)?,
            client: settings.client.clone(),
            key_env: settings.key_env.clone(),
            key,
        })
    }

    async fn try_open(&self, room: &RoomRef) -> Result<Session, Error> {
        let signed = self.sign(room).await?;
        let room_id = signed.room_id.unwrap_or(room.room_id);
        let url = self.socket_url(&signed.response, room_id)?;
        let mut headers = Service::browser().headers(&self.service.site, &self.service.language);
        if let Some(cookie) = &signed.cookie {
            insert_text(&mut headers, COOKIE, cookie);
        }
        let whose = format!("the socket signed by {}", self.name);
        // Signed addresses live about 30 s: nothing may come between.
        let socket = handshake::open(&self.service.way(room).http, &url, headers, &whose).await?;
        let feed = RoomSocket::new(socket, room_id, whose, Pace::default());
        Ok(Session::new(room_id, Some(signed.response), Box::new(feed)))
    }

    /// Asks for the first batch: at the path all libraries know, else at the one of 2026.
    async fn sign(&self, room: &RoomRef) -> Result<Signed, Error> {
        let answer = self.ask("webcast/fetch", room).await?;
        let newer = format!("webcast/rooms/{}/connect", room.room_id);
        let answer = if answer.status == StatusCode::NOT_FOUND { self.ask(&newer, room).await? } else { answer };
        answer::read(Asked { name: &self.name, keyed: self.key.is_some(), key_env: &self.key_env }, &answer)
    }

    async fn ask(&self, path: &str, room: &RoomRef) -> Result<Answer, Error> {
        let mut url = under(&self.base, path);
        url.query_pairs_mut()
            .append_pair("client", &self.client)
            .append_pair("room_id", &room.room_id.to_string())
            .append_pair("user_agent", Service::browser().user_agent)
            .append_pair("client_enter", "true")
            .append_pair("platform", "web");
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("tiktop/", env!("CARGO_PKG_VERSION"))));
        headers.insert(ACCEPT, HeaderValue::from_static("application/protobuf,application/json"));
        if let Some(mut key) = self.key.as_ref().and_then(|key| HeaderValue::from_str(key.reveal()).ok()) {
            key.set_sensitive(true);
            headers.insert(API_KEY, key);
        }
        let doing = format!("ask {} for a signature", self.name);
        self.service.way(room).http.get(Request { doing: &doing, url, headers, cap: BODY_CAP }).await
    }

    /// The socket's address: the provider's route parameters, then the base block, then where the batch ended
    /// (protocol notes 5.3, column JS2).
    fn socket_url(&self, batch: &Response, room: RoomId) -> Result<Url, Error> {
        let mut url = answer::push_server(&self.name, &batch.push_server)?;
        check_push_server(&url, &self.base, &self.name)?;
        let mut block = Vec::from(Service::browser().query(&self.service.language));
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
}

impl Transport for Provider {
    fn name(&self) -> &str {
        &self.name
    }

    fn open<'a>(&'a self, room: &'a RoomRef) -> BoxFuture<'a, Result<Session, Error>> {
        self.try_open(room).boxed()
    }
}

//! Room-id route of a provider: the last source of a look-up (docs/protocol.md#look-ups).
//!
//! Costs no signature. Asked at the path of 2026, then at the older one.

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use url::Url;

use super::{LiveStatus, Lookup, SourceAnswer};
use crate::ids::{RoomId, UniqueId};
use crate::webcast::address::under;
use crate::webcast::error::{ServiceError, ServiceErrorKind, quoted};
use crate::webcast::http::{HttpAnswer, HttpRequest};
use crate::webcast::json::{at, flag, from_bytes, id, str};
use crate::webcast::service::Service;

/// The answer has a few hundred bytes.
const CAP: usize = 1 << 20;

/// Where a provider answers with the room of a name.
#[derive(Debug)]
pub(in crate::webcast) struct RoomIdRoute {
    name: String,
    base: Url,
    headers: HeaderMap,
}

impl RoomIdRoute {
    /// `name` as in the settings; `headers` as with every request to that provider.
    pub(in crate::webcast) fn new(name: &str, base: Url, mut headers: HeaderMap) -> Self {
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        Self { name: name.to_owned(), base, headers }
    }

    pub(super) async fn ask(&self, service: &Service, host: &UniqueId) -> Result<SourceAnswer, ServiceError> {
        let newer = under(&self.base, &format!("webcast/anchors/{}/room_id", host.as_str().replace('%', "%25")));
        let mut older = under(&self.base, "webcast/room_id");
        older.query_pairs_mut().append_pair("uniqueId", host.as_str());
        let answer = self.get(service, host, newer).await?;
        let answer = if answer.status.as_u16() == 404 { self.get(service, host, older).await? } else { answer };
        read(&self.name, host, &answer)
    }

    async fn get(&self, service: &Service, host: &UniqueId, url: Url) -> Result<HttpAnswer, ServiceError> {
        let doing = format!("ask provider {} for the room of @{host}", self.name);
        let headers = self.headers.clone();
        service.routes.of_host(host).http.get(HttpRequest { doing: &doing, url, headers, cap: CAP }).await
    }
}

/// `room_id` and `is_live`, at the top or under `data`.
fn read(name: &str, host: &UniqueId, answer: &HttpAnswer) -> Result<SourceAnswer, ServiceError> {
    let json = from_bytes(&answer.body).unwrap_or_default();
    let inner = if at(&json, &["data"]).is_object() { at(&json, &["data"]) } else { &json };
    let room_id = id(inner, "room_id").or_else(|| id(inner, "roomId")).map(RoomId);
    let live = [inner, &json].into_iter().find_map(|answer| answer.get("is_live")).filter(|live| !live.is_null());
    if !answer.status.is_success() || (room_id.is_none() && live.is_none()) {
        let said = quoted(str(at(&json, &["message"])));
        let said = if said.is_empty() { String::new() } else { format!(" ({said})") };
        return Err(ServiceError::new(
            ServiceErrorKind::Provider,
            format!("provider {name} names no room of @{host}: HTTP {}{said}", answer.status.as_u16()),
        ));
    }
    let status = match live {
        Some(live) if flag(live) => LiveStatus::Live,
        Some(_) => LiveStatus::Offline,
        None => LiveStatus::NotStated,
    };
    Ok(SourceAnswer { lookup: Lookup { room_id, status, ..Lookup::of(host, "provider") }, holds_account: false })
}

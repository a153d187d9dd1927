//! Look-up from a name to a room: who is this, are they live, and which room is it.
//!
//! None of the sources needs a login or a signature (docs/protocol.md#look-ups). They are asked in turn until somebody is
//! sure, and each fills in what another left out: the JSON of `api-live/user/room`, the state inside the live page, the
//! profile page with `room/info`, and last a provider's room-id route. A room id alone never means live: only the status
//! does, because the service keeps the last room's id and even its stream addresses. Nothing sure is "not stated", never
//! "offline".

mod page;
mod provider_route;
mod refusal;

use serde_json::Value;

use super::error::{ServiceError, ServiceErrorKind};
use super::http::HttpAnswer;
use super::json::{at, count, flag, from_bytes, id, int, str, text, unpacked};
use super::profile::{self, UserInfo};
use super::room_info::{self, RoomInfo};
use super::service::Service;
use super::streams::{self, StreamUrl};
use crate::clock::Timestamp;
use crate::ids::{RoomId, UniqueId, UserId};
use crate::text::Text;

pub(super) use page::script;
pub(super) use provider_route::RoomIdRoute;
use refusal::refusal_by_code;
pub(super) use refusal::{Subject, accepted_json, login_required, not_found, refusal_by_status};

/// The answer is about 15 KB.
const API_CAP: usize = 8 << 20;
/// The page is about 650 KB.
const PAGE_CAP: usize = 4 << 20;

/// Who a name belongs to, and where they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Lookup {
    /// The host's id, which survives a change of name.
    pub host_id: Option<UserId>,
    /// The name, as the service writes it.
    pub unique_id: UniqueId,
    /// The name shown.
    pub nickname: Text,
    /// The live, or the last one there was: look at `status`.
    pub room_id: Option<RoomId>,
    /// Whether the host is live.
    pub status: LiveStatus,
    /// Title of the live, or of the last one.
    pub title: Text,
    /// Watching now; nothing unless live.
    pub watching: Option<u64>,
    /// Entries so far; nothing unless live.
    pub entered: Option<u64>,
    /// Followers of the host.
    pub followers: Option<u64>,
    /// When the live began; nothing unless live.
    pub started_at: Option<Timestamp>,
    /// Who said where they stand: `api-live`, `live page`, `profile page` (with `room/info`) or `provider`.
    pub answered_by: &'static str,
    /// What stands between a stranger and the live.
    pub gates: AccessRestrictions,
    /// Streams of the live that these answers named, best first; `room/info` may know more.
    pub streams: Vec<StreamUrl>,
    /// The same as HLS, best first: for where there is nothing else.
    pub hls: Vec<StreamUrl>,
    /// There are streams, but only as HLS.
    pub hls_only: bool,
    /// Why status or room are not known; empty where both are.
    pub unsure: Text,
}

impl Lookup {
    /// A look-up that knows nothing yet but the name.
    fn of(host: &UniqueId, answered_by: &'static str) -> Self {
        Self {
            host_id: None,
            unique_id: host.clone(),
            nickname: Text::default(),
            room_id: None,
            status: LiveStatus::NotStated,
            title: Text::default(),
            watching: None,
            entered: None,
            followers: None,
            started_at: None,
            answered_by,
            gates: AccessRestrictions::default(),
            streams: Vec::new(),
            hls: Vec::new(),
            hls_only: false,
            unsure: Text::default(),
        }
    }

    /// Whether nobody needs to be asked any more.
    fn is_sure(&self) -> bool {
        match self.status {
            LiveStatus::Live | LiveStatus::Paused => self.room_id.is_some(),
            LiveStatus::Offline => true,
            LiveStatus::Unknown(_) | LiveStatus::NotStated => false,
        }
    }

    /// Fills in what is not known from another source's answer.
    fn fill_from(&mut self, other: Self) {
        if !self.status.is_known() && other.status != LiveStatus::NotStated {
            (self.status, self.answered_by) = (other.status, other.answered_by);
        }
        self.host_id = self.host_id.or(other.host_id);
        if self.room_id.is_none() {
            self.room_id = other.room_id;
        }
        for (own, other) in [(&mut self.nickname, other.nickname), (&mut self.title, other.title)] {
            if own.is_empty() {
                *own = other;
            }
        }
        self.watching = self.watching.or(other.watching);
        self.entered = self.entered.or(other.entered);
        self.followers = self.followers.or(other.followers);
        self.started_at = self.started_at.or(other.started_at);
        if self.streams.is_empty() {
            self.streams = other.streams;
            self.hls_only |= other.hls_only;
        }
        if self.hls.is_empty() {
            self.hls = other.hls;
        }
        self.hls_only &= self.streams.is_empty();
        self.gates.age |= other.gates.age;
        self.gates.login |= other.gates.login;
        self.gates.subscribers |= other.gates.subscribers;
        self.gates.paid |= other.gates.paid;
    }

    /// What the look-up knows of its room, where `room/info` has no answer. Nothing without a room.
    pub(super) fn as_room_info(&self) -> Option<RoomInfo> {
        Some(RoomInfo {
            room_id: self.room_id?,
            status: self.status,
            title: self.title.clone(),
            host_id: self.host_id,
            unique_id: Some(self.unique_id.clone()),
            nickname: self.nickname.clone(),
            followers: self.followers,
            watching: self.watching,
            total_viewers: self.entered.filter(|&entered| entered != 0),
            likes: None,
            started_at: self.started_at,
            finished_at: None,
            streams: self.streams.clone(),
            hls: self.hls.clone(),
            hls_only: self.hls_only,
            missing: Text::default(),
        })
    }
}

/// Where a live stands (docs/protocol.md#live-status).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum LiveStatus {
    /// 2: live.
    Live,
    /// 3: paused by the host; the room stays.
    Paused,
    /// 4, or an account that has no room.
    Offline,
    /// A value that nobody has explained.
    Unknown(i64),
    /// No answer said it.
    NotStated,
}

impl LiveStatus {
    /// From the service's number.
    pub fn from_wire(status: i64) -> Self {
        match status {
            2 => Self::Live,
            3 => Self::Paused,
            4 => Self::Offline,
            other => Self::Unknown(other),
        }
    }

    /// Whether it is known where the live stands.
    pub fn is_known(self) -> bool {
        matches!(self, Self::Live | Self::Paused | Self::Offline)
    }

    /// Whether there is a live.
    pub fn is_on(self) -> bool {
        matches!(self, Self::Live | Self::Paused)
    }
}

/// What stands between a stranger and a live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct AccessRestrictions {
    /// For adults.
    pub age: bool,
    /// For people who are logged in.
    pub login: bool,
    /// For subscribers.
    pub subscribers: bool,
    /// Ticketed.
    pub paid: bool,
}

/// One source's answer.
struct SourceAnswer {
    lookup: Lookup,
    /// Whether the answer holds the account, and not only words about a room.
    holds_account: bool,
}

/// Who can be asked, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LookUpSource {
    ApiLive,
    LivePage,
    ProfilePage,
    Provider,
}

/// Looks `host` up: asks the sources in turn until somebody is sure.
pub(super) async fn look_up(service: &Service, host: &UniqueId) -> Result<Lookup, ServiceError> {
    use LookUpSource::{ApiLive, LivePage, ProfilePage, Provider};
    let found = ask_sources(service, host, &[ApiLive, LivePage, ProfilePage, Provider]).await?;
    Ok(remember(service, found))
}

/// The same for somebody who has asked the profile page already.
pub(super) async fn look_up_without_profile(service: &Service, host: &UniqueId) -> Result<Lookup, ServiceError> {
    let found = ask_sources(service, host, &[LookUpSource::ApiLive, LookUpSource::LivePage]).await?;
    Ok(remember(service, found))
}

fn remember(service: &Service, found: Lookup) -> Lookup {
    if let Some(room) = found.room_id {
        service.routes.learn(room, &found.unique_id);
    }
    found
}

/// What the sources said so far.
#[derive(Default)]
struct GatheredAnswers {
    found: Option<Lookup>,
    /// The room id came from another source than the status.
    pieced_together: bool,
    errors: Vec<ServiceError>,
}

impl GatheredAnswers {
    fn add(&mut self, answer: Result<SourceAnswer, ServiceError>) {
        match answer {
            // Who is said not to exist exists all the same where an answer holds the account; less is no proof.
            Ok(finding) if self.is_missing() && !finding.holds_account => {}
            Ok(finding) => match &mut self.found {
                Some(found) => {
                    let (had_room, had_status) = (found.room_id.is_some(), found.status.is_known());
                    found.fill_from(finding.lookup);
                    self.pieced_together |= had_room != had_status && found.is_sure() && found.status.is_on();
                }
                None => self.found = Some(finding.lookup),
            },
            Err(error) => self.errors.push(error),
        }
    }

    fn is_sure(&self) -> bool {
        self.found.as_ref().is_some_and(Lookup::is_sure)
    }

    /// Somebody said that there is no such account, or another one under its name, and nobody has shown it.
    fn is_missing(&self) -> bool {
        let says_so =
            |error: &ServiceError| matches!(error.kind(), ServiceErrorKind::NotFound | ServiceErrorKind::WrongAccount);
        self.found.is_none() && self.errors.iter().any(says_so)
    }

    /// Whether asking on is no help: the site does not answer, or wants to be left alone.
    fn is_hopeless(&self) -> bool {
        let of = |kind: fn(ServiceErrorKind) -> bool| self.errors.iter().filter(|error| kind(error.kind())).count();
        of(|kind| {
            matches!(kind, ServiceErrorKind::RateLimited { .. } | ServiceErrorKind::Network | ServiceErrorKind::Setup)
        }) > 0
            || of(|kind| kind == ServiceErrorKind::Timeout) > 1
    }

    /// What is known, with the reason of what is not; else the failure that says most.
    fn finish(self, host: &UniqueId) -> Result<Lookup, ServiceError> {
        let mut worst = self.errors.into_iter().reduce(clearer);
        let Some(mut found) = self.found else {
            return Err(worst.unwrap_or_else(|| refusal::moved(Subject::Host(host))));
        };
        // A closed door with a key to it is the answer where nobody says whether there is a live behind it.
        if !found.status.is_known()
            && let Some(error) = worst.take_if(|error| {
                matches!(error.kind(), ServiceErrorKind::AgeRestricted | ServiceErrorKind::NeedsSession)
            })
        {
            return Err(error);
        }
        if !found.is_sure() {
            let what = if found.status.is_known() { "which room it is" } else { "whether they are live" };
            let why = worst.map_or(String::new(), |error| format!(": {error}"));
            found.unsure = Text::from(format_args!("no source says of @{} {what}{why}", found.unique_id));
        }
        if found.status == LiveStatus::Offline {
            // An offline answer repeats the numbers and addresses of the last live.
            (found.watching, found.entered, found.started_at) = (None, None, None);
            (found.streams, found.hls, found.hls_only) = (Vec::new(), Vec::new(), false);
        }
        Ok(found)
    }
}

async fn ask_sources(service: &Service, host: &UniqueId, sources: &[LookUpSource]) -> Result<Lookup, ServiceError> {
    let mut gathered = GatheredAnswers::default();
    for &source in sources {
        if source == LookUpSource::Provider && gathered.is_missing() {
            break;
        }
        match source {
            LookUpSource::ApiLive => gathered.add(api_finding(service, host).await),
            LookUpSource::LivePage => gathered.add(page_finding(service, host).await),
            LookUpSource::ProfilePage => gathered.add(profile::fetch(service, host).await.map(SourceAnswer::from)),
            LookUpSource::Provider => {
                for route in &service.room_id_routes {
                    gathered.add(route.ask(service, host).await);
                    if gathered.is_sure() {
                        break;
                    }
                }
            }
        }
        check_room(service, host, source, &mut gathered).await;
        if gathered.is_sure() || gathered.is_hopeless() {
            break;
        }
    }
    gathered.finish(host)
}

/// Asks `room/info` where a live stands whose status nobody named, or whose id came from elsewhere than its status.
async fn check_room(service: &Service, host: &UniqueId, source: LookUpSource, gathered: &mut GatheredAnswers) {
    let early = matches!(source, LookUpSource::ApiLive);
    let Some(found) = &mut gathered.found else { return };
    let unsure = !found.status.is_known() && !early;
    let Some(room) = found.room_id.filter(|_| unsure || gathered.pieced_together) else { return };
    match room_info::fetch(service, room).await {
        Ok(info) => {
            let of_somebody_else = info.unique_id.as_ref().is_some_and(|name| name != host)
                && (info.host_id.is_none() || info.host_id != found.host_id);
            let over = info.status == LiveStatus::Offline && found.status.is_on();
            if of_somebody_else || over {
                // Not the room they are live in, whoever said so.
                found.room_id = None;
            } else {
                found.fill_from(Lookup::from_room(host, found.answered_by, info));
            }
        }
        Err(error) => gathered.errors.push(error),
    }
    gathered.pieced_together = false;
}

impl Lookup {
    fn from_room(host: &UniqueId, answered_by: &'static str, info: RoomInfo) -> Self {
        Self {
            host_id: info.host_id,
            nickname: info.nickname,
            room_id: Some(info.room_id),
            status: info.status,
            title: info.title,
            watching: info.watching,
            entered: info.total_viewers,
            followers: info.followers,
            started_at: info.started_at,
            streams: info.streams,
            hls: info.hls,
            hls_only: info.hls_only,
            ..Self::of(host, answered_by)
        }
    }
}

impl From<UserInfo> for SourceAnswer {
    fn from(user: UserInfo) -> Self {
        let lookup = Lookup {
            host_id: user.id,
            nickname: user.nickname,
            room_id: user.room_id,
            followers: user.followers,
            ..Lookup::of(&user.unique_id, "profile page")
        };
        Self { lookup, holds_account: true }
    }
}

/// Of two failures the one that is about the room; else the first.
fn clearer(first: ServiceError, second: ServiceError) -> ServiceError {
    if second.is_lasting() && !first.is_lasting() { second } else { first }
}

/// Looks `host` up by `api-live` alone.
pub(super) async fn ask_api(service: &Service, host: &UniqueId) -> Result<Lookup, ServiceError> {
    api_finding(service, host).await.map(|finding| finding.lookup)
}

/// Looks `host` up by the live page alone.
pub(super) async fn ask_page(service: &Service, host: &UniqueId) -> Result<Lookup, ServiceError> {
    page_finding(service, host).await.map(|finding| finding.lookup)
}

async fn api_finding(service: &Service, host: &UniqueId) -> Result<SourceAnswer, ServiceError> {
    let mut url = super::address::under(&service.site, "api-live/user/room");
    url.query_pairs_mut()
        .append_pair("uniqueId", host.as_str())
        .extend_pairs([
            ("sourceType", "54"),
            ("aid", "1988"),
            ("app_name", "tiktok_web"),
            ("device_platform", "web_pc"),
        ])
        .extend_pairs([("app_language", &service.language), ("browser_language", &service.language)])
        .extend_pairs([("user_is_login", "false"), ("staleTime", "600000")]);
    service.add_query(&mut url);
    let answer = ask(service, host, url, API_CAP).await?;
    read_api(host, &answer)
}

async fn page_finding(service: &Service, host: &UniqueId) -> Result<SourceAnswer, ServiceError> {
    let url = super::address::account_page(&service.site, host.as_str(), "/live");
    let answer = ask(service, host, url, PAGE_CAP).await?;
    page::read(host, &answer)
}

async fn ask(service: &Service, host: &UniqueId, url: url::Url, cap: usize) -> Result<HttpAnswer, ServiceError> {
    let way = service.routes.of_host(host);
    service.get(&way.http, &format!("look up @{host}"), url, cap).await
}

/// Reads the answer of `api-live/user/room`.
fn read_api(host: &UniqueId, answer: &HttpAnswer) -> Result<SourceAnswer, ServiceError> {
    let subject = Subject::Host(host);
    if answer.status.as_u16() == 404 {
        // A missing account has a code of its own: here it is the question that nobody knows any more.
        return Err(refusal::moved(subject));
    }
    refusal_by_status(subject, answer)?;
    let json = from_bytes(&answer.body).ok_or_else(|| refusal::not_json(subject, &answer.body))?;
    let data = at(&json, &["data"]);
    let code = ["statusCode", "status_code"].into_iter().find_map(|key| json.get(key).and_then(int));
    let Some(code) = code else {
        // The service leaves the code out when it wants a captcha solved.
        return user_info(host, data, "api-live").map_err(|error| match error.kind() {
            ServiceErrorKind::BadAnswer => refusal::captcha(subject),
            _ => error,
        });
    };
    refusal_by_code(subject, code, str(at(&json, &["message"])))?;
    user_info(host, data, "api-live")
}

/// Reads `{user, stats, liveRoom}`, which both answers hold; either of `user` and `liveRoom` may be missing.
fn user_info(asked: &UniqueId, info: &Value, answered_by: &'static str) -> Result<SourceAnswer, ServiceError> {
    let info = unpacked(info);
    let (user, live) = (unpacked(at(&info, &["user"])), unpacked(at(&info, &["liveRoom"])));
    let (user, live) = (&*user, &*live);
    if !user.is_object() && !live.is_object() {
        return Err(ServiceError::new(
            ServiceErrorKind::BadAnswer,
            format!("TikTok's answer about @{asked} holds no account; try again in a minute"),
        ));
    }
    let host_id = id(user, "id").map(UserId);
    // The name is compared only where it is given: we know whom we asked for.
    let unique_id: Option<UniqueId> = str(at(user, &["uniqueId"])).parse().ok();
    let asked_by_id = host_id.is_some_and(|id| id.to_string() == asked.as_str());
    if let Some(unique_id) = unique_id.as_ref().filter(|&name| name != asked && !asked_by_id) {
        return Err(wrong_account(asked, unique_id));
    }
    let room_id = id(user, "roomId").or_else(|| id(live, "roomId")).or_else(|| id(live, "id")).map(RoomId);
    // The room's own status decides, else the account's.
    let status = int(at(live, &["status"])).or_else(|| int(at(user, &["status"])));
    let status = status.map_or(LiveStatus::NotStated, LiveStatus::from_wire);
    // An offline answer repeats the numbers of the last live.
    let now = |value: Option<u64>| value.filter(|_| status != LiveStatus::Offline);
    let started_at = int(at(live, &["startTime"])).and_then(Timestamp::from_wire);
    let streams = if status == LiveStatus::Offline { streams::Streams::default() } else { streams::read_answer(live) };
    let lookup = Lookup {
        host_id,
        unique_id: unique_id.unwrap_or_else(|| asked.clone()),
        nickname: text(at(user, &["nickname"])),
        room_id,
        status,
        title: text(at(live, &["title"])),
        watching: now(count(at(live, &["liveRoomStats", "userCount"]))),
        entered: now(count(at(live, &["liveRoomStats", "enterCount"]))),
        followers: count(at(&info, &["stats", "followerCount"])),
        started_at: started_at.filter(|_| status != LiveStatus::Offline),
        answered_by,
        gates: AccessRestrictions {
            subscribers: flag(at(live, &["liveSubOnly"])),
            paid: flag(at(live, &["paidEvent", "paid_type"])),
            ..AccessRestrictions::default()
        },
        hls_only: streams.flv.is_empty() && !streams.hls.is_empty(),
        hls: streams.hls,
        streams: streams.flv,
        unsure: Text::default(),
    };
    Ok(SourceAnswer { lookup, holds_account: host_id.is_some() || !str(at(user, &["uniqueId"])).is_empty() })
}

/// The service answered for somebody else.
pub(super) fn wrong_account(asked: &UniqueId, answered: &UniqueId) -> ServiceError {
    ServiceError::new(
        ServiceErrorKind::WrongAccount,
        format!("TikTok answered for @{answered} when asked for @{asked}; the name may have changed: try @{answered}"),
    )
}

#[cfg(test)]
pub(super) mod tests;

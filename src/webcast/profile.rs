//! Profile of an account: the state inside the profile page, else what the look-up knows of it.
//!
//! Needs no login (docs/protocol.md#profile-page). The page also names private accounts and counts what the look-up does not.

use serde_json::Value;

use super::address::account_page;
use super::error::{ServiceError, ServiceErrorKind};
use super::http::HttpAnswer;
use super::json::{at, count, flag, from_text, id, int, nested, str, text, unpacked};
use super::lookup::{self, Lookup, Subject, refusal_by_status, script};
use super::service::Service;
use crate::ids::{RoomId, UniqueId, UserId};
use crate::text::Text;

const CAP: usize = 4 << 20;
/// The name of the state.
const STATE_ELEMENT: &str = "__UNIVERSAL_DATA_FOR_REHYDRATION__";

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct UserInfo {
    /// Its id, which survives a change of name.
    pub id: Option<UserId>,
    /// The name, as the service writes it.
    pub unique_id: UniqueId,
    /// The name shown.
    pub nickname: Text,
    /// What it says of itself.
    pub bio: Text,
    /// Its link, as written.
    pub link: Text,
    /// The long id that other parts of the service ask for.
    pub sec_uid: Text,
    /// Address of its picture.
    pub picture: Option<Box<str>>,
    /// Whether it has TikTok's mark; nothing where the answer does not say.
    pub verified: Option<bool>,
    /// Whether only its followers see it; nothing where the answer does not say.
    pub private: Option<bool>,
    /// Its live, or the last one there was: a room alone never means live.
    pub room_id: Option<RoomId>,
    /// People who follow it.
    pub followers: Option<u64>,
    /// People it follows.
    pub following: Option<u64>,
    /// Friends: both ways.
    pub friends: Option<u64>,
    /// Likes of all its videos.
    pub likes: Option<u64>,
    /// Its videos.
    pub videos: Option<u64>,
    /// Why the profile page had no answer and this is only what a look-up knows; empty where it had.
    pub missing: Text,
}

/// Asks the profile page, and the look-up where the page has no answer.
pub(super) async fn user_info(service: &Service, user: &UniqueId) -> Result<UserInfo, ServiceError> {
    let first = match fetch(service, user).await {
        Err(error) if !error.is_lasting() && !matches!(error.kind(), ServiceErrorKind::RateLimited { .. }) => error,
        read => return read,
    };
    match lookup::look_up_without_profile(service, user).await {
        Ok(found) => Ok(UserInfo { missing: first.sentence().clone(), ..UserInfo::from(found) }),
        Err(_) => Err(first),
    }
}

/// Asks the profile page alone.
pub(super) async fn fetch(service: &Service, user: &UniqueId) -> Result<UserInfo, ServiceError> {
    let url = account_page(&service.site, user.as_str(), "");
    let route = service.routes.of_host(user);
    let answer = service.get(&route.http, &format!("get the profile of @{user}"), url, CAP).await?;
    read(user, &answer)
}

fn read(user: &UniqueId, answer: &HttpAnswer) -> Result<UserInfo, ServiceError> {
    let subject = Subject::Host(user);
    refusal_by_status(subject, answer)?;
    let html = String::from_utf8_lossy(&answer.body);
    let changed = || {
        ServiceError::new(
            ServiceErrorKind::BadAnswer,
            format!("the profile page of @{user} has changed and cannot be read"),
        )
    };
    let state = script(subject, &html, STATE_ELEMENT)?.ok_or_else(changed)?;
    let state = from_text(state).map(|state| nested(&state)).ok_or_else(changed)?;
    let detail = at(&state, &["__DEFAULT_SCOPE__", "webapp.user-detail"]);
    match int(at(detail, &["statusCode"])) {
        Some(0) | None => {}
        Some(10_221 | 10_223) => return Err(lookup::not_found(subject)),
        Some(10_222) => {
            return Err(ServiceError::new(
                ServiceErrorKind::NeedsSession,
                format!("@{user} is a private account: set TIKTOP_SESSION_ID to the session of a follower"),
            ));
        }
        _ => return Err(changed()),
    }
    from_detail(user, &unpacked(at(detail, &["userInfo"]))).unwrap_or_else(|| Err(changed()))
}

/// Nothing where the account is missing.
fn from_detail(asked: &UniqueId, info: &Value) -> Option<Result<UserInfo, ServiceError>> {
    let user = unpacked(at(info, &["user"]));
    let (user, stats) = (&*user, at(info, &["stats"]));
    let total = |key: &str| count(at(stats, &[key]));
    let picture = str(at(user, &["avatarMedium"]));
    let host_id = id(user, "id").map(UserId);
    // The name is compared only where it is given: we know whom we asked for.
    let unique_id = str(at(user, &["uniqueId"])).parse::<UniqueId>().ok();
    if unique_id.is_none() && host_id.is_none() && id(user, "roomId").is_none() {
        return None;
    }
    let asked_by_id = host_id.is_some_and(|id| id.to_string() == asked.as_str());
    if let Some(other) = unique_id.as_ref().filter(|&name| name != asked && !asked_by_id) {
        return Some(Err(lookup::wrong_account(asked, other)));
    }
    Some(Ok(UserInfo {
        id: host_id,
        unique_id: unique_id.unwrap_or_else(|| asked.clone()),
        nickname: text(at(user, &["nickname"])),
        bio: text(at(user, &["signature"])),
        link: text(at(user, &["bioLink", "link"])),
        sec_uid: text(at(user, &["secUid"])),
        picture: (picture.starts_with("https://") && picture.len() < 2_048).then(|| picture.into()),
        verified: Some(flag(at(user, &["verified"]))),
        private: Some(flag(at(user, &["privateAccount"]))),
        room_id: id(user, "roomId").map(RoomId),
        followers: total("followerCount"),
        following: total("followingCount"),
        friends: total("friendCount"),
        likes: total("heartCount").or_else(|| total("heart")),
        videos: total("videoCount"),
        missing: Text::default(),
    }))
}

impl From<Lookup> for UserInfo {
    /// What a look-up knows of an account; the rest is not known.
    fn from(lookup: Lookup) -> Self {
        Self {
            id: lookup.host_id,
            unique_id: lookup.unique_id,
            nickname: lookup.nickname,
            bio: Text::default(),
            link: Text::default(),
            sec_uid: Text::default(),
            picture: None,
            verified: None,
            private: None,
            room_id: lookup.room_id,
            followers: lookup.followers,
            following: None,
            friends: None,
            likes: None,
            videos: None,
            missing: Text::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webcast::json::tests::any_json;
    use proptest::prelude::*;
    use reqwest::{StatusCode, header::HeaderMap};
    use rstest::rstest;
    use serde_json::json;

    fn read_detail(detail: &Value) -> Result<UserInfo, ServiceError> {
        let state = json!({"__DEFAULT_SCOPE__": {"webapp.user-detail": detail}});
        let html = format!("<html><script id=\"{STATE_ELEMENT}\" type=\"application/json\">{state}</script></html>");
        read_page(html)
    }

    fn read_page(html: String) -> Result<UserInfo, ServiceError> {
        let answer = HttpAnswer { status: StatusCode::OK, headers: HeaderMap::new(), body: html.into() };
        read(&"ana".parse().unwrap(), &answer)
    }

    #[test]
    fn a_profile_tells_the_account_and_its_numbers() {
        let user = json!({"id": "111", "uniqueId": "ana", "nickname": "Ana\u{1b}[31m", "signature": "hello",
            "roomId": "", "privateAccount": false, "verified": true, "bioLink": {"link": "https://example.com"}});
        let stats = json!({"followerCount": 12, "heart": 99, "videoCount": "3"});
        let info = read_detail(&json!({"statusCode": 0, "userInfo": {"user": user, "stats": stats}})).unwrap();
        assert_eq!((info.id, info.nickname.as_str(), info.bio.as_str()), (Some(UserId(111)), "Ana[31m", "hello"));
        assert_eq!((info.verified, info.private, info.room_id), (Some(true), Some(false), None));
        assert_eq!((info.followers, info.likes, info.videos, info.friends), (Some(12), Some(99), Some(3), None));
    }

    #[rstest]
    #[case(json!({"statusCode": 10_221}), ServiceErrorKind::NotFound)]
    #[case(json!({"statusCode": 10_222}), ServiceErrorKind::NeedsSession)]
    #[case(json!({"statusCode": 0}), ServiceErrorKind::BadAnswer)]
    #[case(json!({}), ServiceErrorKind::BadAnswer)]
    fn refusals_are_told_apart(#[case] detail: Value, #[case] kind: ServiceErrorKind) {
        assert_eq!(read_detail(&detail).unwrap_err().kind(), kind);
    }

    #[test]
    fn a_shell_is_the_captcha() {
        assert_eq!(read_page("<html>Please wait...</html>".into()).unwrap_err().kind(), ServiceErrorKind::Captcha);
    }

    proptest! {
        #[test]
        fn no_profile_panics(detail in any_json(&["statusCode", "userInfo", "user", "stats", "uniqueId", "id", "bioLink"])) {
            let _ = read_detail(&detail);
            let _ = read_detail(&json!({"statusCode": 0, "userInfo": {"user": detail}}));
        }
    }
}

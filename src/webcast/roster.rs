//! Roster of a live: who is there by name, as the service tells it to people who are logged in (docs/protocol.md#the-roster).
//!
//! Wants the cookies of a session and no signature. Tried on the simulator only, never on the live service.

use serde_json::Value;

use super::address::under;
use super::error::{ServiceError, ServiceErrorKind};
use super::http::HttpAnswer;
use super::json::{at, count, id, text};
use super::lookup::{Subject, accepted_json};
use super::service::Service;
use crate::ids::{RoomId, UserId};
use crate::text::Text;

const CAP: usize = 8 << 20;
const SUBJECT: Subject<'static> = Subject::Thing("the roster");
/// People taken of one answer.
const MAX_RANKS: usize = 1_000;
const NEEDS_SESSION: &str = "TikTok names who is there only to people who are logged in: set TIKTOP_SESSION_ID and \
    TIKTOP_TARGET_IDC; without them only the top viewers of the stream have names";

/// Who is in a live.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Roster {
    /// How many are there.
    pub total: u64,
    /// How many of them have no name here.
    pub anonymous: u64,
    /// Those who are named, by rank.
    pub people: Vec<RosterPerson>,
}

/// Somebody of a roster.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RosterPerson {
    /// Place from 1; 0 where none is told.
    pub rank: u32,
    /// Coins given in this live, as the service reports.
    pub score: u64,
    /// The account.
    pub id: Option<UserId>,
    /// The handle without the `@`.
    pub unique_id: Text,
    /// The display name.
    pub nickname: Text,
}

pub(super) async fn roster(service: &Service, room: RoomId, host: UserId) -> Result<Roster, ServiceError> {
    let url = under(&service.webcast, "ranklist/online_audience/");
    let (room, host) = (room.to_string(), host.to_string());
    let url =
        service.question(url, [("channel", "tiktok_web"), ("room_id", room.as_str()), ("anchor_id", host.as_str())]);
    if service.session_cookie(&url).is_none() {
        // It would be refused anyway.
        return Err(ServiceError::new(ServiceErrorKind::NeedsSession, NEEDS_SESSION));
    }
    read(&service.get(&service.http, "ask who is there", url, CAP).await?)
}

fn read(answer: &HttpAnswer) -> Result<Roster, ServiceError> {
    let unreadable =
        || ServiceError::new(ServiceErrorKind::BadAnswer, "TikTok's roster cannot be read; try again later");
    let json = match accepted_json(SUBJECT, answer, unreadable) {
        Err(error) if error.kind() == ServiceErrorKind::NeedsSession => {
            let words =
                "TikTok does not take the session for the roster: it has expired, or TIKTOP_TARGET_IDC is another's";
            return Err(ServiceError::new(ServiceErrorKind::NeedsSession, words));
        }
        json => json?,
    };
    let data = at(&json, &["data"]);
    let ranks = at(data, &["ranks"]).as_array();
    let total = count(at(data, &["total"]));
    if ranks.is_none() && total.is_none() {
        return Err(unreadable());
    }
    let people: Vec<_> =
        ranks.map(Vec::as_slice).unwrap_or_default().iter().filter_map(person).take(MAX_RANKS).collect();
    let anonymous = count(at(data, &["anonymous"])).unwrap_or(0);
    let named = people.len() as u64;
    Ok(Roster { total: total.unwrap_or(0).max(named), anonymous, people })
}

/// Rows without a name say nothing.
fn person(row: &Value) -> Option<RosterPerson> {
    let user = at(row, &["user"]);
    let unique_id = ["display_id", "unique_id"].map(|key| text(at(user, &[key])));
    let unique_id = unique_id.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
    let nickname = text(at(user, &["nickname"]));
    (!unique_id.is_empty() || !nickname.is_empty()).then(|| RosterPerson {
        rank: count(at(row, &["rank"])).and_then(|rank| u32::try_from(rank).ok()).unwrap_or(0),
        score: count(at(row, &["score"])).unwrap_or(0),
        id: id(user, "id").map(UserId),
        unique_id,
        nickname,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webcast::json::tests::any_json;
    use proptest::prelude::*;
    use reqwest::{StatusCode, header::HeaderMap};

    fn read_body(body: &(impl ToString + ?Sized)) -> Result<Roster, ServiceError> {
        read(&HttpAnswer { status: StatusCode::OK, headers: HeaderMap::new(), body: body.to_string().into() })
    }

    #[test]
    fn a_roster_tells_how_many_and_who() {
        let roster = read_body(
            r#"{"status_code":0,"data":{"total":"812","anonymous":790,"ranks":[
                {"rank":1,"score":"4120","user":{"id_str":"77","display_id":"mia","nickname":"Mia"}},
                {"rank":2,"score":0,"user":{}}, 7]}}"#,
        )
        .unwrap();
        let (id, unique_id, nickname) = (Some(UserId(77)), "mia".into(), "Mia".into());
        let people = vec![RosterPerson { rank: 1, score: 4_120, id, unique_id, nickname }];
        assert_eq!(roster, Roster { total: 812, anonymous: 790, people });
    }

    #[test]
    fn what_is_no_roster_is_refused_in_words() {
        let refused = read_body(r#"{"status_code":20003,"data":{}}"#).unwrap_err();
        assert_eq!(refused.kind(), ServiceErrorKind::NeedsSession);
        assert!(refused.to_string().contains("TIKTOP_TARGET_IDC"), "{refused}");
        assert_eq!(read_body(r#"{"status_code":0,"data":{}}"#).unwrap_err().kind(), ServiceErrorKind::BadAnswer);
        assert_eq!(read_body(r#"{"status_code":0,"data":{"ranks":[]}}"#).unwrap(), Roster::default());
    }

    proptest! {
        #[test]
        fn no_answer_panics(data in any_json(&["data", "ranks", "user", "rank", "score", "total", "anonymous", "id"])) {
            let _ = read_body(&data);
            let _ = read_body(&serde_json::json!({ "status_code": 0, "data": data }));
        }
    }
}

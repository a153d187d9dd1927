//! Reader of the live page: the state that one of its script elements carries, in every shape that was met
//! (docs/protocol.md#live-page).

use serde_json::{Value, json};

use super::refusal::{Subject, captcha, looks_like_captcha, refusal_by_status};
use super::{AccessRestrictions, LiveStatus, Lookup, SourceAnswer, user_info};
use crate::ids::{RoomId, UniqueId};
use crate::webcast::error::{ServiceError, ServiceErrorKind};
use crate::webcast::http::HttpAnswer;
use crate::webcast::json::{at, flag, from_text, id, nested};

/// The name of the state.
const STATE_ELEMENT: &str = "SIGI_STATE";
/// A page below this without the element is the shell that bare clients get (about 1 155 bytes seen).
const SHELL_BYTES: usize = 4_096;
/// What this source is called.
const SOURCE: &str = "live page";

/// Reads the live page.
pub(super) fn read(host: &UniqueId, answer: &HttpAnswer) -> Result<SourceAnswer, ServiceError> {
    let subject = Subject::Host(host);
    refusal_by_status(subject, answer)?;
    let html = String::from_utf8_lossy(&answer.body);
    let state =
        script(subject, &html, STATE_ELEMENT)?.and_then(from_text).map(|state| nested(&state)).unwrap_or_default();
    match read_state(host, &state) {
        Ok(finding) => Ok(finding),
        Err(error) if error.is_lasting() || error.kind() == ServiceErrorKind::WrongAccount => Err(error),
        Err(error) => loose_room_id(host, &html).ok_or(error),
    }
}

/// The JSON that a script element named `name` holds, or that is assigned to `name` in one, with what follows it; nothing
/// in a page without it, unless that page is a challenge.
pub(in crate::webcast) fn script<'h>(
    subject: Subject<'_>,
    html: &'h str,
    name: &str,
) -> Result<Option<&'h str>, ServiceError> {
    let state = html.match_indices(name).find_map(|(at, _)| {
        let (before, after) = (html.get(..at)?, html.get(at + name.len()..)?);
        let in_tag = before.rfind('<') > before.rfind('>');
        let (_, body) = after.split_once(if in_tag { '>' } else { '=' })?;
        let body = body.split("</script").next()?.trim_start();
        // The state may stand in a text: JSON.parse("{…}").
        let body = body.strip_prefix("JSON.parse(").map_or(body, str::trim_start);
        body.starts_with(['{', '"']).then_some(body)
    });
    if state.is_none() && (looks_like_captcha(html) || html.len() < SHELL_BYTES) {
        return Err(captcha(subject));
    }
    Ok(state)
}

fn no_state(host: &UniqueId) -> ServiceError {
    ServiceError::new(
        ServiceErrorKind::BadAnswer,
        format!("the live page of @{host} has changed and cannot be read; try again in a minute"),
    )
}

/// A room id that stands anywhere in a page without a state we can read. It says nothing of whether the live is on.
fn loose_room_id(host: &UniqueId, html: &str) -> Option<SourceAnswer> {
    /// Room ids have 19 digits.
    const DIGITS: usize = 17;
    /// Characters between the name and the end of the id, at most.
    const LONGEST: usize = 48;
    // Between the name and the id stand quotation marks, which may be escaped in one way or another.
    let between = |c: char| matches!(c, '"' | '\'' | '\\' | ':' | '=' | ' ');
    let room = ["roomId", "room_id", "roomIdStr", "room_id_str"].iter().find_map(|name| {
        html.match_indices(name).find_map(|(at, _)| {
            let rest: String = html.get(at + name.len()..)?.chars().take(LONGEST).collect();
            let rest = rest.replace("&quot;", "\"");
            let rest = rest.trim_start_matches(between);
            let digits = rest.get(..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()))?;
            if digits.len() >= DIGITS { digits.parse::<RoomId>().ok() } else { None }
        })
    })?;
    let lookup = Lookup { room_id: Some(room), ..Lookup::of(host, SOURCE) };
    Some(SourceAnswer { lookup, holds_account: false })
}

fn read_state(host: &UniqueId, state: &Value) -> Result<SourceAnswer, ServiceError> {
    let live = at(state, &["LiveRoom"]);
    let current = at(state, &["CurrentRoom"]);
    let gates = AccessRestrictions {
        age: flag(at(live, &["isAgeGateRoom"])) || flag(at(live, &["showLiveGate"])),
        login: flag(at(live, &["needLogin"])),
        ..AccessRestrictions::default()
    };
    let rooms = [at(current, &["roomInfo"]), at(live, &["roomInfo"]), at(state, &["LiveRoomInfo"])];
    let mut answers = vec![at(live, &["liveRoomUserInfo"]).clone(), at(current, &["liveRoomUserInfo"]).clone()];
    answers.extend(rooms.into_iter().filter(|room| room.is_object()).map(as_user_info));
    let mut found: Option<SourceAnswer> = None;
    for info in answers {
        match user_info(host, &info, SOURCE) {
            Ok(finding) => match &mut found {
                Some(found) => {
                    found.lookup.fill_from(finding.lookup);
                    found.holds_account |= finding.holds_account;
                }
                None => found = Some(finding),
            },
            Err(error) if error.kind() == ServiceErrorKind::WrongAccount && found.is_none() => return Err(error),
            Err(_) => {}
        }
    }
    let room_id = id(current, "roomId").map(RoomId);
    if let Some(mut found) = found.filter(|found| found.holds_account || found.lookup != Lookup::of(host, SOURCE)) {
        found.lookup.room_id = found.lookup.room_id.or(room_id);
        found.lookup.gates = AccessRestrictions { age: gates.age, login: gates.login, ..found.lookup.gates };
        return Ok(found);
    }
    if gates.age {
        return Err(ServiceError::new(
            ServiceErrorKind::AgeRestricted,
            format!("the live of @{host} is for adults: set TIKTOP_SESSION_ID to the session of an adult account"),
        ));
    }
    if gates.login {
        return Err(ServiceError::new(
            ServiceErrorKind::NeedsSession,
            format!("the live of @{host} is for people who are logged in: set TIKTOP_SESSION_ID to your session"),
        ));
    }
    let nobody = Lookup::of(host, SOURCE);
    if room_id.is_some() {
        return Ok(SourceAnswer { lookup: Lookup { room_id, ..nobody }, holds_account: false });
    }
    // An account that has never been live has a page without a live room.
    if live.is_null() && state.get("CurrentRoom").is_some() {
        return Ok(SourceAnswer { lookup: Lookup { status: LiveStatus::Offline, ..nobody }, holds_account: false });
    }
    Err(no_state(host))
}

/// A room with its owner inside it, as an answer with the owner beside it.
fn as_user_info(room: &Value) -> Value {
    let owner = ["ownerInfo", "owner"].map(|key| at(room, &[key])).into_iter().find(|owner| owner.is_object());
    json!({ "user": owner, "liveRoom": room })
}

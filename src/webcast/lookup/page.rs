//! The live page: the state that its script element carries (docs/protocol.md#live-page).

use serde_json::Value;

use super::refusal::{Subject, by_status, captcha, looks_like_captcha};
use super::{Gates, LiveStatus, Lookup, user_info};
use crate::ids::UniqueId;
use crate::text::Text;
use crate::webcast::error::{Error, Kind};
use crate::webcast::http::Answer;
use crate::webcast::json::{at, flag, from_text};

/// The element that holds the state.
const MARK: &str = "id=\"SIGI_STATE\"";
/// A page below this without the element is the shell that bare clients get (about 1 155 bytes seen).
const SHELL: usize = 4_096;

/// Reads the live page.
pub(super) fn read(host: &UniqueId, answer: &Answer) -> Result<Lookup, Error> {
    let subject = Subject::Host(host);
    by_status(subject, answer)?;
    let html = String::from_utf8_lossy(&answer.body);
    let state = script(subject, &html, MARK)?.ok_or_else(|| no_state(host))?;
    let state = from_text(state).ok_or_else(|| no_state(host))?;
    read_state(host, &state)
}

/// The text inside the script element with `mark`; nothing in a page without it, unless that page is a challenge.
pub(in crate::webcast) fn script<'h>(
    subject: Subject<'_>,
    html: &'h str,
    mark: &str,
) -> Result<Option<&'h str>, Error> {
    let element = html.split_once(mark).and_then(|(_, rest)| rest.split_once('>'));
    let state = element.and_then(|(_, rest)| rest.split_once("</script>")).map(|(state, _)| state);
    if state.is_none() && (looks_like_captcha(html) || html.len() < SHELL) {
        return Err(captcha(subject));
    }
    Ok(state)
}

fn no_state(host: &UniqueId) -> Error {
    Error::new(
        Kind::BadAnswer,
        format!("the live page of @{host} has changed and cannot be read; try again in a minute"),
    )
}

fn read_state(host: &UniqueId, state: &Value) -> Result<Lookup, Error> {
    let live = at(state, &["LiveRoom"]);
    let age = flag(at(live, &["isAgeGateRoom"])) || flag(at(live, &["showLiveGate"]));
    let login = flag(at(live, &["needLogin"]));
    let info = at(live, &["liveRoomUserInfo"]);
    if info.is_object() {
        let mut lookup = user_info(host, info, "live page")?;
        lookup.gates = Gates { age, login, ..lookup.gates };
        return Ok(lookup);
    }
    if age {
        return Err(Error::new(
            Kind::AgeRestricted,
            format!("the live of @{host} is for adults: set TIKTOP_SESSION_ID to the session of an adult account"),
        ));
    }
    if login {
        return Err(Error::new(
            Kind::NeedsSession,
            format!("the live of @{host} is for people who are logged in: set TIKTOP_SESSION_ID to your session"),
        ));
    }
    // An account that has never been live has a page without a live room.
    if live.is_null() && state.get("CurrentRoom").is_some() {
        return Ok(never_live(host));
    }
    Err(no_state(host))
}

fn never_live(host: &UniqueId) -> Lookup {
    Lookup {
        streams: Vec::new(),
        host_id: None,
        unique_id: host.clone(),
        nickname: Text::default(),
        room_id: None,
        status: LiveStatus::Offline,
        title: Text::default(),
        watching: None,
        entered: None,
        followers: None,
        started_at: None,
        answered_by: "live page",
        gates: Gates::default(),
    }
}

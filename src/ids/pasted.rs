//! Reader of what people type or paste to name a room: a name or a link, as chats, browsers and keyboards spell them.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use url::Url;

use super::{RoomId, Target, TargetError, UniqueId};
use crate::text::excerpt;

/// Room ids have 19 digits; no handle that long is all digits.
const ROOM_ID_DIGITS: usize = 17;
/// Columns of what was typed that a sentence repeats.
const TYPED_COLUMNS: usize = 80;
/// Longest handle, in characters; TikTok gives 24.
const MAX_NAME: usize = 64;
/// Parameters of a link that hold a room id, in lower case and without their underscore.
const ROOM_KEYS: [&str; 2] = ["roomid", "liveroomid"];
/// Signs that end a phrase; none of them stands in a handle.
const ENDS_A_PHRASE: [char; 11] = [',', ';', ':', '!', '?', '。', '、', '…', '،', '؟', '।'];
/// Links inside links that are followed, such as that of a log-in page back to the live.
const MAX_LINKS: usize = 3;

/// Reads a name or a link.
pub(super) fn target(typed: &str) -> Result<Target, TargetError> {
    let text = cleaned(typed);
    let bad_link = |link: &str| bad_link(link, typed);
    if let Some(link) = link_in(&text) {
        return from_link(link, MAX_LINKS).ok_or_else(|| bad_link(link));
    }
    // A link that was escaped as a whole, once or twice, to stand in another one.
    let unescaped = decoded(&text);
    if let Some(link) = link_in(&unescaped) {
        return from_link(link, MAX_LINKS).ok_or_else(|| bad_link(link));
    }
    if unescaped.contains("://") || is_own_host(&text) {
        return Err(bad_link(&text));
    }
    if let Some(room) = labelled_room(&text) {
        return Ok(Target::Room(room));
    }
    let text = one_handle(&text).unwrap_or(&text);
    let path = decoded(without_query(text)).into_owned();
    if path.contains('/') {
        let parts = path.split('/').map(str::trim).filter(|part| !part.is_empty());
        let at_name = parts.clone().find(|part| part.len() > 1 && part.starts_with('@'));
        let before_live = (parts.clone().nth(1) == Some("live")).then(|| parts.clone().next()).flatten();
        return unique_id(at_name.or(before_live).ok_or_else(|| bad_link(&path))?).map(Target::Host);
    }
    match room_id(&path) {
        Some(room) => Ok(Target::Room(room)),
        None => unique_id(&path).map(Target::Host),
    }
}

/// Reads a handle. The site decides which handles there are; refused is only what cannot stand in an address or on a
/// screen.
pub(super) fn unique_id(typed: &str) -> Result<UniqueId, TargetError> {
    let text = cleaned(typed);
    let text = decoded(&text);
    // Sentences end in a full stop, names do not.
    let name = text.trim_start_matches('@').trim_start().trim_end_matches('.').to_lowercase();
    let bad = name.chars().find(|&c| {
        c.is_whitespace()
            || c.is_control()
            || is_invisible(c) && !is_joiner(c)
            || matches!(c, '/' | '\\' | '?' | '#' | '@' | '<' | '>' | '"')
    });
    match (name.chars().count(), bad) {
        (0, _) => Err(TargetError::Empty),
        (_, Some(bad)) => Err(TargetError::BadCharacter { name: excerpt(typed, TYPED_COLUMNS), bad }),
        (count, None) if count > MAX_NAME => Err(TargetError::TooLong { name: excerpt(typed, TYPED_COLUMNS) }),
        _ => Ok(UniqueId(name.into())),
    }
}

/// What was meant: without quotation marks, brackets and blanks around it and invisible characters in it; full-width
/// characters of an East Asian keyboard as what they stand for.
fn cleaned(typed: &str) -> String {
    let plain = typed.chars().map(|c| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{fe6b}' => '@',
        c => c,
    });
    let mut text = String::with_capacity(typed.len());
    for c in plain {
        // Joiners belong to the spelling of some scripts; beside Latin letters they came along by accident.
        let spells = is_joiner(c) && text.chars().next_back().is_some_and(|last| !last.is_ascii());
        if spells || !is_invisible(c) {
            text.push(c);
        }
    }
    let around = |c: char| c.is_whitespace() || is_joiner(c) || is_wrapping(c);
    text.trim_matches(around).trim_end_matches(ENDS_A_PHRASE).trim_matches(around).to_owned()
}

/// Characters without a picture: zero-width spaces, marks of direction, byte order marks, variation selectors.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Joiners, which spell words of some scripts.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// What people and programs put around a name or a link.
fn is_wrapping(c: char) -> bool {
    matches!(c,
        '"' | '\'' | '`' | '´' | '<' | '>' | '(' | ')' | '[' | ']' | '{' | '}' | '*' | '|' | '~' | '«' | '»' | '‘'..='‟' | '‹' | '›'
        | '〈'..='】' | '〔'..='〟' | '⟨' | '⟩')
}

/// The address inside `text`, without what stands before and behind it, if there is one of TikTok's.
fn link_in(text: &str) -> Option<&str> {
    let lower = text.to_ascii_lowercase();
    let begin = lower
        .match_indices("://")
        .map(|(at, _)| at - lower[..at].bytes().rev().take_while(u8::is_ascii_alphanumeric).count())
        .find(|&at| Url::parse(until_end(&text[at..])).is_ok_and(|url| is_tiktok(&url)))
        .or_else(|| {
            // Without its scheme: from the first letter of the host's name on.
            let at = lower.find("tiktok.com/").or_else(|| lower.find("tiktok.com?"))?;
            let host =
                lower[..at].bytes().rev().take_while(|&b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-').count();
            Some(at - host).filter(|_| !lower.contains("://"))
        })?;
    Some(until_end(&text[begin..]))
}

/// An address ends at a blank or at a bracket or quotation mark that was put around it.
fn until_end(text: &str) -> &str {
    let end =
        text.find(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | ')' | ']' | '}' | '”' | '»' | '`'));
    &text[..end.unwrap_or(text.len())]
}

/// The address of the site alone, which names nobody.
fn is_own_host(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.strip_suffix("tiktok.com").is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// A room id with its name in front, as we and others print it: `room 73…`, `room_id=73…`, `"roomId": "73…"`.
fn labelled_room(text: &str) -> Option<RoomId> {
    let at = text.find(|c: char| c.is_ascii_digit())?;
    let (label, digits) = text.split_at(at);
    let label: String = label.chars().filter(char::is_ascii_alphabetic).collect();
    let is_label = matches!(label.to_ascii_lowercase().as_str(), "room" | "roomid" | "liveroomid");
    if is_label { room_id(digits.trim_end_matches('"')) } else { None }
}

/// The handle in a phrase that holds just one, such as the title of a page: `Oma (@oma.backt) is LIVE`.
fn one_handle(text: &str) -> Option<&str> {
    if !text.contains(char::is_whitespace) {
        return None;
    }
    let around = |c: char| is_wrapping(c) || ENDS_A_PHRASE.contains(&c);
    let mut handles = text
        .split_whitespace()
        .map(|word| word.trim_matches(around))
        .filter(|word| word.len() > 1 && word.starts_with('@'));
    let handle = handles.next()?;
    handles.all(|other| other == handle).then_some(handle)
}

/// TikTok's own hosts, and the schemes by which its pages open its apps.
fn is_tiktok(url: &Url) -> bool {
    let app = url.scheme();
    let host = url.host_str().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    let under = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    match app {
        "http" | "https" => under("tiktok.com") || under("tiktokv.com"),
        _ => app.starts_with("snssdk") || matches!(app, "tiktok" | "aweme" | "musically" | "trill"),
    }
}

fn from_link(text: &str, links: usize) -> Option<Target> {
    let full = if text.contains("://") { Cow::Borrowed(text) } else { Cow::Owned(format!("https://{text}")) };
    let url = Url::parse(&full).ok().filter(is_tiktok)?;
    let path: Vec<String> = url.path().split('/').map(|part| decoded(part).trim().to_owned()).collect();
    // An escaped slash may stand in a part.
    let parts = || path.iter().flat_map(|part| part.split('/')).map(cleaned);
    let named = parts().find_map(|part| {
        // In a text without blanks, as in Chinese, the next words stand right behind the link.
        let name = part.strip_prefix('@')?.split(ENDS_A_PHRASE).next().filter(|name| !name.is_empty())?;
        unique_id(name).ok()
    });
    if let Some(name) = named {
        return Some(Target::Host(name));
    }
    let room = url.query_pairs().find_map(|(key, value)| {
        let key = key.to_ascii_lowercase().replace('_', "");
        if ROOM_KEYS.contains(&key.as_str()) {
            let value = value.trim();
            let digits = value.get(..value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len()))?;
            digits.parse().ok().filter(|room: &RoomId| room.0 != 0)
        } else {
            None
        }
    });
    // Older share links: m.tiktok.com/share/live/ROOM and tiktok.com/live/ROOM.
    if let Some(room) = room.or_else(|| parts().filter_map(|part| room_id(&part)).next_back()) {
        return Some(Target::Room(room));
    }
    let of_host = url.query_pairs().find_map(|(key, value)| {
        let key = key.to_ascii_lowercase().replace('_', "");
        if key == "uniqueid" { unique_id(&value).ok() } else { None }
    });
    if let Some(name) = of_host {
        return Some(Target::Host(name));
    }
    let inner = links.checked_sub(1)?;
    url.query_pairs().find_map(|(_, value)| from_link(link_in(&value)?, inner))
}

fn room_id(text: &str) -> Option<RoomId> {
    let digits = text.len() >= ROOM_ID_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().filter(|room: &RoomId| room.0 != 0)
}

fn bad_link(link: &str, typed: &str) -> TargetError {
    let lower = link.to_ascii_lowercase();
    let short =
        ["vm.tiktok.com", "vt.tiktok.com"].iter().any(|host| lower.contains(host)) || lower.contains("tiktok.com/t/");
    if short {
        TargetError::ShortLink { link: excerpt(typed, TYPED_COLUMNS) }
    } else {
        TargetError::BadLink { link: excerpt(typed, TYPED_COLUMNS) }
    }
}

/// Percent-escapes as what they stand for, where that is text; also where they were escaped again.
fn decoded(text: &str) -> Cow<'_, str> {
    let mut plain = Cow::Borrowed(text);
    for _ in 0..MAX_LINKS {
        let Ok(next) = percent_decode_str(&plain).decode_utf8() else { break };
        if next == plain {
            break;
        }
        plain = Cow::Owned(next.into_owned());
    }
    plain
}

fn without_query(text: &str) -> &str {
    text.split(['?', '#']).next().unwrap_or_default().trim_end()
}

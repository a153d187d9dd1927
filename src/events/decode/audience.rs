//! What the audience does: coming in, following, sharing, tapping, being counted.

use std::sync::Arc;

use super::display::Display;
use super::people::{Sender, is_somebody, viewer};
use super::{Common, Context, DecodeError, EventKind, Fields};
use crate::events::{Follow, Join, Like, Notice, NoticeKind, Share, TopViewer, Viewer, Viewers};
use crate::text::Text;

/// Most rows of the service's top list looked at; it sends 16.
const MAX_RANKS: usize = 32;

pub(super) fn member<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut sender = Sender::default();
    let (mut watching, mut operator, mut action, mut source) = (None, None, 0, Text::default());
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => sender.user = Some(field.message()?),
            3 => watching = Some(field.count()?).filter(|&watching| watching > 0),
            4 => operator = Some(field.message()?),
            10 => action = field.small()?,
            19 => source = field.text()?,
            _ => {}
        }
    }
    let from = sender.read()?;
    // 0 is a field left out, 47 "entered from nearby".
    if matches!(action, 0 | 1 | 47) {
        return Ok(EventKind::Join(Join { from, watching, source }));
    }
    let operator = operator.map(viewer).transpose()?.filter(is_somebody);
    let text = Text::from(moderation(action, &from, operator.as_ref()));
    Ok(EventKind::Notice(Notice {
        kind: NoticeKind::Moderation,
        text,
        scene: Text::from(format_args!("member_{action}")),
    }))
}

/// `WebcastUnauthorizedMemberMessage`: somebody without an account came in. Their name is a prefix and six digits.
pub(super) fn guest<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let (mut prefix, mut digits) = (Text::default(), Text::default());
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            3 => prefix = Display::read(field.bytes()?)?.render(context.catalogue)?,
            4 => digits = field.text()?,
            _ => {}
        }
    }
    let name = match prefix.as_str().split_once("%s") {
        Some((before, after)) => format!("{before}{digits}{after}"),
        None => format!("{prefix}{digits}"),
    };
    let from = Arc::new(Viewer { nickname: Text::from(name), ..Viewer::default() });
    Ok(EventKind::Join(Join { from, watching: None, source: Text::default() }))
}

/// What happened to somebody, in words. The numbers come from schemas; only entering was ever recorded.
fn moderation(action: i32, target: &Viewer, operator: Option<&Viewer>) -> String {
    let who = target.name();
    let what = match action {
        2 => format!("{who} left"),
        3 => format!("{who} was muted"),
        4 => format!("{who} may comment again"),
        5 => format!("{who} became a moderator"),
        6 => format!("{who} is no longer a moderator"),
        7 | 11 => format!("{who} was removed from the live"),
        8 => format!("{who} became a top viewer"),
        9 => format!("{who} was blocked by a moderator"),
        10 => format!("{who} was unblocked by a moderator"),
        20 => format!("{who} has new moderator rights"),
        21 => format!("{who} was unblocked"),
        22 => "comments were turned on".to_owned(),
        23 => "comments were turned off".to_owned(),
        24 | 25 => "the list of filtered words changed".to_owned(),
        26 => format!("{who} pinned a comment"),
        28 => "the live is for subscribers only".to_owned(),
        _ => format!("{who}: member action {action}"),
    };
    match operator {
        Some(operator) => format!("{what} (by {})", operator.name()),
        None => what,
    }
}

pub(super) fn social<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut sender = Sender::default();
    let (mut action, mut followers, mut shares) = (0, None, None);
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => sender.user = Some(field.message()?),
            4 => action = field.int()?,
            6 => followers = Some(field.count()?).filter(|&followers| followers > 0),
            8 => shares = Some(field.count()?).filter(|&shares| shares > 0),
            _ => {}
        }
    }
    let from = sender.read()?;
    let key = Display::key_of(context.common.display_text)?;
    // The number is always there; the key is missing at times or has a form nobody listed.
    Ok(match action {
        1 => EventKind::Follow(Follow { from, followers }),
        2..=5 => EventKind::Share(Share { from, shares, friends: friends(key) }),
        _ if contains(key, b"follow") => EventKind::Follow(Follow { from, followers }),
        _ if contains(key, b"share") => EventKind::Share(Share { from, shares, friends: friends(key) }),
        _ => EventKind::Notice(Notice {
            kind: NoticeKind::Room,
            text: Display::read(context.common.display_text)?.render(context.catalogue)?,
            scene: Text::from_bytes(key),
        }),
    })
}

fn contains(key: &[u8], word: &[u8]) -> bool {
    memchr::memmem::find(key, word).is_some()
}

/// The N of `pm_mt_guidance_viewer_N_share`: shared with more than N friends.
fn friends(key: &[u8]) -> u32 {
    let number = key.strip_prefix(b"pm_mt_guidance_viewer_").and_then(|rest| rest.strip_suffix(b"_share"));
    number.and_then(|number| std::str::from_utf8(number).ok()?.parse().ok()).unwrap_or(0)
}

pub(super) fn like<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let (mut from, mut count, mut total) = (None, 0, 0);
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => count = field.count()?,
            3 => total = field.count()?,
            5 => from = Some(viewer(field.message()?)?),
            _ => {}
        }
    }
    // An empty `user` is how the service withholds it.
    let from = from.filter(is_somebody).map(Arc::new);
    Ok(EventKind::Like(Like { from, count, total }))
}

pub(super) fn viewers<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut viewers = Viewers { watching: 0, total: None, anonymous: 0, top: Vec::new() };
    let mut rows = 0;
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 if rows < MAX_RANKS => {
                rows += 1;
                viewers.top.extend(top_viewer(field.message()?, rows)?);
            }
            3 => viewers.watching = field.count()?,
            7 => viewers.total = Some(field.count()?).filter(|&total| total > 0),
            8 => viewers.anonymous = field.count()?,
            _ => {}
        }
    }
    Ok(EventKind::Viewers(viewers))
}

/// A row of the top list. Of 16 rows only the first few name anybody; the others are left out.
fn top_viewer(row: Fields<'_>, place: usize) -> Result<Option<TopViewer>, DecodeError> {
    let (mut score, mut who, mut rank) = (0, Viewer::default(), 0);
    for field in row {
        let field = field?;
        match field.number {
            1 => score = field.count()?,
            2 => who = viewer(field.message()?)?,
            3 => rank = u32::try_from(field.int()?).unwrap_or(0),
            _ => {}
        }
    }
    let rank = if rank == 0 { place as u32 } else { rank };
    let named = !(who.nickname.is_empty() && who.unique_id.is_empty());
    Ok(named.then(|| TopViewer { rank, score, viewer: Arc::new(who) }))
}

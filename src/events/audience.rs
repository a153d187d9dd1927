//! Events of the audience: joins, likes, follows, shares, and how many watch.

use super::EventKind;
use super::Notice;
use super::NoticeKind;
use super::Viewer;
use super::decode::Common;
use super::decode::DecodeContext;
use super::decode::EventBody;
use super::decode::display::Display;
use super::decode::people::Sender;
use super::decode::people::is_somebody;
use super::decode::people::viewer;
use super::json::JsonTally;
use super::json::views::User;
use crate::text::Text;
use crate::wire::DecodeError;
use crate::wire::Fields;
use serde::Deserialize;
use serde::Serialize;
use serde::ser::SerializeMap;
use std::sync::Arc;

/// Taps of one viewer in a short window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Like {
    /// Who; nothing when the service withholds it.
    pub from: Option<Arc<Viewer>>,
    /// Taps in this message: a true delta.
    pub count: u64,
    /// The room's number; two counters alternate, so it may run backwards.
    pub total: u64,
}

/// Somebody came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Join {
    /// Who.
    pub from: Arc<Viewer>,
    /// Watching now, where given.
    pub watching: Option<u64>,
    /// Where they came from, such as `homepage_hot-live_cell`.
    pub source: Text,
}

/// Somebody followed the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Follow {
    /// Who.
    pub from: Arc<Viewer>,
    /// Followers of the host afterwards, where given.
    pub followers: Option<u64>,
}

/// Somebody shared the live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Share {
    /// Who.
    pub from: Arc<Viewer>,
    /// Shares of the live afterwards, where given.
    pub shares: Option<u64>,
    /// To how many friends, when the text says so (5, 10); 0 otherwise.
    pub friends: u32,
}

/// How many watch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Viewers {
    /// Watching now.
    pub watching: u64,
    /// Different viewers since the start; nothing when the message has none.
    pub total: Option<u64>,
    /// Of those now, without an account.
    pub anonymous: u64,
    /// The service's own top list.
    pub top: Vec<TopViewer>,
}

/// A row of the service's top list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct TopViewer {
    /// Place from 1.
    pub rank: u32,
    /// Coins given in this live, as the service reports.
    pub score: u64,
    /// Who; rows without a name are left out.
    pub viewer: Arc<Viewer>,
}

/// Most rows of the service's top list looked at; it sends 16.
const MAX_RANKS: usize = 32;

pub(super) fn member<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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
pub(super) fn guest<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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

pub(super) fn social<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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

pub(super) fn like<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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

pub(super) fn viewers<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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

/// A row of the service's top list.
#[derive(Serialize)]
struct TopViewerView<'a> {
    rank: u32,
    score: u64,
    user: User<'a>,
}

impl<'a> TopViewerView<'a> {
    fn new(row: &'a TopViewer) -> Self {
        Self { rank: row.rank, score: row.score, user: User::new(&row.viewer) }
    }
}

impl EventBody for Like {
    fn person(&self) -> Option<&Viewer> {
        self.from.as_deref()
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("count", &self.count)?;
        map.serialize_entry("total", &self.total)
    }
}

impl EventBody for Join {
    fn person(&self) -> Option<&Viewer> {
        Some(&self.from)
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("watching", &self.watching)?;
        map.serialize_entry("source", self.source.original())
    }
}

impl EventBody for Follow {
    fn person(&self) -> Option<&Viewer> {
        Some(&self.from)
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("followers", &self.followers)
    }
}

impl EventBody for Share {
    fn person(&self) -> Option<&Viewer> {
        Some(&self.from)
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("shares", &self.shares)?;
        map.serialize_entry("friends", &self.friends)
    }
}

impl EventBody for Viewers {
    fn person(&self) -> Option<&Viewer> {
        None
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("watching", &self.watching)?;
        map.serialize_entry("total", &self.total)?;
        map.serialize_entry("anonymous", &self.anonymous)?;
        map.serialize_entry("top", &self.top.iter().map(TopViewerView::new).collect::<Vec<_>>())
    }
}

//! Events of rankings: the place of the host, of a viewer, a reward.

use super::Catalogue;
use super::EventKind;
use super::Viewer;
use super::announce::Notify;
use super::announce::optional_person;
use super::decode::Common;
use super::decode::DecodeContext;
use super::decode::EventBody;
use super::decode::display::Display;
use super::json::JsonTally;
use super::json::views::id;
use crate::ids::UserId;
use crate::text::Text;
use crate::wire::DecodeError;
use crate::wire::Fields;
use serde::Deserialize;
use serde::Serialize;
use serde::ser::SerializeMap;
use std::sync::Arc;

/// Somebody's place in a ranking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Rank {
    /// Whose place.
    pub kind: RankKind,
    /// The sentence, rendered; empty when the rows say it.
    pub text: Text,
    /// The viewer or winner, where described.
    pub from: Option<Arc<Viewer>>,
    /// Their account, where only that is told.
    pub who: Option<UserId>,
    /// The viewer's place before; 0 none.
    pub before: u64,
    /// The viewer's place now; 0 none.
    pub place: u64,
    /// The room's places, one a ranking.
    pub rows: Vec<RankRow>,
}

/// Whose place in a ranking is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum RankKind {
    /// The host's, in rankings of hosts.
    Room,
    /// A viewer's, among the givers here.
    Viewer,
    /// A host's who won something, here or elsewhere.
    Reward,
}

/// The room's place in one ranking.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RankRow {
    /// The ranking's number: 0 hourly, 1 weekly, 4 rising, 5 rookies, 8 daily, 13 league.
    pub list: u32,
    /// Its name, rendered.
    pub title: Text,
    /// The place; 0 none.
    pub place: u64,
    /// Points; 0 when not told.
    pub score: u64,
    /// Seconds until it is settled; 0 when not told.
    pub seconds_left: u64,
}

/// Most rankings of one message kept; a room is in a handful.
const MAX_ROWS: usize = 16;

/// `WebcastRankUpdateMessage`: the host's places.
pub(super) fn update<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut rank = empty(RankKind::Room);
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 if rank.rows.len() < MAX_ROWS => rank.rows.push(row(field.message()?, context.catalogue)?),
            _ => {}
        }
    }
    Ok(EventKind::Rank(Box::new(rank)))
}

fn row(fields: Fields<'_>, catalogue: &Catalogue) -> Result<RankRow, DecodeError> {
    let mut row = RankRow::default();
    for field in fields {
        let field = field?;
        match field.number {
            1 => row.list = u32::try_from(field.int()?).unwrap_or(0),
            2 => row.place = field.count()?,
            3 => row.title = Display::read(field.bytes()?)?.render(catalogue)?,
            6 => row.seconds_left = field.count()?,
            15 => row.score = field.count()?,
            _ => {}
        }
    }
    Ok(row)
}

/// `WebcastRankTextMessage`: "… just became the No. 2 viewer!"
pub(super) fn text<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut rank = empty(RankKind::Viewer);
    let (mut own, mut other) = (&b""[..], &b""[..]);
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            3 => rank.before = field.count()?,
            4 => rank.place = field.count()?,
            // One source reads plain text here.
            6 => other = field.bytes().unwrap_or_default(),
            7 => rank.who = UserId::from_wire(field.int()?),
            9 => own = field.bytes().unwrap_or_default(),
            _ => {}
        }
    }
    let texts = [context.common.display_text, own, other];
    let display = Display::read(texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default())?;
    rank.from = optional_person(display.user())?;
    rank.text = display.render(context.catalogue)?;
    Ok(EventKind::Rank(Box::new(rank)))
}

/// `WebcastHourlyRankMessage`, gone in 2026: the name of a ranking that the room is in.
pub(super) fn hourly<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut rank = empty(RankKind::Room);
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => {
                let mut row = RankRow::default();
                for field in field.message()? {
                    let field = field?;
                    match field.number {
                        1 => row.list = u32::try_from(field.int()?).unwrap_or(0),
                        4 => row.title = Display::read(field.bytes()?)?.render(context.catalogue)?,
                        _ => {}
                    }
                }
                rank.rows = vec![row];
            }
            _ => {}
        }
    }
    Ok(EventKind::Rank(Box::new(rank)))
}

/// `WebcastHourlyRankRewardMessage`: winners, each with a room notice; the first one is told.
pub(super) fn hourly_reward<'a>(
    context: &mut DecodeContext<'a>,
    message: Fields<'a>,
) -> Result<EventKind, DecodeError> {
    let (mut winner, mut notify) = (None, &b""[..]);
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 if notify.is_empty() => {
                for field in field.message()? {
                    let field = field?;
                    match field.number {
                        1 => winner = UserId::from_wire(field.int()?),
                        3 => notify = field.bytes()?,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    reward(context, winner, notify)
}

/// `WebcastWeeklyRankRewardMessage`: one winner; its header stands in 3.
pub(super) fn weekly_reward<'a>(
    context: &mut DecodeContext<'a>,
    message: Fields<'a>,
) -> Result<EventKind, DecodeError> {
    let (mut winner, mut notify) = (None, &b""[..]);
    for field in message {
        let field = field?;
        match field.number {
            1 => winner = UserId::from_wire(field.int()?),
            3 => context.common = Common::read(field.message()?)?,
            4 => notify = field.bytes()?,
            _ => {}
        }
    }
    reward(context, winner, notify)
}

fn reward(context: &DecodeContext<'_>, who: Option<UserId>, notify: &[u8]) -> Result<EventKind, DecodeError> {
    let notify = Notify::read(Fields::new(notify))?;
    let text = Display::read(notify.common.display_text)?.render(context.catalogue)?;
    Ok(EventKind::Rank(Box::new(Rank { text, who, ..empty(RankKind::Reward) })))
}

fn empty(kind: RankKind) -> Rank {
    Rank { kind, text: Text::default(), from: None, who: None, before: 0, place: 0, rows: Vec::new() }
}

impl EventBody for Rank {
    fn person(&self) -> Option<&Viewer> {
        self.from.as_deref()
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        #[derive(Serialize)]
        struct Row<'a> {
            list: u32,
            title: &'a str,
            place: u64,
            score: u64,
            seconds_left: u64,
        }
        let rows = self.rows.iter().map(|row| Row {
            list: row.list,
            title: row.title.original(),
            place: row.place,
            score: row.score,
            seconds_left: row.seconds_left,
        });
        map.serialize_entry("kind", <&str>::from(self.kind))?;
        map.serialize_entry("text", self.text.original())?;
        map.serialize_entry("who", &id(self.who))?;
        map.serialize_entry("before", &self.before)?;
        map.serialize_entry("place", &self.place)?;
        map.serialize_entry("rows", &rows.collect::<Vec<_>>())
    }
}

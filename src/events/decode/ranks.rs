//! Places in rankings: of the host, of viewers, of winners.

use super::announce::{Notify, somebody};
use super::display::Display;
use super::{Catalogue, Common, Context, DecodeError, EventKind, Fields};
use crate::events::{Rank, RankKind, RankRow};
use crate::ids::UserId;
use crate::text::Text;

/// Most rankings of one message kept; a room is in a handful.
const MAX_ROWS: usize = 16;

/// `WebcastRankUpdateMessage`: the host's places.
pub(super) fn update<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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
pub(super) fn text<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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
    rank.from = somebody(display.user())?;
    rank.text = display.render(context.catalogue)?;
    Ok(EventKind::Rank(Box::new(rank)))
}

/// `WebcastHourlyRankMessage`, gone in 2026: the name of a ranking that the room is in.
pub(super) fn hourly<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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
pub(super) fn hourly_reward<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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
pub(super) fn weekly_reward<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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

fn reward(context: &Context<'_>, who: Option<UserId>, notify: &[u8]) -> Result<EventKind, DecodeError> {
    let notify = Notify::read(Fields::new(notify))?;
    let text = Display::read(notify.common.display_text)?.render(context.catalogue)?;
    Ok(EventKind::Rank(Box::new(Rank { text, who, ..empty(RankKind::Reward) })))
}

fn empty(kind: RankKind) -> Rank {
    Rank { kind, text: Text::default(), from: None, who: None, before: 0, place: 0, rows: Vec::new() }
}

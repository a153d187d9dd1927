//! Events of what helps in a battle: item cards and tasks.

use super::EventKind;
use super::Host;
use super::Notice;
use super::NoticeKind;
use super::Viewer;
use super::decode::Common;
use super::decode::DecodeContext;
use super::decode::EventBody;
use super::decode::display::Display;
use super::decode::people::nested;
use super::json::JsonTally;
use super::json::views::HostView;
use super::json::views::id;
use super::json::views::time;
use crate::clock::Timestamp;
use crate::ids::BattleId;
use crate::ids::UserId;
use crate::text::Text;
use crate::wire::DecodeError;
use crate::wire::Fields;
use serde::Deserialize;
use serde::Serialize;
use serde::ser::SerializeMap;

/// Somebody used or won an item card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct BattleItem {
    /// Which battle.
    pub battle: Option<BattleId>,
    /// Which card.
    pub kind: ItemKind,
    /// The number on the wire.
    pub code: i32,
    /// Who used it, where named.
    pub from: Option<Host>,
    /// The host it helps.
    pub side: Option<UserId>,
    /// The sentence, rendered.
    pub text: Text,
    /// A glove multiplies lucky gifts by this; 0 for other cards.
    pub multiplier: u64,
    /// When it begins to work.
    pub starts_at: Option<Timestamp>,
    /// How long it works, in seconds; 0 when not told.
    pub seconds: u64,
    /// What extra time adds to the battle, in seconds.
    pub extra_seconds: u64,
}

/// The cards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum ItemKind {
    /// 2: some gifts count several times.
    Glove,
    /// 3: the other side no longer sees the points.
    Mist,
    /// 4: somebody won a card.
    Award,
    /// 5: the battle takes longer.
    ExtraTime,
    /// 1: how to get cards.
    Guide,
    /// Others: effects, potions, waves, places; never recorded.
    Other,
}

/// A speed challenge inside a battle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct BattleTask {
    /// Which battle; often not told.
    pub battle: Option<BattleId>,
    /// What happened.
    pub stage: TaskStage,
    /// How far it is, where told.
    pub progress: Option<u64>,
    /// Who brought it on, where told.
    pub from: Option<UserId>,
    /// How it ended; at the end only.
    pub outcome: Option<TaskOutcome>,
}

/// What a task message announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum TaskStage {
    /// 0: it began.
    Started,
    /// 1: it goes on.
    Progress,
    /// 2: it is over.
    Settled,
    /// 3: its reward is over.
    Rewarded,
}

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum TaskOutcome {
    /// 0: done.
    Succeeded,
    /// 1: not done.
    Failed,
    /// 2: done by both sides.
    BothSucceeded,
}

pub(super) fn item<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut item = BattleItem {
        battle: None,
        kind: ItemKind::Other,
        code: 0,
        from: None,
        side: None,
        text: Text::default(),
        multiplier: 0,
        starts_at: None,
        seconds: 0,
        extra_seconds: 0,
    };
    let (mut card, mut text) = (Card::default(), &b""[..]);
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => item.battle = BattleId::from_wire(field.int()?),
            3 => item.code = field.small()?,
            // Each kind of card has a place of its own; they have the same shape where we look, but for the award.
            7 => text = nested(field.message()?, 1)?,
            5 | 6 | 8..=11 | 13 | 14 => card.read(field.message()?, &mut item, &mut text)?,
            _ => {}
        }
    }
    item.kind = kind(item.code);
    item.starts_at = Timestamp::from_wire(if item.kind == ItemKind::Glove { card.glove_start } else { card.start });
    if item.kind != ItemKind::Glove {
        item.multiplier = 0;
    }
    if item.kind == ItemKind::ExtraTime {
        item.extra_seconds = card.extra_seconds;
    }
    item.text = Display::read(text)?.render(context.catalogue)?;
    Ok(EventKind::BattleItem(Box::new(item)))
}

fn kind(number: i32) -> ItemKind {
    match number {
        1 => ItemKind::Guide,
        2 => ItemKind::Glove,
        3 => ItemKind::Mist,
        4 => ItemKind::Award,
        5 => ItemKind::ExtraTime,
        _ => ItemKind::Other,
    }
}

/// The numbers of a card that mean something else on another one; which one it is may come later.
#[derive(Default)]
struct Card {
    start: i64,
    glove_start: i64,
    extra_seconds: u64,
}

impl Card {
    fn read<'a>(&mut self, fields: Fields<'a>, item: &mut BattleItem, text: &mut &'a [u8]) -> Result<(), DecodeError> {
        for field in fields {
            let field = field?;
            match field.number {
                1 => self.info(field.message()?, item)?,
                2 => item.side = UserId::from_wire(field.int()?),
                3 => *text = field.bytes()?,
                _ => {}
            }
        }
        Ok(())
    }

    fn info(&mut self, info: Fields<'_>, item: &mut BattleItem) -> Result<(), DecodeError> {
        for field in info {
            let field = field?;
            match field.number {
                4 => item.from = Some(host(Fields::new(nested(field.message()?, 1)?))?),
                5 => item.seconds = field.count()?,
                // Of cards that were never recorded these are other things, some of them texts.
                7 => self.start = field.int().unwrap_or(0),
                8 => item.multiplier = field.count().unwrap_or(0),
                9 => self.extra_seconds = field.count().unwrap_or(0),
                11 => self.glove_start = field.int().unwrap_or(0),
                _ => {}
            }
        }
        Ok(())
    }
}

fn host(user: Fields<'_>) -> Result<Host, DecodeError> {
    let mut host = Host::default();
    for field in user {
        let field = field?;
        match field.number {
            1 => host.id = UserId::from_wire(field.int()?),
            2 => host.nickname = field.text()?,
            4 => host.unique_id = field.text()?,
            _ => {}
        }
    }
    Ok(host)
}

pub(super) fn task<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut task = BattleTask { battle: None, stage: TaskStage::Started, progress: None, from: None, outcome: None };
    let mut result = 0;
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => task.stage = stage(field.small()?),
            4 => progress(field.message()?, &mut task)?,
            // An empty settlement is a success: 0 is left out.
            5 => result = first_number(field.message()?)?,
            20 => task.battle = BattleId::from_wire(field.int()?),
            _ => {}
        }
    }
    if task.stage == TaskStage::Settled {
        task.outcome = match result {
            0 => Some(TaskOutcome::Succeeded),
            1 => Some(TaskOutcome::Failed),
            2 => Some(TaskOutcome::BothSucceeded),
            _ => None,
        };
    }
    Ok(EventKind::BattleTask(task))
}

fn stage(number: i32) -> TaskStage {
    match number {
        1 => TaskStage::Progress,
        2 => TaskStage::Settled,
        3 => TaskStage::Rewarded,
        _ => TaskStage::Started,
    }
}

fn progress(update: Fields<'_>, task: &mut BattleTask) -> Result<(), DecodeError> {
    for field in update {
        let field = field?;
        match field.number {
            1 => task.progress = Some(field.count()?),
            2 => task.from = UserId::from_wire(field.int()?),
            _ => {}
        }
    }
    Ok(())
}

fn first_number(fields: Fields<'_>) -> Result<i32, DecodeError> {
    for field in fields {
        let field = field?;
        if field.number == 1 {
            return field.small();
        }
    }
    Ok(0)
}

/// `WebcastLinkmicBattleNoticeMessage`: rules of a battle, such as the one gift that counts.
pub(super) fn notice<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let (mut number, mut text) = (0, &b""[..]);
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => number = field.small()?,
            8 => text = nested(field.message()?, 1)?,
            _ => {}
        }
    }
    Ok(EventKind::Notice(Notice {
        kind: NoticeKind::Battle,
        text: Display::read(text)?.render(context.catalogue)?,
        scene: Text::from(format_args!("battle_notice_{number}")),
    }))
}

impl EventBody for BattleItem {
    fn person(&self) -> Option<&Viewer> {
        None
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("battle_id", &id(self.battle))?;
        map.serialize_entry("kind", <&str>::from(self.kind))?;
        map.serialize_entry("code", &self.code)?;
        map.serialize_entry("from", &self.from.as_ref().map(HostView::new))?;
        map.serialize_entry("side", &id(self.side))?;
        map.serialize_entry("text", self.text.original())?;
        map.serialize_entry("multiplier", &self.multiplier)?;
        map.serialize_entry("starts_at", &time(self.starts_at))?;
        map.serialize_entry("seconds", &self.seconds)?;
        map.serialize_entry("extra_seconds", &self.extra_seconds)
    }
}

impl EventBody for BattleTask {
    fn person(&self) -> Option<&Viewer> {
        None
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("battle_id", &id(self.battle))?;
        map.serialize_entry("action", <&str>::from(self.stage))?;
        map.serialize_entry("progress", &self.progress)?;
        map.serialize_entry("from_id", &id(self.from))?;
        map.serialize_entry("outcome", &self.outcome.map(<&str>::from))
    }
}

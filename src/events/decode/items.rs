//! What helps in a battle: item cards, tasks, and what a battle announces.

use super::display::Display;
use super::people::nested;
use super::{Common, Context, DecodeError, EventKind, Fields};
use crate::clock::Timestamp;
use crate::events::{BattleItem, BattleTask, Host, ItemKind, Notice, NoticeKind, TaskOutcome, TaskStage};
use crate::ids::{BattleId, UserId};
use crate::text::Text;

pub(super) fn item<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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

pub(super) fn task<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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
pub(super) fn notice<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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

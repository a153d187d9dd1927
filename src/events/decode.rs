//! From a wire message to an event: the table of methods, and what all messages share.
//!
//! Each family of messages has a file of its own below; a reading is a function from the message's fields to an
//! [`EventKind`]. Reading is stateless: what a gift adds and who leads a battle is for `room` to say.
//!
//! Invariants: decoding never fails and never panics; a message that cannot be read is an [`Unknown`] with its reason;
//! fields may come in any order.

mod announce;
mod audience;
mod battles;
mod display;
mod gifts;
mod items;
mod links;
mod minor;
mod moderation;
mod people;
mod pins;
mod polls;
mod ranks;
mod room_notice;
mod talk;

use std::sync::Arc;

use super::{Catalogue, EventKind, RoomEvent, Unknown};
use crate::clock::{Moment, Timestamp};
use crate::ids::{MsgId, RoomId};
use crate::text::Text;
use crate::wire::{DecodeError, Fields, Message};

/// Reads messages with the gift facts of one room.
#[derive(Clone, Debug)]
pub struct Decoder {
    catalogue: Arc<Catalogue>,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new(Catalogue::built_in())
    }
}

/// Reads one message with the built-in gift facts.
pub fn decode(message: &Message, at: Moment) -> RoomEvent {
    Decoder::default().decode(message, at)
}

impl Decoder {
    /// A decoder that looks gifts up in `catalogue` where a message leaves facts out.
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        Self { catalogue }
    }

    /// Reads one message; `at` is when it was received.
    pub fn decode(&self, message: &Message, at: Moment) -> RoomEvent {
        let mut context = Context { catalogue: &self.catalogue, common: Common::default() };
        let kind = read(&mut context, message);
        let common = context.common;
        RoomEvent {
            at,
            server_at: common.created,
            id: message.msg_id.or(common.msg_id),
            room_id: common.room_id,
            history: message.history,
            kind,
        }
    }
}

/// A reading of one family: its message's fields in, what happened out.
type Reading = for<'a> fn(&mut Context<'a>, Fields<'a>) -> Result<EventKind, DecodeError>;

/// The table. Methods that are not here are named and counted.
fn reading(method: &str) -> Option<Reading> {
    Some(match method {
        "WebcastChatMessage" => talk::chat,
        "WebcastEmoteChatMessage" => talk::emote_chat,
        "WebcastQuestionNewMessage" => talk::question,
        "WebcastLiveIntroMessage" => talk::intro,

        "WebcastCaptionMessage" => talk::caption,
        "WebcastRoomPinMessage" => pins::pin,
        "WebcastQuestionSelectedMessage" => pins::selected,
        "WebcastQuestionSlideDownMessage" => pins::slide_down,
        "WebcastQuestionDeleteMessage" => pins::deleted,
        "WebcastQuestionSwitchMessage" => pins::switch,
        "WebcastPollMessage" => polls::poll,
        "WebcastGoalUpdateMessage" => polls::goal,

        "WebcastMemberMessage" => audience::member,
        "WebcastUnauthorizedMemberMessage" => audience::guest,
        "WebcastSocialMessage" => audience::social,
        "WebcastLikeMessage" => audience::like,
        "WebcastRoomUserSeqMessage" => audience::viewers,

        "WebcastGiftMessage" => gifts::gift,
        "WebcastEnvelopeMessage" => gifts::envelope,
        "WebcastSubNotifyMessage" => gifts::subscribe,
        "WebcastBarrageMessage" => gifts::barrage,

        "WebcastControlMessage" => room_notice::control,
        "RoomMessage" | "WebcastSystemMessage" => room_notice::system,
        "WebcastRoomMessage" => room_notice::room,
        "WebcastBottomMessage" => room_notice::bottom,
        "WebcastImDeleteMessage" => room_notice::delete,

        "WebcastLinkMicBattle" => battles::battle,
        "WebcastLinkMicArmies" => battles::points,
        "WebcastLinkMicBattlePunishFinish" => battles::punish_finish,
        "WebcastLinkMicBattleItemCard" => items::item,
        "WebcastLinkmicBattleTaskMessage" => items::task,
        "WebcastLinkmicBattleNoticeMessage" => items::notice,

        "WebcastLinkMicFanTicketMethod" => links::tickets,
        "WebcastLinkMicMethod" | "LinkMicMethod" => links::signal,
        "WebcastLinkMessage" => links::message,
        "WebcastLinkLayerMessage" => links::layer,
        "WebcastLinkStateMessage" => links::state,
        "WebcastLinkMicLayoutStateMessage" => links::layout,

        "WebcastRankUpdateMessage" => ranks::update,
        "WebcastRankTextMessage" => ranks::text,
        "WebcastHourlyRankMessage" => ranks::hourly,
        "WebcastHourlyRankRewardMessage" => ranks::hourly_reward,
        "WebcastWeeklyRankRewardMessage" => ranks::weekly_reward,
        "WebcastRoomNotifyMessage" => announce::room_notify,
        "WebcastGiftBroadcastMessage" => announce::gift_broadcast,
        "WebcastMarqueeAnnouncementMessage" => announce::marquee,
        "WebcastInRoomBannerMessage" => announce::banner,
        "WebcastOecLiveShoppingMessage" => announce::shop,

        "WebcastAccessRecallMessage" => moderation::access_recall,
        "WebcastPerceptionMessage" => moderation::perception,
        "RoomVerifyMessage" | "WebcastRoomVerifyMessage" => moderation::room_verify,
        "WebcastAccessControlMessage" => moderation::access_control,
        method => return minor::reading(method),
    })
}

fn read<'a>(context: &mut Context<'a>, message: &'a Message) -> EventKind {
    let error = match reading(&message.method) {
        // No message is without its header; an empty one would read as somebody's empty comment.
        Some(_) if message.payload.is_empty() => {
            Some(Text::from(format_args!("{}", DecodeError::Missing { field: 1 })))
        }
        Some(reading) => match reading(context, Fields::new(&message.payload)) {
            Ok(kind) => return kind,
            Err(error) => Some(Text::from(format_args!("{error}"))),
        },
        None => None,
    };
    EventKind::Unknown(Unknown { method: Text::new(&message.method), bytes: message.payload.len(), error })
}

/// What a reading may look at and fill besides its own fields.
struct Context<'a> {
    catalogue: &'a Catalogue,
    common: Common<'a>,
}

/// The header that every message carries in field 1.
#[derive(Default)]
struct Common<'a> {
    msg_id: Option<MsgId>,
    room_id: Option<RoomId>,
    created: Option<Timestamp>,
    /// The sentence to show, unread: most readings never look.
    display_text: &'a [u8],
}

impl<'a> Common<'a> {
    fn read(fields: Fields<'a>) -> Result<Self, DecodeError> {
        let mut common = Self::default();
        for field in fields {
            let field = field?;
            match field.number {
                2 => common.msg_id = MsgId::from_wire(field.int()?),
                3 => common.room_id = RoomId::from_wire(field.int()?),
                4 => common.created = Timestamp::from_wire(field.int()?),
                8 => common.display_text = field.bytes()?,
                _ => {}
            }
        }
        Ok(common)
    }
}

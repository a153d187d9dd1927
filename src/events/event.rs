//! Table of the kinds of events: everything that can happen in a room.

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize};

use super::decode::{DecodeFn, EventBody};
use super::json::JsonTally;
use super::minor::minor_event;
use super::{
    Announcement, Banner, Barrage, BattleEvent, BattleItem, BattlePoints, BattleTask, Caption, Chat, Control, Delete,
    EmoteChat, Envelope, Follow, Gap, Gift, Goal, GuestTickets, Info, Intro, Join, Like, Link, LiveStart, MinorEvent,
    Moderation, Notice, Phase, Pin, Poll, Question, QuestionUpdate, Rank, Share, Shop, StreakClosed, Subscribe,
    Unknown, Viewer, Viewers,
};
use super::{announce, audience, battle, gift, item, link, moderation, pin, poll, rank, room_notice, talk};
use crate::clock::{Moment, Timestamp};
use crate::ids::{MsgId, RoomId};

/// One thing that happened in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RoomEvent {
    /// When we received it (when it was captured, in a replay).
    pub at: Moment,
    /// The message's own time; often missing, and hours old on entry messages.
    pub server_at: Option<Timestamp>,
    /// The message's id; nothing for what we say ourselves.
    pub id: Option<MsgId>,
    /// The live the message says it belongs to.
    pub room_id: Option<RoomId>,
    /// Part of the backlog that the service sends on entry.
    pub history: bool,
    /// What happened.
    pub kind: EventKind,
}

impl RoomEvent {
    /// An event that no message stands behind.
    pub fn new(at: Moment, kind: EventKind) -> Self {
        Self { at, server_at: None, id: None, room_id: None, history: false, kind }
    }
}

/// The table of kinds. A row is a kind with what it carries and the `type` of its JSON lines, and the methods whose messages
/// are read as it. A reading may find another kind in its message (a share comes as a follow does), so a row may have none.
///
/// A new kind is one row here. The compiler then asks for its [`EventBody`] (the JSON fields, the person) and for an arm in
/// `room/reduce.rs`; where that gives it a row in the log, the chat pane has to say how it looks.
macro_rules! event_kinds {
    (
        service { $($(#[$doc:meta])* $kind:ident($body:ty) = $name:literal
            $({ $($($method:literal)|+ => $reading:expr,)+ })?,)+ }
        ours { $($(#[$our_doc:meta])* $our_kind:ident($our_body:ty) = $our_name:literal,)+ }
    ) => {
        /// What can happen. The first part is said by the service, the second by us.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(not(feature = "internals"), non_exhaustive)]
        pub enum EventKind {
            $($(#[$doc])* $kind($body),)+
            $($(#[$our_doc])* $our_kind($our_body),)+
        }

        /// What we say ourselves, borrowed from its [`EventKind`]. Whoever matches on this names every kind of it and need
        /// not know those of the service.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[cfg_attr(not(feature = "internals"), non_exhaustive)]
        pub enum OwnEvent<'e> {
            $($(#[$our_doc])* $our_kind(&'e $our_body),)+
        }

        impl EventKind {
            /// Every `type` of a JSON line, in the order of the table; a closed streak has that of a gift.
            pub const TYPE_NAMES: &[&str] = &[$($name,)+ $($our_name,)+];

            /// The same as what we say ourselves; nothing for a message of the service.
            pub fn as_own(&self) -> Option<OwnEvent<'_>> {
                match self {
                    $(Self::$kind(_) => None,)+
                    $(Self::$our_kind(body) => Some(OwnEvent::$our_kind(body)),)+
                }
            }

            /// The `type` of its JSON lines.
            pub fn type_name(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => $name,)+
                    $(Self::$our_kind(_) => $our_name,)+
                }
            }

            /// Whether it is a message of the service rather than something we say ourselves.
            pub fn is_from_service(&self) -> bool {
                match self {
                    $(Self::$kind(_) => true,)+
                    $(Self::$our_kind(_) => false,)+
                }
            }

            /// The person it is about, where it names one.
            pub fn person(&self) -> Option<&Viewer> {
                match self {
                    $(Self::$kind(body) => body.person(),)+
                    $(Self::$our_kind(body) => body.person(),)+
                }
            }

            /// Writes its own fields of a JSON line.
            pub(super) fn write_json<M: SerializeMap>(
                &self,
                map: &mut M,
                tally: Option<JsonTally<'_>>,
            ) -> Result<(), M::Error> {
                match self {
                    $(Self::$kind(body) => body.write_json(map, tally),)+
                    $(Self::$our_kind(body) => body.write_json(map, tally),)+
                }
            }
        }

        /// The reading of a method. Methods that are not here are named and counted.
        pub(super) fn reading(method: &str) -> Option<DecodeFn> {
            Some(match method {
                $($($($($method)|+ => $reading,)+)?)+
                _ => return None,
            })
        }
    };
}

event_kinds! {
    service {
        /// A comment.
        Chat(Chat) = "chat" {
            "WebcastChatMessage" => talk::chat,
        },
        /// A subscriber's sticker.
        Emote(EmoteChat) = "emote" {
            "WebcastEmoteChatMessage" => talk::emote_chat,
        },
        /// A gift, or one more of a streak.
        Gift(Box<Gift>) = "gift" {
            "WebcastGiftMessage" => gift::gift,
        },
        /// Taps of one viewer.
        Like(Like) = "like" {
            "WebcastLikeMessage" => audience::like,
        },
        /// Somebody came in.
        Join(Join) = "join" {
            "WebcastMemberMessage" => audience::member,
            "WebcastUnauthorizedMemberMessage" => audience::guest,
        },
        /// Somebody followed the host.
        Follow(Follow) = "follow" {
            "WebcastSocialMessage" => audience::social,
        },
        /// Somebody shared the live. Read with [`Follow`](Self::Follow).
        Share(Share) = "share",
        /// How many watch.
        Viewers(Viewers) = "viewers" {
            "WebcastRoomUserSeqMessage" => audience::viewers,
        },
        /// Pause, resume, end.
        Control(Control) = "control" {
            "WebcastControlMessage" => room_notice::control,
        },
        /// A question to the host.
        Question(Question) = "question" {
            "WebcastQuestionNewMessage" => talk::question,
        },
        /// A battle began, ended or changed phase.
        Battle(Box<BattleEvent>) = "battle" {
            "WebcastLinkMicBattle" => battle::battle,
            "WebcastLinkMicBattlePunishFinish" => battle::punish_finish,
        },
        /// Points of a battle.
        BattlePoints(Box<BattlePoints>) = "battle_points" {
            "WebcastLinkMicArmies" => battle::points,
        },
        /// The host's welcome line.
        Intro(Intro) = "intro" {
            "WebcastLiveIntroMessage" => talk::intro,
        },
        /// A text of the room itself: welcome, warning, "joined the team".
        Notice(Notice) = "notice" {
            "RoomMessage" | "WebcastSystemMessage" => room_notice::system,
            "WebcastRoomMessage" => room_notice::room,
            "WebcastBottomMessage" => room_notice::bottom,
            "WebcastLinkmicBattleNoticeMessage" => item::notice,
        },
        /// Messages or people's messages were removed.
        Delete(Delete) = "delete" {
            "WebcastImDeleteMessage" => room_notice::delete,
        },
        /// A treasure chest.
        Envelope(Envelope) = "envelope" {
            "WebcastEnvelopeMessage" => gift::envelope,
        },
        /// Somebody subscribed.
        Subscribe(Subscribe) = "subscribe" {
            "WebcastSubNotifyMessage" => gift::subscribe,
        },
        /// A banner for one viewer: high level joins, level-ups.
        Barrage(Barrage) = "barrage" {
            "WebcastBarrageMessage" => gift::barrage,
        },
        /// What the host says, written down by the service.
        Caption(Caption) = "caption" {
            "WebcastCaptionMessage" => talk::caption,
        },
        /// A poll began, got votes or ended.
        Poll(Box<Poll>) = "poll" {
            "WebcastPollMessage" => poll::poll,
        },
        /// A goal of the host came nearer.
        Goal(Box<Goal>) = "goal" {
            "WebcastGoalUpdateMessage" => poll::goal,
        },
        /// A message was pinned or taken down.
        Pin(Box<Pin>) = "pin" {
            "WebcastRoomPinMessage" => pin::pin,
        },
        /// A question was shown, answered or deleted.
        QuestionUpdate(QuestionUpdate) = "question_update" {
            "WebcastQuestionSelectedMessage" => pin::selected,
            "WebcastQuestionSlideDownMessage" => pin::slide_down,
            "WebcastQuestionDeleteMessage" => pin::deleted,
            "WebcastQuestionSwitchMessage" => pin::switch,
        },
        /// Somebody's place in a ranking.
        Rank(Box<Rank>) = "rank" {
            "WebcastRankUpdateMessage" => rank::update,
            "WebcastRankTextMessage" => rank::text,
            "WebcastHourlyRankMessage" => rank::hourly,
            "WebcastHourlyRankRewardMessage" => rank::hourly_reward,
            "WebcastWeeklyRankRewardMessage" => rank::weekly_reward,
        },
        /// The line of guests or co-hosts changed.
        Link(Box<Link>) = "link" {
            "WebcastLinkMicMethod" | "LinkMicMethod" => link::signal,
            "WebcastLinkMessage" => link::message,
            "WebcastLinkLayerMessage" => link::layer,
            "WebcastLinkStateMessage" => link::state,
            "WebcastLinkMicLayoutStateMessage" => link::layout,
        },
        /// What guests were given.
        GuestTickets(GuestTickets) = "guest_tickets" {
            "WebcastLinkMicFanTicketMethod" => link::tickets,
        },
        /// A card was used or won in a battle.
        BattleItem(Box<BattleItem>) = "battle_item" {
            "WebcastLinkMicBattleItemCard" => item::item,
        },
        /// A speed challenge in a battle.
        BattleTask(BattleTask) = "battle_task" {
            "WebcastLinkmicBattleTaskMessage" => item::task,
        },
        /// The host's shop.
        Shop(Shop) = "shop" {
            "WebcastOecLiveShoppingMessage" => announce::shop,
        },
        /// TikTok's own moderation.
        Moderation(Box<Moderation>) = "moderation" {
            "WebcastAccessRecallMessage" => moderation::access_recall,
            "WebcastPerceptionMessage" => moderation::perception,
            "RoomVerifyMessage" | "WebcastRoomVerifyMessage" => moderation::room_verify,
            "WebcastAccessControlMessage" => moderation::access_control,
        },
        /// A campaign's banner.
        Banner(Banner) = "banner" {
            "WebcastInRoomBannerMessage" => announce::banner,
        },
        /// A sentence for many rooms at once.
        Announcement(Announcement) = "announcement" {
            "WebcastRoomNotifyMessage" => announce::room_notify,
            "WebcastGiftBroadcastMessage" => announce::gift_broadcast,
            "WebcastMarqueeAnnouncementMessage" => announce::marquee,
        },
        /// A message that changes nothing we keep.
        Minor(MinorEvent) = "side_show" {
            "WebcastBoostCardMessage" => minor_event!("boost_card", 0, 0, 0),
            "WebcastCapsuleMessage" => minor_event!("capsule", 6, 3, 0),
            "WebcastEnvelopePortalMessage" => minor_event!("envelope_portal", 0, 0, 0),
            "WebcastGameRankNotifyMessage" => minor_event!("game_rank_notify", 2, 3, 0),
            "WebcastGiftCollectionUpdateMessage" => minor_event!("gift_collection_update", 0, 0, 0),
            "WebcastGiftDynamicRestrictionMessage" => minor_event!("gift_dynamic_restriction", 0, 0, 0),
            "WebcastGiftPanelUpdateMessage" => minor_event!("gift_panel_update", 0, 0, 0),
            "WebcastGiftPromptMessage" => minor_event!("gift_prompt", 0, 0, 3),
            "WebcastGuideMessage" => minor_event!("guide", 2, 0, 4),
            "WebcastLiveGameIntroMessage" => minor_event!("live_game_intro", 0, 2, 0),
            "WebcastMsgDetectMessage" => minor_event!("msg_detect", 2, 0, 6),
            "WebcastNoticeMessage" => minor_event!("notice", 3, 11, 2),
            "WebcastPartnershipCardChangeMessage" => minor_event!("partnership_card_change", 3, 0, 0),
            "WebcastPartnershipDownloadCountMessage" => minor_event!("partnership_download_count", 0, 0, 0),
            "WebcastPartnershipDropsUpdateMessage" => minor_event!("partnership_drops_update", 0, 0, 0),
            "WebcastPartnershipGameOfflineMessage" => minor_event!("partnership_game_offline", 0, 0, 0),
            "WebcastPartnershipPunishMessage" => minor_event!("partnership_punish", 0, 0, 0),
            "WebcastSpeakerMessage" => minor_event!("speaker", 0, 0, 0),
            "WebcastSubPinEventMessage" => minor_event!("sub_pin_event", 2, 0, 0),
            "WebcastToastMessage" => minor_event!("toast", 0, 0, 0),
            "WebcastViewerPicksUpdateMessage" => minor_event!("viewer_picks_update", 0, 0, 0),
            "WebcastWishlistUpdateMessage" => minor_event!("wishlist_update", 0, 0, 0),
        },
        /// A message we have no reading for, or could not read.
        Unknown(Unknown) = "unknown",
    }
    ours {
        /// The room's phase changed.
        State(Phase) = "state",
        /// Time in which we saw nothing.
        Gap(Gap) = "gap",
        /// A new live began: totals start at zero.
        Live(LiveStart) = "live",
        /// What `room/info` reported.
        Info(Box<Info>) = "info",
        /// We closed a streak whose end never came.
        StreakClosed(Box<StreakClosed>) = "gift",
    }
}

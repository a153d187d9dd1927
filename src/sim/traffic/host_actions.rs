//! Actions of a simulated host while the talk goes on: a poll, a goal, a pinned comment, questions that are answered,
//! captions, guests, ranks. One thing every few seconds, in a round that repeats.

use super::{SECOND, Traffic, viewer_actions};
use crate::sim::message::{self, MessageHead, user_text};
use crate::wire::pb;

/// The round begins when the first people have talked.
pub(super) const FIRST: u64 = 6 * SECOND;
const EVERY: u64 = 4 * SECOND;
/// Steps of a round.
const ROUND: u64 = 16;
/// The poll runs over so many steps.
const POLL_STEPS: u64 = 8;
const TARGET: i64 = 50;

const OPTIONS: [&str; 2] = ["the blue one", "the red one"];
const CAPTIONS: [&str; 5] = [
    "hello and welcome to everybody who just came in",
    "so the next one is a slow song",
    "let me look at your questions",
    "thank you for the roses",
    "I will be back tomorrow at the same time",
];

/// What the host has put up so far.
#[derive(Clone, Debug, Default)]
pub(super) struct HostActions {
    poll: i64,
    votes: [i64; 2],
    progress: i64,
    pin: i64,
    question: Option<pb::Question>,
}

impl Traffic {
    /// One step of the round, and the next one planned.
    pub(super) fn host_action(&mut self, at: u64, step: u64) {
        self.plan(at + EVERY, super::Step::HostAction(step + 1));
        let head = self.head(at);
        let message = match step % ROUND {
            0 => self.poll(head, 0),
            POLL_STEPS => self.poll(head, 1),
            1 | 3 | 5 => self.poll(head, 2),
            2 => self.goal(head),
            4 => self.pin(head, true),
            12 => self.pin(head, false),
            9 => self.new_question(head),
            10 => self.select_question(head),
            13 => self.remove_question(head),
            6 => self.rank(head),
            11 => self.fan_tickets(head),
            14 => self.room_rank(head),
            _ => self.caption(head),
        };
        self.outgoing.push(message);
    }

    /// Start (0), end (1) or votes (2).
    fn poll(&mut self, head: MessageHead, message_type: i32) -> pb::Message {
        if message_type == 0 {
            self.host_actions.poll = head.msg_id;
            self.host_actions.votes = [0, 0];
        } else {
            self.host_actions.votes = self.host_actions.votes.map(|votes| votes + self.rng.i64(0..9));
        }
        let option = |(index, votes): (usize, i64)| pb::PollOption {
            votes,
            display_content: OPTIONS.get(index).copied().unwrap_or_default().to_owned(),
            option_idx: index as i32,
        };
        let option_list: Vec<_> = self.host_actions.votes.into_iter().enumerate().map(option).collect();
        let start = pb::PollStart {
            start_time: head.at_ms,
            end_time: head.at_ms + (POLL_STEPS * EVERY / 1_000) as i64,
            option_list: option_list.clone(),
            operator: Some(self.cast.host.clone()),
            ..pb::PollStart::default()
        };
        let body = pb::PollMessage {
            common: Some(head.common("WebcastPollMessage", None)),
            message_type,
            poll_id: self.host_actions.poll,
            start_content: (message_type == 0).then_some(start),
            end_content: (message_type == 1)
                .then(|| pb::PollEnd { option_list: option_list.clone(), ..pb::PollEnd::default() }),
            update_votes_content: (message_type == 2).then_some(pb::PollVotes { option_list, operator: None }),
        };
        head.wrap("WebcastPollMessage", &body)
    }

    fn goal(&mut self, head: MessageHead) -> pb::Message {
        let from = self.crowd.any(&mut self.rng).user;
        let count = self.rng.i64(1..12);
        self.host_actions.progress = (self.host_actions.progress + count).min(TARGET);
        let rose = pb::SubGoalGift { name: "Rose".to_owned(), diamond_count: 1 };
        let part = pb::SubGoal {
            r#type: 1,
            id: 5_655,
            progress: self.host_actions.progress,
            target: TARGET,
            gift: Some(rose),
        };
        let goal = pb::Goal {
            id: self.cast.first_id + 1,
            r#type: 1,
            status: 2,
            sub_goals: vec![part],
            description: "A new guitar string".to_owned(),
            start_time: self.cast.began_ms / 1_000,
            expire_time: self.cast.began_ms / 1_000 + 14_400,
            ..pb::Goal::default()
        };
        let body = pb::GoalUpdateMessage {
            common: Some(head.common("WebcastGoalUpdateMessage", None)),
            goal: Some(goal),
            contributor_id: from.id,
            contributor_display_id: from.display_id,
            contribute_count: count,
            contribute_score: count,
        };
        head.wrap("WebcastGoalUpdateMessage", &body)
    }

    /// The host pins a comment; the unpin names the pin and nothing of the comment but its id.
    fn pin(&mut self, head: MessageHead, up: bool) -> pb::Message {
        if up {
            self.host_actions.pin = head.msg_id;
        }
        let inner = MessageHead { msg_id: self.host_actions.pin - 1, ..head };
        let mut chat = pb::ChatMessage { common: Some(inner.common("WebcastChatMessage", None)), ..Default::default() };
        if up {
            chat.user = Some(self.crowd.any(&mut self.rng).user);
            viewer_actions::comment(&mut self.rng).clone_into(&mut chat.content);
        }
        let body = pb::RoomPinMessage {
            common: Some(head.common("WebcastRoomPinMessage", None)),
            chat_message: Some(chat),
            method: "WebcastChatMessage".to_owned(),
            pin_time: head.at_ms,
            operator: Some(pb::User { id: self.cast.host.id, ..pb::User::default() }),
            action: if up { 1 } else { 2 },
            display_duration: if up { 60 } else { 0 },
            pin_msg_id: self.host_actions.pin,
            ..pb::RoomPinMessage::default()
        };
        head.wrap("WebcastRoomPinMessage", &body)
    }

    fn new_question(&mut self, head: MessageHead) -> pb::Message {
        let from = self.crowd.any(&mut self.rng).user;
        let message = message::question(head, from.clone(), viewer_actions::question(&mut self.rng));
        // The same words again when the host shows it.
        self.host_actions.question = <pb::QuestionNewMessage as prost::Message>::decode(message.payload.clone())
            .ok()
            .and_then(|question| question.data);
        message
    }

    fn select_question(&mut self, head: MessageHead) -> pb::Message {
        let common = Some(head.common("WebcastQuestionSelectedMessage", None));
        let body = pb::QuestionSelectedMessage { common, data: self.host_actions.question.clone() };
        head.wrap("WebcastQuestionSelectedMessage", &body)
    }

    fn remove_question(&mut self, head: MessageHead) -> pb::Message {
        let question_id = self.host_actions.question.take().map_or(0, |question| question.question_id);
        let common = Some(head.common("WebcastQuestionSlideDownMessage", None));
        head.wrap("WebcastQuestionSlideDownMessage", &pb::QuestionSlideDownMessage { common, question_id })
    }

    fn rank(&mut self, head: MessageHead) -> pb::Message {
        let who = self.crowd.any(&mut self.rng).user;
        let text = user_text("pm_mt_topviewer_comment", "{0:user} just became the No. 3 viewer!", &who);
        let body = pb::RankTextMessage {
            common: Some(head.common("WebcastRankTextMessage", Some(text))),
            scene: 1,
            owner_idx_before_update: 4,
            owner_idx_after_update: 3,
            cur_user_id: who.id,
            ..pb::RankTextMessage::default()
        };
        head.wrap("WebcastRankTextMessage", &body)
    }

    fn room_rank(&mut self, head: MessageHead) -> pb::Message {
        let title = pb::Text {
            key: "pm_mt_Live_WR".to_owned(),
            default_pattern: "Weekly Ranking".to_owned(),
            pieces: Vec::new(),
        };
        let row = pb::RankUpdate {
            rank_type: 1,
            own_rank: self.rng.i64(5..60),
            default_content: Some(title),
            countdown: 86_400,
            current_score: 0,
        };
        let common = Some(head.common("WebcastRankUpdateMessage", None));
        head.wrap("WebcastRankUpdateMessage", &pb::RankUpdateMessage { common, updates: vec![row] })
    }

    fn fan_tickets(&mut self, head: MessageHead) -> pb::Message {
        let coins = self.host_actions.progress * 3;
        let users = vec![pb::UserFanTicket { user_id: self.cast.host.id, fan_ticket: coins }];
        let notice = Some(pb::FanTicketNotice { users, total: coins });
        let common = Some(head.common("WebcastLinkMicFanTicketMethod", None));
        head.wrap("WebcastLinkMicFanTicketMethod", &pb::LinkMicFanTicketMethod { common, notice })
    }

    /// A caption has no time of its own in its header.
    fn caption(&mut self, head: MessageHead) -> pb::Message {
        let content = self.rng.choice(CAPTIONS).unwrap_or("hello").to_owned();
        let body = pb::CaptionMessage {
            common: Some(MessageHead { at_ms: 0, ..head }.common("WebcastCaptionMessage", None)),
            timestamp_ms: head.at_ms,
            duration_ms: 2_500,
            content: vec![pb::CaptionText { lang: "en".to_owned(), content }],
            ..pb::CaptionMessage::default()
        };
        head.wrap("WebcastCaptionMessage", &body)
    }
}

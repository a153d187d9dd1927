//! Invented polls, goals, captions, pins and answers to questions.

use tiktop::wire::{Message, pb};

use super::{ANA, BEN, HOST, THEN, ben, chat, common, gift, message, user};

pub(crate) fn options(votes: [i64; 2]) -> Vec<pb::PollOption> {
    let option = |(index, votes): (usize, i64)| pb::PollOption {
        votes,
        display_content: ["the blue one", "the red one"][index].to_owned(),
        option_idx: index as i32,
    };
    votes.into_iter().enumerate().map(option).collect()
}

pub(crate) fn poll() -> pb::PollMessage {
    pb::PollMessage {
        common: common(),
        poll_id: 7_300_000_000_000_000_061,
        start_content: Some(pb::PollStart {
            start_time: THEN,
            end_time: THEN + 60_000,
            option_list: options([0, 0]),
            title: String::new(),
            operator: Some(user(HOST, "the.host", "The Host")),
        }),
        ..Default::default()
    }
}

pub(crate) fn votes(message_type: i32, votes: [i64; 2]) -> pb::PollMessage {
    let option_list = options(votes);
    let over = message_type == 1;
    pb::PollMessage {
        message_type,
        start_content: None,
        end_content: over.then(|| pb::PollEnd { option_list: option_list.clone(), ..Default::default() }),
        update_votes_content: (!over).then(|| pb::PollVotes { option_list, ..Default::default() }),
        ..poll()
    }
}

pub(crate) fn goal(progress: i64) -> pb::GoalUpdateMessage {
    let rose = pb::SubGoalGift { name: "Rose".to_owned(), diamond_count: 1 };
    let goal = pb::Goal {
        id: 7_300_000_000_000_000_071,
        r#type: 1,
        status: 2,
        sub_goals: vec![pb::SubGoal { r#type: 1, id: 5_655, progress, target: 100, gift: Some(rose) }],
        description: "A new guitar string".to_owned(),
        start_time: 1_700_000_000,
        expire_time: 1_700_014_400,
        contributors: vec![pb::GoalContributor { user_id: ANA, display_id: "ana.sings".to_owned(), score: 40 }],
        ..Default::default()
    };
    pb::GoalUpdateMessage {
        common: common(),
        goal: Some(goal),
        contributor_id: BEN,
        contributor_display_id: "ben_77".to_owned(),
        contribute_count: 3,
        contribute_score: 3,
    }
}

pub(crate) fn pin(action: i32) -> pb::RoomPinMessage {
    let shown = action == 1;
    let header = Some(pb::Common { msg_id: 776, ..Default::default() });
    let down = pb::ChatMessage { common: header.clone(), ..Default::default() };
    let up = pb::ChatMessage { common: header, user: Some(ben()), ..chat("Rules: be kind") };
    pb::RoomPinMessage {
        common: common(),
        chat_message: Some(if shown { up } else { down }),
        method: "WebcastChatMessage".to_owned(),
        pin_time: THEN,
        operator: Some(pb::User { id: HOST, user_attr: Some(pb::UserAttr::default()), ..Default::default() }),
        action,
        display_duration: if shown { 60 } else { 0 },
        pin_msg_id: 7_300_000_000_000_000_081,
        ..Default::default()
    }
}

pub(crate) fn pinned_gift() -> pb::RoomPinMessage {
    pb::RoomPinMessage {
        chat_message: None,
        gift_message: Some(gift()),
        method: "WebcastGiftMessage".to_owned(),
        pin_msg_id: 7_300_000_000_000_000_082,
        ..pin(1)
    }
}

/// What stands above the talk, and a row of each kind that is told in words.
pub(crate) fn shown() -> Vec<Message> {
    vec![
        message("WebcastGoalUpdateMessage", &goal(62)),
        message("WebcastPollMessage", &poll()),
        message("WebcastPollMessage", &votes(2, [12, 3])),
        message("WebcastRoomPinMessage", &pin(1)),
        message("WebcastRankTextMessage", &super::world::rank_text()),
        message("WebcastLinkMessage", &super::world::guests(20)),
    ]
}

/// The one that is asked in [`super::crowd`].
const QUESTION: i64 = 7_200_000_000_000_000_009;

pub(super) fn messages() -> Vec<Message> {
    let words = |lang: &str, content: &str| pb::CaptionText { lang: lang.to_owned(), content: content.to_owned() };
    let question = pb::Question {
        question_id: QUESTION,
        content: "Which song is next?".to_owned(),
        create_time: 1_700_000_000,
        user: Some(ben()),
    };
    vec![
        message(
            "WebcastCaptionMessage",
            &pb::CaptionMessage {
                common: common(),
                timestamp_ms: THEN,
                duration_ms: 2_400,
                content: vec![
                    words("en", "and this is the second verse"),
                    words("de", "und das ist die zweite Strophe"),
                ],
                ..Default::default()
            },
        ),
        message("WebcastPollMessage", &poll()),
        message("WebcastPollMessage", &votes(2, [12, 3])),
        message("WebcastPollMessage", &votes(1, [14, 5])),
        message("WebcastGoalUpdateMessage", &goal(62)),
        message("WebcastRoomPinMessage", &pin(1)),
        message("WebcastRoomPinMessage", &pin(2)),
        message("WebcastRoomPinMessage", &pinned_gift()),
        message(
            "WebcastQuestionSelectedMessage",
            &pb::QuestionSelectedMessage { common: common(), data: Some(question) },
        ),
        message(
            "WebcastQuestionSlideDownMessage",
            &pb::QuestionSlideDownMessage { common: common(), question_id: QUESTION },
        ),
        message(
            "WebcastQuestionDeleteMessage",
            &pb::QuestionDeleteMessage { common: common(), question_id: QUESTION, operator_user_id: HOST },
        ),
        message("WebcastQuestionSwitchMessage", &pb::QuestionSwitchMessage { common: common(), on: true }),
    ]
}

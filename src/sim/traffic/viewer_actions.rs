//! Actions of one simulated viewer, in the proportions of recorded rooms.

use fastrand::Rng;

use super::script::DEAREST_BY_CHANCE;
use super::{SECOND, Traffic};
use crate::sim::crowd::avatar;
use crate::sim::faults::{Faults, SimFault};
use crate::sim::gifts::GIFTS;
use crate::sim::message;
use crate::wire::pb;

const COMMENTS: [&str; 36] = [
    "hi everyone 👋",
    "good morning from Lisbon",
    "first time here",
    "what song is this?",
    "🔥🔥🔥",
    "love this",
    "how long have you been live?",
    "bom dia!",
    "こんにちは！",
    "你好，今天怎么样",
    "مرحبا من الدار البيضاء",
    "안녕하세요",
    "привет всем",
    "so good",
    "can you say hi to my sister?",
    "LET'S GO",
    "that was close 😂",
    "greetings from Nairobi",
    "which game is next",
    "sing it again please",
    "¿de dónde eres?",
    "the sound is a bit low",
    "nice setup",
    "gg",
    "ikuzo 💪",
    "who is winning?",
    "wow",
    "I missed the start, what happened?",
    "haha",
    "🥹❤️",
    "merhaba 👋",
    "สวัสดี",
    "that colour suits you",
    "day 12 of asking for a cooking stream",
    "come on, one more!",
    "a longer comment, to see how the chat breaks lines when somebody has a lot to say and does not stop where the \
     column ends",
];
const QUESTIONS: [&str; 4] =
    ["How did you start?", "What camera do you use?", "Do you ever get nervous?", "Will there be a second part?"];
/// Recorded methods that clients do not show.
const MINOR_METHODS: [&str; 4] = [
    "WebcastGiftPanelUpdateMessage",
    "WebcastGameServerFeatureMessage",
    "WebcastPrivilegeAdvanceMessage",
    "WebcastGuideMessage",
];
const ESCAPES: &str = "\u{1b}[2J\u{1b}]52;c;cm0gLXJm\u{7}free \u{202e}coins\u{2066}\u{9b}31m\r\n\u{8}\u{8}";

/// Something people ask the host.
pub(super) fn question(rng: &mut Rng) -> &'static str {
    rng.choice(QUESTIONS).unwrap_or("Why?")
}

/// Something people write.
pub(super) fn comment(rng: &mut Rng) -> &'static str {
    rng.choice(COMMENTS).unwrap_or("hi")
}

impl Traffic {
    /// One person does one thing. The numbers are thousandths.
    pub(super) fn viewer_action(&mut self, at: u64, faults: &Faults) {
        let person = self.crowd.any(&mut self.rng);
        let dice = self.rng.u32(0..1_000);
        let head = self.head(at);
        let message = match dice {
            0..300 => {
                self.numbers.viewer_joined();
                self.join_burst(at);
                message::member(head, person.user, self.numbers.watching)
            }
            300..560 => {
                let text = if faults.has(SimFault::EscapeNames) { ESCAPES } else { comment(&mut self.rng) };
                let emotes = if self.rng.u32(0..25) == 0 {
                    vec![pb::EmoteAt { index: 0, emote: Some(self.emote()) }]
                } else {
                    Vec::new()
                };
                message::chat(head, person, text, emotes)
            }
            560..875 => self.like(head, person.user, faults),
            875..905 => {
                // Cheap gifts far more often: the square of an even draw.
                let pick = self.rng.f64().powi(3) * GIFTS.len() as f64;
                let mut gift = GIFTS.get(pick as usize).copied().unwrap_or(GIFTS[0]);
                if self.cast.script.is_some() && gift.coins > DEAREST_BY_CHANCE {
                    gift = GIFTS[0];
                }
                return self.give(at, gift);
            }
            905..925 => {
                self.numbers.followers += 1;
                message::follow(head, person.user, self.numbers.followers)
            }
            925..955 => {
                let friends = self.rng.choice([None, None, Some(5), Some(10)]).flatten();
                message::share(head, person.user, friends)
            }
            955..967 => message::emote_chat(head, person, self.emote()),
            967..970 => message::question(head, person.user, question(&mut self.rng)),
            970..973 => message::subscribe(head, person.user, self.rng.i64(1..14)),
            973..976 => message::grand_entrance(head, person.user, self.rng.i32(20..46)),
            976..978 => message::envelope(head, &person.user, self.rng.i64(10..500), self.rng.i64(5..60)),
            978..980 => message::deletion(head, person.user.id),
            980..983 => self.notice(head),
            983..984 => message::bottom(head),
            _ => message::minor(head, self.rng.choice(MINOR_METHODS).unwrap_or("WebcastGuideMessage")),
        };
        self.outgoing.push(message);
    }

    /// Now and then people come in a bunch: the live was shown to many.
    fn join_burst(&mut self, at: u64) {
        if self.rng.u32(0..40) != 0 {
            return;
        }
        for index in 0..self.rng.u64(3..9) {
            let person = self.crowd.any(&mut self.rng);
            self.numbers.viewer_joined();
            let head = self.head(at + index * SECOND / 50);
            self.outgoing.push(message::member(head, person.user, self.numbers.watching));
        }
    }

    fn like(&mut self, head: message::MessageHead, who: pb::User, faults: &Faults) -> pb::Message {
        let count = if self.rng.bool() { 15 } else { self.rng.i64(1..15) };
        let mut total = self.numbers.tap(count, &mut self.rng);
        if faults.has(SimFault::LikesBackwards) {
            total = (self.numbers.likes() - self.rng.i64(0..3_000)).max(1);
        }
        message::like(head, who, count, total)
    }

    fn notice(&mut self, head: message::MessageHead) -> pb::Message {
        if self.rng.bool() {
            let key = "pm_mt_LIVE_commentFiltered_notif";
            message::room_notice(head, key, "Some comments were filtered to keep the LIVE safe", true)
        } else {
            message::room_notice(head, "pm_mt_fan_live_joined_comment", "A new member is on the team", false)
        }
    }

    fn emote(&mut self) -> pb::Emote {
        let id = 7_000_000_000_000_000_000 + self.rng.i64(0..40) * 1_000_003;
        pb::Emote { emote_id: id.to_string(), image: Some(avatar(id as u64)) }
    }
}

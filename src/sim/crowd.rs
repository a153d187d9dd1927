//! People of a simulated room: invented, seeded, in many scripts, as big on the wire as real ones.

use fastrand::Rng;

use crate::wire::pb;

/// What people call themselves. All invented.
const NICKNAMES: [&str; 40] = [
    "Mia 🌸",
    "Tomás",
    "ゆき",
    "小明",
    "نور",
    "Léa",
    "Jonas K.",
    "Дарья",
    "민지",
    "Bảo Anh",
    "Ayşe ✨",
    "Chidi",
    "ฝนตก",
    "Οδυσσέας",
    "Zoë",
    "Marek",
    "ravi_live",
    "★ SÓNIA ★",
    "Björk?",
    "אורי",
    "Lupe 💃",
    "Kwame",
    "अनन्या",
    "José Luis",
    "𝓟𝓪𝓾𝓵𝓪",
    "NightOwl",
    "Emre",
    "Ines",
    "ハルト",
    "阿花 🐱",
    "Sofie",
    "Giulia 🍋",
    "Oleksa",
    "Amara",
    "Nils 👨‍👩‍👧",
    "TeaTime ☕️",
    "Faruk",
    "يوسف",
    "Xochitl",
    "Pim",
];
const HANDLES: [&str; 20] = [
    "mia", "tomas", "yuki", "ming", "noor", "lea", "jonas", "darya", "minji", "bao", "ayse", "chidi", "fon", "ody",
    "zoe", "marek", "ravi", "sonia", "uri", "lupe",
];
/// A nickname that tries to take over the terminal.
const ESCAPES: &str = "\u{1b}]0;owned\u{7}\u{1b}[31;5mEve\u{1b}[2J\u{202e}\u{9b}6n\r\n";

/// Everybody who may show up in one room.
#[derive(Debug)]
pub(super) struct SimCrowd {
    people: Vec<SimPerson>,
}

/// One viewer, and what they are to the host.
#[derive(Clone, Debug)]
pub(super) struct SimPerson {
    pub(super) user: pb::User,
    pub(super) identity: pb::UserIdentity,
}

impl SimCrowd {
    /// `size` people, the same ones for the same seed.
    pub(super) fn new(size: usize, rng: &mut Rng) -> Self {
        Self { people: (0..size.max(1)).map(|index| person(index, rng)).collect() }
    }

    /// Somebody; the first few talk far more than the rest.
    pub(super) fn any(&self, rng: &mut Rng) -> SimPerson {
        let regulars = (self.people.len() / 10).max(1);
        let index = if rng.f32() < 0.4 { rng.usize(..regulars) } else { rng.usize(..self.people.len()) };
        self.people.get(index).cloned().unwrap_or_else(|| person(0, rng))
    }

    /// The first `count` people, who are the regulars.
    pub(super) fn regulars(&self, count: usize) -> &[SimPerson] {
        self.people.get(..count.min(self.people.len())).unwrap_or_default()
    }

    /// Gives everybody a name of escape sequences.
    pub(super) fn spoil_names(&mut self) {
        for person in &mut self.people {
            ESCAPES.clone_into(&mut person.user.nickname);
        }
    }
}

fn person(index: usize, rng: &mut Rng) -> SimPerson {
    let id = 6_500_000_000_000_000_000 + rng.i64(0..500_000_000_000_000_000);
    let relation = rng.u32(0..10);
    let follow_status = match relation {
        0..5 => 0,
        5..9 => 1,
        _ => 2,
    };
    let is_moderator = index < 3;
    let is_subscriber = rng.u32(0..12) == 0;
    let identity = pb::UserIdentity {
        is_gift_giver: rng.u32(0..5) == 0,
        is_subscriber,
        is_mutual_following: follow_status == 2,
        is_follower: follow_status > 0,
        is_moderator,
        is_anchor: false,
    };
    let user = pb::User {
        id,
        nickname: format!("{}{}", rng.choice(NICKNAMES).unwrap_or("Mia"), tail(index)),
        bio_description: String::new(),
        avatar_thumb: Some(avatar(rng.u64(..))),
        verified: rng.u32(0..80) == 0,
        follow_info: Some(pb::FollowInfo {
            following_count: rng.i64(0..3_000),
            follower_count: rng.i64(0..20_000),
            follow_status,
        }),
        user_attr: Some(pb::UserAttr { is_muted: false, is_admin: is_moderator }),
        display_id: format!("{}{}", rng.choice(HANDLES).unwrap_or("mia"), rng.u32(1..10_000)),
        sec_uid: format!("MS4wLjABAAAA{}", token(rng, 64)),
        badge_list: badges(is_moderator, is_subscriber, rng),
    };
    SimPerson { user, identity }
}

/// What makes a name one's own: now and then nothing, so that two people have one name.
fn tail(index: usize) -> String {
    const TAILS: [&str; 12] = ["", " B.", "xo", " ✿", ".art", " R.", "_", " 🦊", "22", " T.", " jr", ".tv"];
    match (index / TAILS.len() % 9, TAILS.get(index % TAILS.len()).copied().unwrap_or_default()) {
        (0, tail) => tail.to_owned(),
        (round, tail) => format!("{tail}{}", round * 7 + index % 5),
    }
}

/// A signed picture address is most of a user's weight on the wire.
pub(super) fn avatar(seed: u64) -> pb::Image {
    let mut rng = Rng::with_seed(seed);
    let uri = format!("tos-maliva-avt-0068/{:032x}", rng.u128(..));
    let url_list = ["webp", "webp", "jpeg"]
        .map(|ext| {
            format!(
                "https://p16-common-sign.tiktokcdn.com/{uri}~tplv-tiktokx-cropcenter:100:100.{ext}?dr=9640\
                 &refresh_token={:08x}&x-expires=1790712000&x-signature={}%3D&t=4d5b0474&ps=13740610&shp=a5d48078",
                rng.u32(..),
                token(&mut rng, 27),
            )
        })
        .into();
    pb::Image { url_list, uri }
}

fn token(rng: &mut Rng, length: usize) -> String {
    (0..length).map(|_| rng.alphanumeric()).collect()
}

/// Badges, each in the old and in the new form; scenes 8 and 10 come once.
fn badges(is_moderator: bool, is_subscriber: bool, rng: &mut Rng) -> Vec<pb::Badge> {
    let mut badges = Vec::new();
    if is_moderator {
        badges.extend(badge_pair(1, "pm_mt_moderator_im", "Moderator"));
    }
    if is_subscriber {
        badges.extend(badge_pair(4, "pm_mt_subscriber", "Subscriber"));
    }
    if rng.u32(0..20) == 0 {
        badges.extend(badge_pair(2, "pm_mt_live_ng_im", "New gifter"));
    }
    if rng.bool() {
        let level = rng.u32(1..46);
        badges.push(levelled(8, level, &level.to_string()));
    }
    if rng.u32(0..3) == 0 {
        badges.push(levelled(10, rng.u32(1..51), "Comets"));
    }
    badges
}

fn badge_pair(scene_type: i32, key: &str, label: &str) -> [pb::Badge; 2] {
    let text = pb::TextBadge { key: key.to_owned(), default_pattern: label.to_owned() };
    let combine = pb::CombineBadge {
        text: Some(pb::BadgeText { key: key.to_owned(), default_pattern: label.to_owned() }),
        str: String::new(),
    };
    let level = pb::PrivilegeLogExtra { level: "0".to_owned() };
    [
        pb::Badge { display_type: 2, scene_type, text: Some(text), ..pb::Badge::default() },
        pb::Badge {
            display_type: 4,
            scene_type,
            display: true,
            privilege_log_extra: Some(level),
            combine: Some(combine),
            ..pb::Badge::default()
        },
    ]
}

fn levelled(scene_type: i32, level: u32, label: &str) -> pb::Badge {
    pb::Badge {
        display_type: 4,
        scene_type,
        display: true,
        privilege_log_extra: Some(pb::PrivilegeLogExtra { level: level.to_string() }),
        combine: Some(pb::CombineBadge { text: None, str: label.to_owned() }),
        ..pb::Badge::default()
    }
}

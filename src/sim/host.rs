//! Simulated hosts: who they are and how their rooms go.

use super::crowd::avatar;
use crate::wire::pb;

/// How a room goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Character {
    /// Live, and much is said.
    Chatty,
    /// Live, from battle to battle.
    Battle,
    /// Offline at first; live after 20 s.
    Late,
}

/// A host; stays the same from live to live.
#[derive(Clone, Debug)]
pub(super) struct SimHost {
    pub(super) index: usize,
    pub(super) handle: String,
    pub(super) nickname: &'static str,
    pub(super) title: &'static str,
    pub(super) character: Character,
    /// Messages per second, as a share of the rate of the chatty room.
    pub(super) share: f64,
    pub(super) watching: i64,
    pub(super) followers: i64,
}

/// Handle, nickname, title. All invented.
const HOSTS: [(&str, &str, &str); 8] = [
    ("ana.live", "Ana 🎨", "painting the harbour, come and chat"),
    ("kenji_plays", "Kenji", "battle night! help us win"),
    ("quiet.nora", "Nora", "late night reading 📚"),
    ("oma.bakt", "Oma bäckt", "Sonntagskuchen mit Oma"),
    ("drumsbyteo", "Teo", "drum requests all evening"),
    ("leyla.ve.kedi", "Leyla & kedi", "kedi saati"),
    ("nightbus22", "Night Bus 22", "through the city, no talking"),
    ("sari.garden", "Sari", "pagi di kebun"),
];

impl SimHost {
    /// The first `count` hosts: a chatty one, a battle, a late one, then chatty ones of different rates.
    pub(super) fn generate(count: usize) -> Vec<Self> {
        (0..count).map(Self::new).collect()
    }

    fn new(index: usize) -> Self {
        let (handle, nickname, title) = HOSTS[index % HOSTS.len()];
        let round = index / HOSTS.len();
        let (character, share, watching) = match index {
            0 => (Character::Chatty, 1.0, 412),
            1 => (Character::Battle, 0.6, 1_280),
            2 => (Character::Late, 0.2, 37),
            // Three speeds, so that a long list of rooms does not move in step.
            _ => (Character::Chatty, [0.8, 0.4, 0.1][index % 3], 60 + 90 * (index as i64 % 7)),
        };
        let handle = if round == 0 { handle.to_owned() } else { format!("{handle}{}", round + 1) };
        Self { index, handle, nickname, title, character, share, watching, followers: 20_000 + 731 * index as i64 }
    }

    pub(super) fn id(&self) -> i64 {
        6_800_000_000_000_000_000 + 1_000_003 * (self.index as i64 + 1)
    }

    pub(super) fn sec_uid(&self) -> String {
        format!("MS4wLjABAAAA{:064}", self.id())
    }

    /// The host as a message carries them.
    pub(super) fn to_wire(&self) -> pb::User {
        pb::User {
            id: self.id(),
            nickname: self.nickname.to_owned(),
            avatar_thumb: Some(avatar(self.id() as u64)),
            follow_info: Some(pb::FollowInfo { following_count: 80, follower_count: self.followers, follow_status: 0 }),
            display_id: self.handle.clone(),
            sec_uid: self.sec_uid(),
            ..pb::User::default()
        }
    }

    /// Whom the host meets in battles: somebody of another room.
    pub(super) fn rival(&self) -> Option<pb::User> {
        (self.character == Character::Battle).then(|| stranger(6_900_000_000_000_000_007, "Vera ⚡", "vera.thunder"))
    }

    /// Whom the host of the script meets.
    pub(super) fn scripted_rival(&self) -> pb::User {
        stranger(6_900_000_000_000_000_013, "Ben Tides", "ben.tides")
    }
}

/// A host of a room that is not simulated.
fn stranger(id: i64, nickname: &str, handle: &str) -> pb::User {
    pb::User {
        id,
        nickname: nickname.to_owned(),
        avatar_thumb: Some(avatar(7)),
        display_id: handle.to_owned(),
        ..pb::User::default()
    }
}

//! RowBatch of rows that wait for the disk: merged as they come, so that it stays small when the disk is slow.

use std::collections::BTreeMap;

use foldhash::HashMap;

/// Lines of chat that may wait; beyond it their text is lost, never their number.
const MAX_LINES: usize = 20_000;
/// Bytes of their texts that may wait.
const MAX_LINE_BYTES: usize = 6 << 20;
/// People that may wait; beyond it joins of new ones are lost.
const MAX_PEOPLE: usize = 200_000;
/// Gift rows that may wait: a bound for memory that no live comes near to. Beyond it units of unlike streaks are lost, and said.
const MAX_GIFTS: usize = 400_000;

/// What a line of the chat file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum LineKind {
    Chat = 0,
    Emote = 1,
    Question = 2,
}

impl LineKind {
    pub(super) const ALL: [Self; 3] = [Self::Chat, Self::Emote, Self::Question];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Emote => "emote",
            Self::Question => "question",
        }
    }

    /// The kind of a number as it is kept.
    pub(super) fn of(number: i64) -> Self {
        Self::ALL.into_iter().find(|kind| *kind as i64 == number % BACKLOG).unwrap_or(Self::Chat)
    }

    /// The number that is kept: of what was not counted another one.
    pub(super) fn stored(self, counts: bool) -> i64 {
        self as i64 + if counts { 0 } else { BACKLOG }
    }
}

/// Added to the number of a kind where a line was backlog when it came, so that it was not counted.
pub(super) const BACKLOG: i64 = 16;

/// A live, by its room id as SQLite keeps it.
pub(super) type LiveKey = i64;
/// A person, by their user id as SQLite keeps it; negative for people without one.
pub(super) type PersonNumber = i64;

/// Something that was said.
#[derive(Clone, Debug)]
pub(super) struct LineRow {
    /// The message's id; nothing for one without.
    pub(super) id: Option<i64>,
    pub(super) live: LiveKey,
    pub(super) person: PersonNumber,
    pub(super) at: i64,
    pub(super) kind: LineKind,
    /// It counts, unless it was kept before.
    pub(super) counts: bool,
    /// It happened now and is no backlog.
    pub(super) now: bool,
    pub(super) text: Box<str>,
}

/// Which gifts share a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum GiftKey {
    /// A streak, by its id.
    Streak { live: LiveKey, person: PersonNumber, gift: i64, group: i64 },
    /// A message of its own, by its id.
    Single { live: LiveKey, id: i64 },
}

/// What was given.
#[derive(Clone, Debug)]
pub(super) struct GiftRow {
    pub(super) live: LiveKey,
    pub(super) person: PersonNumber,
    pub(super) gift: i64,
    pub(super) name: Box<str>,
    pub(super) group: i64,
    /// Highest count of the streak.
    pub(super) highest: u64,
    /// Units that the room's ledger added.
    pub(super) added: u64,
    /// Coins of a unit, where known.
    pub(super) price: Option<u64>,
    pub(super) at: i64,
    /// The receiver, where it was not simply the host.
    pub(super) to: Option<i64>,
    /// Minutes in which coins of it were given, for the graph: nothing for backlog.
    pub(super) minutes: BTreeMap<i64, u64>,
    /// Which watch of the live told it, by its first moment.
    pub(super) watch: i64,
}

impl GiftRow {
    /// Units of a streak that are new in this row, told by another watch of the live than what is kept: the highest count so far, the units of
    /// it, and when it began. What comes later adds what the streak grew by. What came earlier may know of units that whoever came into
    /// the streak later left out.
    pub(super) fn new_of_streak(&self, highest: u64, units: u64, at: i64) -> u64 {
        if self.highest < highest || self.at < at {
            self.added.min(self.highest.max(highest).saturating_sub(units))
        } else {
            self.highest - highest
        }
    }
}

/// A person as they were last seen.
#[derive(Clone, Debug, Default)]
pub(super) struct PersonSeen {
    pub(super) handle: Box<str>,
    pub(super) nickname: Box<str>,
    pub(super) first: i64,
    pub(super) last: i64,
}

/// What a person did in a live.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Attendance {
    pub(super) chats: u64,
    pub(super) gifts: u64,
    pub(super) coins: u64,
    pub(super) unpriced: u64,
    pub(super) joins: u64,
    pub(super) likes: u64,
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) flags: u8,
}

/// What a person is to the host.
pub(super) mod flags {
    pub(crate) const MODERATOR: u8 = 1;
    pub(crate) const SUBSCRIBER: u8 = 2;
    pub(crate) const FOLLOWER: u8 = 4;
    pub(crate) const FRIEND: u8 = 8;
}

/// What is new of a live: sums are added to what is kept, marks raise it.
#[derive(Clone, Debug, Default)]
pub(super) struct LiveNews {
    pub(super) host: Option<i64>,
    pub(super) handle: Box<str>,
    pub(super) nickname: Box<str>,
    pub(super) title: Box<str>,
    pub(super) started: Option<i64>,
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) ended: Option<i64>,
    /// Seen live again: an end that was kept before is none.
    pub(super) goes_on: bool,
    pub(super) peak: u64,
    pub(super) total_viewers: u64,
    pub(super) likes_reported: u64,
    pub(super) likes_seen: u64,
    pub(super) chats: u64,
    pub(super) gifts: u64,
    pub(super) coins: u64,
    pub(super) unpriced: u64,
    pub(super) joins: u64,
    pub(super) follows: u64,
    pub(super) shares: u64,
    pub(super) subscribes: u64,
    pub(super) gaps: u64,
    pub(super) gap_ms: u64,
}

/// A minute of a live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Minute {
    /// The last number of people watching, where one was told.
    pub(super) viewers: Option<u64>,
    pub(super) likes: u64,
    pub(super) coins: u64,
    pub(super) chats: u64,
    pub(super) joins: u64,
}

/// A battle as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BattleRow {
    pub(super) live: LiveKey,
    pub(super) at: i64,
    pub(super) over: bool,
    pub(super) kind: &'static str,
    pub(super) opponent: Option<i64>,
    pub(super) opponents: String,
    pub(super) ours: u64,
    pub(super) theirs: u64,
    pub(super) result: Option<&'static str>,
}

/// A place of a live worth finding again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct MomentMade {
    pub(super) live: LiveKey,
    pub(super) at: i64,
    /// Whom its note names.
    pub(super) person: Option<PersonNumber>,
    pub(super) by: &'static str,
    pub(super) note: String,
}

/// Time of a live that is in the history, whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SpanNews {
    /// Which watch of it, by its first moment.
    pub(super) from: i64,
    pub(super) to: i64,
    /// Events of the last millisecond, as far as they are in: a later one of the same millisecond is not.
    pub(super) edge: u32,
}

/// All that waits.
#[derive(Debug, Default)]
pub(super) struct RowBatch {
    pub(super) lines: Vec<LineRow>,
    line_bytes: usize,
    pub(super) gifts: HashMap<GiftKey, GiftRow>,
    pub(super) people: HashMap<PersonNumber, PersonSeen>,
    pub(super) attendance: HashMap<(LiveKey, PersonNumber), Attendance>,
    pub(super) lives: HashMap<LiveKey, LiveNews>,
    pub(super) minutes: BTreeMap<(LiveKey, i64), Minute>,
    pub(super) battles: HashMap<i64, BattleRow>,
    pub(super) moments: Vec<MomentMade>,
    pub(super) spans: HashMap<(LiveKey, i64), SpanNews>,
    /// What could not be kept, by live and kind: since when, and how many.
    pub(super) lost: BTreeMap<(LiveKey, &'static str), (i64, u64)>,
    /// Rows that came in, merged or not.
    pub(super) rows: usize,
}

/// The minute of a time, counted from 1970.
pub(super) fn minute_of(at: i64) -> i64 {
    at.div_euclid(60_000)
}

impl RowBatch {
    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// What was said. Where too much waits its text is lost, and it is counted all the same.
    pub(super) fn add_line(&mut self, line: LineRow) {
        self.rows += 1;
        if self.lines.len() < MAX_LINES && self.line_bytes < MAX_LINE_BYTES {
            self.line_bytes += line.text.len();
            self.lines.push(line);
            return;
        }
        self.lose(line.live, line.kind.name(), line.at, 1);
        self.count_line(&line);
    }

    /// Counts what was said.
    pub(super) fn count_line(&mut self, line: &LineRow) {
        if !line.counts || line.kind == LineKind::Question {
            return;
        }
        self.live(line.live, line.at).chats += 1;
        self.attended(line.live, line.person, line.at).chats += 1;
        if line.now {
            self.minute(line.live, line.at).chats += 1;
        }
    }

    /// What a gift message added.
    pub(super) fn add_gift(&mut self, key: GiftKey, row: GiftRow) {
        self.rows += 1;
        if let Some(known) = self.gifts.get_mut(&key) {
            // Two runs had it, and both are read in.
            let is_told_again = known.watch != row.watch;
            known.added = match key {
                GiftKey::Single { id, .. } if id >= 0 => known.added.max(row.added),
                GiftKey::Streak { .. } if is_told_again => {
                    known.added.saturating_add(row.new_of_streak(known.highest, known.added, known.at))
                }
                GiftKey::Single { .. } | GiftKey::Streak { .. } => known.added.saturating_add(row.added),
            };
            (known.highest, known.watch) = (known.highest.max(row.highest), row.watch);
            known.price = known.price.or(row.price);
            for (minute, added) in row.minutes {
                *known.minutes.entry(minute).or_default() += added;
            }
        } else if self.gifts.len() < MAX_GIFTS {
            self.gifts.insert(key, row);
        } else {
            self.lose(row.live, "gift", row.at, row.added);
        }
    }

    /// Somebody is there. False where too many wait already.
    pub(super) fn see(&mut self, person: PersonNumber, handle: &str, nickname: &str, at: i64) -> bool {
        if self.people.len() >= MAX_PEOPLE && !self.people.contains_key(&person) {
            return false;
        }
        let seen =
            self.people.entry(person).or_insert_with(|| PersonSeen { first: at, last: at, ..PersonSeen::default() });
        (seen.first, seen.last) = (seen.first.min(at), seen.last.max(at));
        for (known, told) in [(&mut seen.handle, handle), (&mut seen.nickname, nickname)] {
            if !told.is_empty() && **known != *told {
                *known = told.into();
            }
        }
        true
    }

    /// The row of a person in a live, touched at a time.
    pub(super) fn attended(&mut self, live: LiveKey, person: PersonNumber, at: i64) -> &mut Attendance {
        let fresh = || Attendance { first: at, last: at, ..Attendance::default() };
        let row = self.attendance.entry((live, person)).or_insert_with(fresh);
        (row.first, row.last) = (row.first.min(at), row.last.max(at));
        row
    }

    /// The minute of a live.
    pub(super) fn minute(&mut self, live: LiveKey, at: i64) -> &mut Minute {
        self.minutes.entry((live, minute_of(at))).or_default()
    }

    /// The news of a live, seen at a time.
    pub(super) fn live(&mut self, live: LiveKey, at: i64) -> &mut LiveNews {
        let news = self.lives.entry(live).or_insert_with(|| LiveNews { first: at, last: at, ..LiveNews::default() });
        (news.first, news.last) = (news.first.min(at), news.last.max(at));
        news
    }

    /// So many of a kind could not be kept.
    pub(super) fn lose(&mut self, live: LiveKey, kind: &'static str, at: i64, count: u64) {
        let lost = self.lost.entry((live, kind)).or_insert((at, 0));
        lost.1 = lost.1.saturating_add(count);
        self.rows += 1;
    }
}

//! Rows of a room's log that are shown: all but those of ignored people, those that say again what was just said, and those that
//! a slow view leaves out. The log itself keeps every row: searches, cards and counts see all of them.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::Hasher as _;
use std::time::Duration;

use siphasher::sip::SipHasher13;

use super::people::PeopleRules;
use crate::clock::Moment;
use crate::config::{DeletedRows, ScreenSettings};
use crate::ids::RoomKey;
use crate::room::{ChatLog, LogEntry, LogLine, Seq};

/// What is said again within so many sayings and so long is one row with a count.
const REPEATS_REACH: usize = 16;
const REPEATS_FOLD: Duration = Duration::from_secs(40);
/// Letters of what is said again: shorter words are said by everybody.
const REPEATS_FROM: usize = 4;
/// A slow view shows one ordinary comment in so long.
const SLOW_PACE: Duration = Duration::from_millis(900);

/// What decides whether a row is shown.
#[derive(Clone, Copy)]
pub(super) struct RowRules<'a> {
    pub(super) settings: &'a ScreenSettings,
    pub(super) people: &'a PeopleRules,
    /// The room they are for, and its name.
    pub(super) room: RoomKey,
    pub(super) name: &'a str,
    /// Leave out what is too much to read.
    pub(super) slow: bool,
}

/// Rows of one log that are not shown, and for how many each of the others stands.
#[derive(Clone, Debug, Default)]
pub(super) struct HiddenRows {
    hidden: HashSet<Seq>,
    repeats: HashMap<Seq, u32>,
    recent: VecDeque<Said>,
    /// When the slow view last showed an ordinary comment, and how many it left out.
    slow_shown: Option<Moment>,
    left_out: u64,
    hides_deleted: bool,
}

/// Something that was said lately.
#[derive(Clone, Copy, Debug)]
struct Said {
    hash: u64,
    seq: Seq,
    at: Moment,
}

impl HiddenRows {
    /// Looks at the rows at or after `from`.
    pub(super) fn collect(&mut self, log: &ChatLog, from: Seq, rules: RowRules<'_>) {
        self.hides_deleted = rules.settings.deleted == DeletedRows::Hidden;
        for entry in log.from_seq(from) {
            if self.hides(entry, rules) {
                self.hidden.insert(entry.seq);
            }
        }
        // What the log has dropped need not be remembered.
        if self.hidden.len() > 2 * log.len() + 1_000 {
            let oldest = log.iter().next().map_or(log.next_seq(), |entry| entry.seq);
            self.hidden.retain(|seq| *seq >= oldest);
            self.repeats.retain(|seq, _| *seq >= oldest);
        }
    }

    /// How many more rows say the same as this one.
    pub(super) fn repeats(&self, seq: Seq) -> u32 {
        self.repeats.get(&seq).copied().unwrap_or(0)
    }

    /// How many comments a slow view has left out.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    fn hides(&mut self, entry: &LogEntry, rules: RowRules<'_>) -> bool {
        let is_talk = matches!(
            entry.line,
            LogLine::Chat { .. }
                | LogLine::Emote { .. }
                | LogLine::Question { .. }
                | LogLine::Follow(_)
                | LogLine::Share(_)
        );
        let Some(from) = entry.line.person().filter(|_| is_talk) else { return false };
        if rules.people.ignores(from, rules.room, entry.at) {
            return true;
        }
        let LogLine::Chat { text, .. } = &entry.line else { return false };
        if rules.settings.fold_repeats && self.folds(entry, text.as_str()) {
            return true;
        }
        let matters = from.host || from.moderator || from.subscriber || rules.people.is_mention(entry, rules.name);
        if !rules.slow || matters || entry.history {
            return false;
        }
        if self.slow_shown.is_some_and(|shown| entry.at.since(shown) < SLOW_PACE) {
            self.left_out += 1;
            return true;
        }
        self.slow_shown = Some(entry.at);
        false
    }

    /// Whether this was said a moment ago: then that row stands for it too.
    fn folds(&mut self, entry: &LogEntry, text: &str) -> bool {
        let Some(hash) = gist(text) else { return false };
        let same = |said: &&Said| said.hash == hash && entry.at.since(said.at) < REPEATS_FOLD;
        if let Some(first) = self.recent.iter().rev().find(same).copied() {
            *self.repeats.entry(first.seq).or_default() += 1;
            return true;
        }
        if self.recent.len() >= REPEATS_REACH {
            self.recent.pop_front();
        }
        self.recent.push_back(Said { hash, seq: entry.seq, at: entry.at });
        false
    }
}

/// What a text says whatever its capitals, signs, spaces and lengthened letters are; nothing where it is too short to be told
/// apart from small talk.
fn gist(text: &str) -> Option<u64> {
    let mut hasher = SipHasher13::new();
    let (mut last, mut letters, mut all) = (None, 0, 0);
    for c in text.chars().flat_map(char::to_lowercase).filter(|c| !c.is_whitespace() && !c.is_ascii_punctuation()) {
        all += 1;
        // Letters and signs are lengthened, numbers are not.
        if last == Some(c) && !c.is_numeric() {
            continue;
        }
        last = Some(c);
        letters += usize::from(c.is_alphanumeric());
        hasher.write_u32(u32::from(c));
    }
    // Signs alone are told apart by how many there are of them: three hearts are spam, one is an answer.
    let long_enough = letters >= REPEATS_FROM || (letters == 0 && all >= 3) || (letters > 0 && all >= 3 * REPEATS_FROM);
    long_enough.then(|| hasher.finish())
}

/// The rows of a log that are shown.
#[derive(Clone, Copy)]
pub(super) struct RowView<'a> {
    log: &'a ChatLog,
    hidden: Option<&'a HiddenRows>,
}

impl<'a> From<&'a ChatLog> for RowView<'a> {
    fn from(log: &'a ChatLog) -> Self {
        Self { log, hidden: None }
    }
}

impl<'a> RowView<'a> {
    pub(super) fn new(log: &'a ChatLog, hidden: &'a HiddenRows) -> Self {
        let none = hidden.hidden.is_empty() && !hidden.hides_deleted;
        Self { log, hidden: (!none).then_some(hidden) }
    }

    fn shows(self, entry: &LogEntry) -> bool {
        self.hidden.is_none_or(|rows| !(rows.hidden.contains(&entry.seq) || rows.hides_deleted && entry.deleted))
    }

    /// The sequence number the next entry will have.
    pub(super) fn next_seq(self) -> Seq {
        self.log.next_seq()
    }

    /// The entry with this number, if it is kept and shown.
    pub(super) fn get(self, seq: Seq) -> Option<&'a LogEntry> {
        self.log.get(seq).filter(|entry| self.shows(entry))
    }

    /// The shown entry before this number.
    pub(super) fn before(self, seq: Seq) -> Option<&'a LogEntry> {
        self.log.until_seq(Seq(seq.0.checked_sub(1)?)).rev().find(|entry| self.shows(entry))
    }

    /// Shown entries from this number on, oldest first.
    #[allow(clippy::wrong_self_convention, reason = "the name that the log has for it")]
    pub(super) fn from_seq(self, seq: Seq) -> impl DoubleEndedIterator<Item = &'a LogEntry> {
        self.log.from_seq(seq).filter(move |entry| self.shows(entry))
    }

    /// Shown entries up to this number, oldest first.
    pub(super) fn until_seq(self, seq: Seq) -> impl DoubleEndedIterator<Item = &'a LogEntry> {
        self.log.until_seq(seq).filter(move |entry| self.shows(entry))
    }

    /// Shown entries, oldest first.
    pub(super) fn iter(self) -> impl DoubleEndedIterator<Item = &'a LogEntry> {
        self.log.iter().filter(move |entry| self.shows(entry))
    }

    /// How many entries were counted on as shown among those since `since`.
    pub(super) fn shown_since(self, since: Seq) -> u64 {
        match self.hidden {
            None => self.log.next_seq().0.saturating_sub(since.0),
            Some(_) => self.from_seq(since).count() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{Chat, EventKind, RoomEvent, Viewer};
    use crate::ids::{MsgId, UserId};
    use crate::room::Room;
    use rstest::rstest;
    use std::sync::Arc;

    const ROOM: RoomKey = RoomKey(1);

    fn say(room: &mut Room, second: u64, who: u64, text: &str) {
        let at = Moment { mono: 3_600_000, ..Moment::default() } + Duration::from_secs(second);
        let from = Arc::new(Viewer { id: Some(UserId(who)), ..Viewer::default() });
        let chat = Chat { from, text: text.into(), emotes: vec![], to: None, language: "".into() };
        let id = Some(MsgId(room.chat.next_seq().0 + 1));
        room.apply(&RoomEvent { at, server_at: None, id, room_id: None, history: false, kind: EventKind::Chat(chat) });
    }

    fn shown(room: &Room, settings: &ScreenSettings, people: &PeopleRules, slow: bool) -> (Vec<u64>, HiddenRows) {
        let mut rows = HiddenRows::default();
        rows.collect(&room.chat, Seq(0), RowRules { settings, people, room: ROOM, name: "ana.live", slow });
        let seqs = RowView::new(&room.chat, &rows).iter().map(|entry| entry.seq.0).collect();
        (seqs, rows)
    }

    #[rstest]
    #[case("Free followers HERE!!!", "free   followers here", true)]
    #[case("loooove this", "love this!", true)]
    #[case("🔥🔥🔥", "🔥🔥🔥🔥🔥", true)]
    #[case("good", "bad one", false)]
    fn near_duplicates_have_one_gist(#[case] one: &str, #[case] other: &str, #[case] same: bool) {
        assert_eq!(gist(one) == gist(other), same);
    }

    #[test]
    fn small_talk_is_never_folded() {
        for text in ["hi", "gg", "❤", ""] {
            assert_eq!(gist(text), None, "{text}");
        }
    }

    #[test]
    fn what_was_just_said_is_one_row_with_a_count() {
        let mut room = Room::new(100);
        for second in 0..5 {
            say(&mut room, second, second + 1, "buy followers at my page");
        }
        say(&mut room, 6, 9, "something else");
        say(&mut room, 90, 9, "buy followers at my page");
        let (seqs, rows) = shown(&room, &ScreenSettings::default(), &PeopleRules::default(), false);
        assert_eq!((seqs, rows.repeats(Seq(0))), (vec![0, 5, 6], 4));
        let settings = ScreenSettings { fold_repeats: false, ..ScreenSettings::default() };
        assert_eq!(shown(&room, &settings, &PeopleRules::default(), false).0.len(), 7);
    }

    #[test]
    fn a_slow_view_leaves_out_what_is_too_much_to_read() {
        let mut room = Room::new(100);
        for nth in 0..20 {
            say(&mut room, nth / 10, 1 + nth, &format!("comment number {nth}"));
        }
        let (seqs, rows) = shown(&room, &ScreenSettings::default(), &PeopleRules::default(), true);
        assert_eq!((seqs, rows.left_out()), (vec![0, 10], 18));
    }

    #[test]
    fn views_step_over_what_is_hidden() {
        let mut room = Room::new(100);
        (0..6).for_each(|nth| say(&mut room, nth, 1 + nth % 2, &format!("comment number {nth}")));
        let mut people = PeopleRules::default();
        people.ignore(&Viewer { id: Some(UserId(2)), ..Viewer::default() }, None, None);
        let (seqs, rows) = shown(&room, &ScreenSettings::default(), &people, false);
        assert_eq!(seqs, [0, 2, 4]);
        let view = RowView::new(&room.chat, &rows);
        assert_eq!(view.before(Seq(4)).map(|entry| entry.seq), Some(Seq(2)));
        assert_eq!(view.get(Seq(3)), None);
        assert_eq!(view.shown_since(Seq(1)), 2);
    }
}

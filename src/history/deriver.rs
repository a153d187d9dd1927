//! Derivation of rows from what happened in the rooms. The same events give the same rows, live or from a capture.
//!
//! Each room has a mirror, fed as a screen's is: what counts is what changes the mirror's totals, so that the sums of the
//! history are those of the room.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hasher;
use std::sync::Arc;

use siphasher::sip::SipHasher13;

use super::batch::{
    BattleRow, GiftKey, GiftRow, LineKind, LineRow, LiveKey, MomentMade, PersonNumber, RowBatch, SpanNews, flags,
    minute_of,
};
use super::capture_spans::KeptSpans;
use super::moments::{self, KeywordFinder};
use super::recorder::{HistoryOptions, RoomPolicy};
use super::sqlite::stored;
use crate::events::{BattleResult, EventKind, Gift, OwnEvent, PhaseKind, RoomEvent, Viewer};
use crate::ids::RoomKey;
use crate::room::{Applied, Battle, BattlePhase, Room, RoomMarkKind, Stats, TalliedEvent, Tally};
use crate::text::Text;

/// Rows of the log that a mirror keeps: nobody looks at them.
const MIRROR_LOG: usize = 1;
/// A wall clock that jumps back by more than this begins another span.
const CLOCK_STEP_MS: i64 = 1_000;

/// What is known of a room.
struct Mirror {
    label: Text,
    room: Room,
    live: Option<LiveKey>,
    policy: RoomPolicy,
    span: SpanNews,
    /// The battle as it was last written.
    battle: Option<(i64, BattleRow)>,
    keywords: KeywordFinder,
}

/// Maker of rows, over all rooms.
pub(super) struct Deriver {
    options: HistoryOptions,
    rooms: HashMap<RoomKey, Mirror>,
    /// What is in already, when a capture is read.
    kept: Option<KeptSpans>,
}

impl Mirror {
    fn new(label: Text, options: &HistoryOptions) -> Self {
        Self {
            policy: options.policy_of(label.as_str()),
            label,
            room: Room::new(MIRROR_LOG),
            live: None,
            span: SpanNews::default(),
            battle: None,
            keywords: KeywordFinder::default(),
        }
    }
}

impl Deriver {
    pub(super) fn new(options: HistoryOptions, kept: Option<KeptSpans>) -> Self {
        Self { options, rooms: HashMap::new(), kept }
    }

    pub(super) fn added(&mut self, room: RoomKey, label: &Text) {
        self.rooms.insert(room, Mirror::new(label.clone(), &self.options));
    }

    pub(super) fn removed(&mut self, room: RoomKey) {
        self.rooms.remove(&room);
    }

    /// The room's whole state, after something of it was lost.
    pub(super) fn snapshot(&mut self, key: RoomKey, room: &Arc<Room>) {
        let options = &self.options;
        let mirror = self.rooms.entry(key).or_insert_with(|| Mirror::new(Text::default(), options));
        mirror.room = Room::clone(room);
    }

    /// The live that a room is in.
    pub(super) fn live_of(&self, room: RoomKey) -> Option<LiveKey> {
        self.rooms.get(&room)?.live
    }

    /// The same where something of it is kept, and what its host is called.
    pub(super) fn kept_live(&self, room: RoomKey) -> Option<(LiveKey, Text)> {
        let mirror = self.rooms.get(&room).filter(|mirror| mirror.policy != RoomPolicy::Off)?;
        let handle = &mirror.room.host.unique_id;
        let host = if handle.is_empty() { mirror.label.clone() } else { Text::from(format_args!("@{handle}")) };
        (mirror.room.stats.messages > 0).then_some((mirror.live?, host))
    }

    /// What happened in a room, in order.
    pub(super) fn events(&mut self, room: RoomKey, events: &[TalliedEvent], batch: &mut RowBatch) {
        let options = &self.options;
        let mirror = self.rooms.entry(room).or_insert_with(|| Mirror::new(Text::default(), options));
        for tallied in events {
            mirror.event(tallied, options, self.kept.as_ref(), batch);
        }
    }
}

impl Mirror {
    fn event(
        &mut self,
        tallied: &TalliedEvent,
        options: &HistoryOptions,
        kept: Option<&KeptSpans>,
        batch: &mut RowBatch,
    ) {
        let event = &tallied.event;
        let (before, marks) = (self.room.stats.clone(), self.room.marks.count());
        if !matches!(self.room.apply_tallied(tallied), Applied::Fresh(_)) {
            return;
        }
        if let EventKind::Info(info) = &event.kind
            && !info.host.unique_id.is_empty()
        {
            self.policy = options.policy_of_host(&self.label, info.host.unique_id.as_str());
        }
        let Some(live) = self.room.room_id.map(|id| stored(id.0)) else { return };
        if self.policy == RoomPolicy::Off {
            self.live = Some(live);
            return;
        }
        let at = event.at.wall.0;
        self.enter(live, at, batch);
        self.lengthen(at, event.kind.is_from_service());
        if kept.is_some_and(|kept| kept.holds(live, at, self.span.edge.max(1))) {
            return;
        }
        batch.rows += 1;
        batch.spans.insert((live, self.span.from), self.span.clone());
        self.count(live, event, &before, batch);
        Self::person(live, event, batch);
        self.content(live, tallied, &before, options, batch);
        self.battle(live, at, batch);
        self.moments(live, event, marks, options, batch);
    }

    /// Marks what stands out. Battles have their own, with their ends.
    fn moments(
        &mut self,
        live: LiveKey,
        event: &RoomEvent,
        marks: u64,
        options: &HistoryOptions,
        batch: &mut RowBatch,
    ) {
        let (at, person) = (event.at.wall.0, event.kind.person().and_then(person_key));
        for mark in self.room.marks.since(marks) {
            let person = match mark.kind {
                RoomMarkKind::Comments(_) | RoomMarkKind::Viewers { .. } | RoomMarkKind::Reconnected { .. } => None,
                RoomMarkKind::Coins { by_id, .. } => by_id.map(|id| stored(id.0)).or(person),
                _ => continue,
            };
            moments::mark(MomentMade { live, at, person, by: mark.kind.name(), note: mark.kind.words() }, batch);
        }
        if let Some(note) = self.keywords.find(event, &options.highlights) {
            moments::mark(MomentMade { live, at, person, by: "keyword", note }, batch);
        }
    }

    /// Another live begins another span, and nothing of the old one goes on.
    fn enter(&mut self, live: LiveKey, at: i64, batch: &mut RowBatch) {
        if self.live == Some(live) {
            return;
        }
        if let Some(old) = self.live.replace(live)
            && let Some(old) = batch.lives.get_mut(&old)
        {
            old.ended = old.ended.or(Some(old.last));
        }
        self.span = SpanNews { from: at, to: at, edge: 0 };
        self.battle = None;
        self.keywords = KeywordFinder::default();
    }

    fn lengthen(&mut self, at: i64, is_message: bool) {
        if at < self.span.to.saturating_sub(CLOCK_STEP_MS) {
            self.span = SpanNews { from: at, to: at, edge: 0 };
        }
        if at > self.span.to {
            (self.span.to, self.span.edge) = (at, 0);
        }
        self.span.edge += u32::from(is_message && at == self.span.to);
    }

    /// What an event changed in the totals of the live.
    fn count(&self, live: LiveKey, event: &RoomEvent, before: &Stats, batch: &mut RowBatch) {
        let (room, at) = (&self.room, event.at.wall.0);
        let after = &room.stats;
        let grew = |now: u64, then: u64| now.saturating_sub(then);
        let news = batch.live(live, at);
        if let EventKind::Live(_) | EventKind::Info(_) = event.kind {
            news.host = room.host.id.map(|id| stored(id.0)).or(news.host);
            let told = |known: &mut Box<str>, text: &str| {
                if !text.is_empty() {
                    *known = text.into();
                }
            };
            let handle = room.host.unique_id.as_str();
            told(
                &mut news.handle,
                if handle.is_empty() { self.label.as_str().trim_start_matches('@') } else { handle },
            );
            told(&mut news.nickname, room.host.nickname.as_str());
            told(&mut news.title, room.title.as_str());
            news.started = room.started_at.map(|at| at.0).or(news.started);
        }
        news.peak = news.peak.max(after.peak);
        news.total_viewers = news.total_viewers.max(after.total_viewers.unwrap_or(0));
        news.likes_reported = news.likes_reported.max(after.likes.unwrap_or(0));
        let likes = grew(after.likes_seen, before.likes_seen);
        let joins = grew(after.joins, before.joins);
        news.likes_seen += likes;
        news.follows += grew(after.follows, before.follows);
        news.shares += grew(after.shares, before.shares);
        news.subscribes += grew(after.subscribes, before.subscribes);
        news.gaps += grew(after.gaps, before.gaps);
        news.gap_ms += grew(after.gap_ms, before.gap_ms);
        match event.kind.as_own() {
            Some(OwnEvent::State(phase)) if phase.kind == PhaseKind::Ended => news.ended = Some(at),
            Some(OwnEvent::State(phase)) if phase.kind == PhaseKind::Live => {
                (news.ended, news.goes_on) = (None, true);
            }
            Some(
                OwnEvent::State(_)
                | OwnEvent::Gap(_)
                | OwnEvent::Live(_)
                | OwnEvent::Info(_)
                | OwnEvent::StreakClosed(_),
            )
            | None => {}
        }
        news.joins += joins;
        if event.history {
            return;
        }
        let watching = (after.watching != before.watching).then_some(after.watching).flatten();
        if likes > 0 || joins > 0 || watching.is_some() {
            let minute = batch.minute(live, at);
            minute.likes += likes;
            minute.joins += joins;
            minute.viewers = watching.map(|(watching, _)| watching).or(minute.viewers);
        }
    }

    /// Who it is about, and what they are to the host.
    fn person(live: LiveKey, event: &RoomEvent, batch: &mut RowBatch) {
        let Some((viewer, person)) = event.kind.person().and_then(|viewer| Some((viewer, person_key(viewer)?))) else {
            return;
        };
        let at = event.at.wall.0;
        if !batch.see(person, viewer.unique_id.as_str(), viewer.nickname.as_str(), at) {
            batch.lose(live, "person", at, 1);
            return;
        }
        let row = batch.attended(live, person, at);
        row.flags = [
            (viewer.moderator, flags::MODERATOR),
            (viewer.subscriber, flags::SUBSCRIBER),
            (viewer.follower, flags::FOLLOWER),
            (viewer.friend, flags::FRIEND),
        ]
        .into_iter()
        .fold(0, |all, (is, flag)| if is { all | flag } else { all });
    }

    /// What was said, given and done.
    fn content(
        &self,
        live: LiveKey,
        tallied: &TalliedEvent,
        before: &Stats,
        options: &HistoryOptions,
        batch: &mut RowBatch,
    ) {
        let (event, at) = (&tallied.event, tallied.event.at.wall.0);
        let Some(person) = event.kind.person().and_then(person_key) else { return };
        let after = &self.room.stats;
        let line = |kind, text: &str| LineRow {
            id: event.id.map(|id| stored(id.0)),
            live,
            person,
            at,
            kind,
            counts: after.comments > before.comments,
            now: !event.history,
            text: text.into(),
        };
        if let EventKind::Gift(gift) = &event.kind {
            if let Some(tally) = tallied.tally.filter(|tally| tally.added > 0) {
                let (key, row) = gift_row(live, person, event, gift, tally, self.span.from);
                batch.add_gift(key, row);
            }
            return;
        }
        let (likes, joins) =
            (after.likes_seen - before.likes_seen.min(after.likes_seen), after.joins - before.joins.min(after.joins));
        if likes > 0 || joins > 0 {
            let row = batch.attended(live, person, at);
            (row.likes, row.joins) = (row.likes + likes, row.joins + joins);
        }
        let said = if let EventKind::Chat(chat) = &event.kind {
            let kind = if chat.text.is_empty() { LineKind::Emote } else { LineKind::Chat };
            Some(line(kind, chat.text.original()))
        } else if let EventKind::Question(question) = &event.kind {
            Some(line(LineKind::Question, question.text.original()))
        } else {
            matches!(event.kind, EventKind::Emote(_)).then(|| line(LineKind::Emote, ""))
        };
        let Some(line) = said else { return };
        if self.policy == RoomPolicy::All && options.kinds.contains(&line.kind) {
            batch.add_line(line);
        } else {
            batch.rows += 1;
            batch.count_line(&line);
        }
    }

    /// The battle, where it changed.
    fn battle(&mut self, live: LiveKey, at: i64, batch: &mut RowBatch) {
        let Some(battle) = &self.room.battle else { return };
        let (id, row) = battle_row(live, battle);
        if self.battle.as_ref().is_some_and(|(known, before)| *known == id && *before == row) {
            return;
        }
        let is_new = self.battle.as_ref().is_none_or(|(known, _)| *known != id);
        let was_over = self.battle.as_ref().is_some_and(|(known, before)| *known == id && before.over);
        if is_new && !row.over {
            let note = format!("battle against {}", named(&row.opponents));
            moments::mark(MomentMade { live, at, person: row.opponent, by: "battle", note }, batch);
        } else if row.over && !was_over {
            let result = row.result.unwrap_or("over");
            let note = format!("battle {result}: {} to {} against {}", row.ours, row.theirs, named(&row.opponents));
            moments::mark(MomentMade { live, at, person: row.opponent, by: "battle", note }, batch);
        }
        batch.battles.insert(id, row.clone());
        self.battle = Some((id, row));
    }
}

fn named(opponents: &str) -> &str {
    if opponents.is_empty() { "somebody" } else { opponents }
}

fn gift_row(
    live: LiveKey,
    person: PersonNumber,
    event: &RoomEvent,
    gift: &Gift,
    tally: Tally,
    watch: i64,
) -> (GiftKey, GiftRow) {
    let kind = stored(gift.gift.id.0);
    // As the ledger of the room tells them apart.
    let runs = gift.group != 0 && (gift.gift.streakable() || gift.gift.kind == 0);
    let at = event.at.wall.0;
    let key = if runs {
        GiftKey::Streak { live, person, gift: kind, group: stored(gift.group) }
    } else {
        // Without an id nothing tells a repeated message from a new one: then time and place in it do.
        let id = event
            .id
            .map_or_else(|| -at.saturating_mul(1_000).saturating_add(tally.count as i64 % 1_000), |id| stored(id.0));
        GiftKey::Single { live, id }
    };
    let minutes = if event.history { BTreeMap::new() } else { BTreeMap::from([(minute_of(at), tally.added)]) };
    let row = GiftRow {
        live,
        person,
        gift: kind,
        name: gift.gift.name.as_str().into(),
        group: if runs { stored(gift.group) } else { 0 },
        highest: tally.count,
        added: tally.added,
        price: gift.gift.diamonds,
        at,
        to: gift.to.as_ref().map(|to| stored(to.id.0)),
        minutes,
        watch,
    };
    (key, row)
}

fn battle_row(live: LiveKey, battle: &Battle) -> (i64, BattleRow) {
    let ours = battle.sides.iter().find(|side| side.ours);
    let theirs = || battle.sides.iter().filter(|side| !side.ours);
    let over = battle.phase != BattlePhase::Running;
    let points = (ours.map_or(0, |side| side.points), theirs().map(|side| side.points).max().unwrap_or(0));
    let told = ours.and_then(|side| side.result);
    let result = match told {
        Some(BattleResult::Won) => Some("won"),
        Some(BattleResult::Lost) => Some("lost"),
        Some(BattleResult::Draw) => Some("draw"),
        // Cut short, nobody won.
        None if !over || battle.cut_short || ours.is_none() => None,
        None => Some(match points.0.cmp(&points.1) {
            std::cmp::Ordering::Greater => "won",
            std::cmp::Ordering::Less => "lost",
            std::cmp::Ordering::Equal => "draw",
        }),
    };
    let hosts = || theirs().flat_map(|side| &side.hosts);
    let name = |host: &crate::events::Host| {
        if host.unique_id.is_empty() { host.nickname.to_string() } else { format!("@{}", host.unique_id) }
    };
    let opponents: Vec<_> = hosts().map(name).filter(|name| !name.is_empty()).collect();
    let at = battle.since.wall.0;
    let row = BattleRow {
        live,
        at,
        over,
        kind: kind_name(battle),
        opponent: hosts().find_map(|host| host.id).map(|id| stored(id.0)),
        opponents: opponents.join(", "),
        ours: points.0,
        theirs: points.1,
        result: result.filter(|_| over),
    };
    let id = battle.id.map_or_else(|| hash(&[live, at]), |id| stored(id.0));
    (id, row)
}

fn kind_name(battle: &Battle) -> &'static str {
    use crate::events::BattleKind;
    match battle.kind {
        BattleKind::OneToOne => "one_to_one",
        BattleKind::Teams => "teams",
        BattleKind::Individual => "individual",
        BattleKind::OneAgainstMany => "one_against_many",
        BattleKind::Other => "other",
    }
}

/// A person by their id; who has none by what they are called, as a negative number that is the same in every build.
pub(super) fn person_key(viewer: &Viewer) -> Option<PersonNumber> {
    if let Some(id) = viewer.id {
        return Some(stored(id.0));
    }
    if viewer.unique_id.is_empty() && viewer.nickname.is_empty() {
        return None;
    }
    let mut hasher = SipHasher13::new();
    hasher.write(viewer.unique_id.as_str().as_bytes());
    hasher.write(&[0xff]);
    hasher.write(viewer.nickname.as_str().as_bytes());
    Some(-((hasher.finish() >> 2) as i64) - 1)
}

fn hash(numbers: &[i64]) -> i64 {
    let mut hasher = SipHasher13::new();
    for number in numbers {
        hasher.write(&number.to_le_bytes());
    }
    -((hasher.finish() >> 2) as i64) - 1
}

//! Reducer: what each kind of event changes in a room.
//!
//! Two rules run through all of it. Backlog that was sent on entry fills the log and sets marks but counts nothing: totals
//! begin when we came in; backlog after an interruption is what we missed, so it counts. And no backlog feeds a series: it
//! did not happen now.

use super::battle;
use super::chatlog::LogLine;
use super::ledger::{StreakKey, StreakState, Tally};
use super::{BattleNews, Room, Series, TalliedEvent, log_rows};
use crate::clock::Moment;
use crate::events::{
    Barrage, BarrageKind, Chat, EventKind, Follow, Gap, Gift, Info, Join, Like, LiveStart, Phase, PhaseKind, RoomEvent,
    StreakClosed, Subscribe, Unknown, Viewers,
};
use crate::text::{Text, clip};

/// Unknown methods counted by name; what comes beyond shares one row, so that made-up names cannot grow memory.
const MAX_METHODS: usize = 256;
/// Columns of a method name kept.
const METHOD_COLUMNS: usize = 80;
/// A number of the stream is preferred to one of a look-up for this long: the stream tells it every few seconds.
const STREAM_IS_FRESH: std::time::Duration = std::time::Duration::from_secs(20);

impl Room {
    pub(super) fn is_foreign(&self, event: &RoomEvent) -> bool {
        matches!((event.room_id, self.room_id), (Some(theirs), Some(ours)) if theirs.0 != 0 && theirs != ours)
    }

    /// Applies an event that is new; for a gift or a closed streak, what it adds.
    pub(super) fn reduce(&mut self, event: &RoomEvent) -> Option<Tally> {
        self.add_battle_result(event);
        self.board.expire(event);
        if event.kind.is_from_service() {
            if !event.history {
                self.messages.add(event.at, 1);
            }
            if !matches!(event.kind, EventKind::Unknown(_)) {
                self.stats.messages += 1;
            }
        }
        self.change(event)
    }

    /// Closes the streaks that were last heard at this connected time or before.
    pub(super) fn close_streaks(&mut self, heard: u64, now: Moment) -> Vec<TalliedEvent> {
        let closing = self.streaks.silent_since(heard);
        closing
            .into_iter()
            .map(|closed| {
                let kind = EventKind::StreakClosed(Box::new(closed));
                let event =
                    RoomEvent { at: now, server_at: None, id: None, room_id: self.room_id, history: false, kind };
                let tally = self.reduce(&event);
                TalliedEvent::new(event, tally)
            })
            .collect()
    }

    /// The table of changes. Every kind stands here by name: a new one does not compile before it has its arm.
    #[allow(clippy::too_many_lines, reason = "a table: one arm a kind")]
    fn change(&mut self, event: &RoomEvent) -> Option<Tally> {
        match &event.kind {
            EventKind::Gift(gift) => return Some(self.gift(event, gift)),
            EventKind::StreakClosed(closed) => return Some(self.streak_closed(closed, event.at)),
            EventKind::State(phase) => self.set_phase(phase, event.at),
            EventKind::Gap(gap) => self.gap(event, gap),
            EventKind::Live(live) => self.begin(event, live),
            EventKind::Info(info) => self.learn(info, event.at),
            EventKind::Unknown(unknown) => self.count_unknown(unknown),
            EventKind::Chat(chat) => self.comment(event, chat),
            EventKind::Emote(emote) => {
                self.count_comment(event);
                self.chat.push(event, LogLine::Emote { from: emote.from.clone(), count: emote.emotes.len() });
            }
            EventKind::Like(like) => self.like(event, like),
            EventKind::Join(join) => self.join(event, join),
            EventKind::Follow(follow) => self.follow(event, follow),
            EventKind::Share(share) => {
                self.stats.shares += self.counts(event);
                self.chat.push(event, LogLine::Share(share.from.clone()));
            }
            EventKind::Subscribe(subscribe) => self.subscribe(event, subscribe),
            EventKind::Viewers(viewers) => self.viewers(event, viewers),
            EventKind::Delete(delete) => {
                self.chat.delete(delete);
                self.board.delete(delete);
            }
            EventKind::Battle(told) => {
                let news = battle::apply(&mut self.battle, told, &self.host, event.at);
                self.log_battle(event, news);
            }
            EventKind::BattlePoints(told) => {
                let news = battle::score(&mut self.battle, told, &self.host, event.at, &mut self.paces);
                self.log_battle(event, news);
            }
            EventKind::BattleItem(item) => {
                let news = battle::item(&mut self.battle, item);
                self.log_battle(event, news);
            }
            EventKind::BattleTask(task) => self.log_battle(event, battle::task(task)),
            EventKind::Barrage(barrage) if barrage.kind == BarrageKind::Subscribe => self.first_barrage(event, barrage),
            EventKind::Barrage(barrage) => self.log(event, log_rows::barrage(barrage)),
            EventKind::Poll(poll) => {
                let line = self.board.poll(poll, event.at);
                self.log(event, line);
            }
            EventKind::Goal(goal) => {
                let line = self.board.apply_goal(goal);
                self.log(event, line);
            }
            EventKind::Pin(pin) => {
                let line = self.board.pin(pin, event.at);
                self.log(event, line);
            }
            EventKind::Question(question) => {
                let line = self.board.question(question, event.at);
                self.log(event, Some(line));
            }
            EventKind::QuestionUpdate(update) => {
                let line = self.board.question_update(update, event.at);
                self.log(event, line);
            }
            EventKind::Link(link) => {
                let line = self.board.link(link, self.host.id);
                self.log(event, line);
            }
            EventKind::GuestTickets(tickets) => self.board.tickets(tickets),
            EventKind::Caption(caption) => self.board.caption(caption, event),
            EventKind::Rank(rank) => {
                self.board.rank(rank);
                self.log(event, log_rows::rank(rank));
            }
            EventKind::Control(control) => self.log(event, Some(log_rows::control(control))),
            EventKind::Intro(intro) => self.log(event, log_rows::intro(intro)),
            EventKind::Notice(notice) => self.log(event, log_rows::notice(notice)),
            EventKind::Envelope(envelope) => {
                if !event.history {
                    self.board.chest(envelope);
                }
                self.log(event, log_rows::envelope(envelope));
            }
            EventKind::Moderation(moderation) => self.log(event, Some(log_rows::moderation(moderation))),
            EventKind::Announcement(announcement) => self.log(event, log_rows::announcement(announcement)),
            EventKind::Shop(shop) => self.log(event, log_rows::shop(shop)),
            EventKind::Minor(minor) => self.log(event, log_rows::minor(minor)),
            // Campaigns are in the picture; no row and no number of ours.
            EventKind::Banner(_) => {}
        }
        None
    }

    /// Adds the row an event is worth, where it is worth one.
    fn log(&mut self, event: &RoomEvent, line: Option<LogLine>) {
        if let Some(line) = line.filter(|line| log_rows::repeated_text(line).is_none_or(|text| self.told.is_new(text)))
        {
            self.chat.push(event, line);
        }
    }

    fn comment(&mut self, event: &RoomEvent, chat: &Chat) {
        self.count_comment(event);
        // In the backlog of entry nobody is new: we do not know what was said before it.
        let first = self.writers.is_first(chat.from.id) && self.counts(event) == 1;
        let line =
            LogLine::Chat { from: chat.from.clone(), text: chat.text.clone(), emotes: chat.emotes.clone(), first };
        self.chat.push(event, line);
    }

    fn count_comment(&mut self, event: &RoomEvent) {
        self.stats.comments += self.counts(event);
        if !event.history {
            self.comments.add(event.at, 1);
        }
    }

    fn gift(&mut self, event: &RoomEvent, gift: &Gift) -> Tally {
        // A gift of unknown kind may run in a streak; as one it is never counted twice, and a single one counts the same.
        let runs = gift.gift.streakable() || (gift.gift.kind == 0 && gift.group != 0);
        let tally = if runs { self.streak(event, gift) } else { self.single_gift(event, gift) };
        if tally.added > 0 {
            self.stats.add_gift(&tally);
            self.leaders.credit(&gift.from, &tally);
        }
        if let Some(coins @ 1..) = tally.diamonds.filter(|_| !event.history) {
            self.coins.add(event.at, coins);
            self.marks.add_gift(event.at, gift, &tally);
        }
        tally
    }

    fn single_gift(&mut self, event: &RoomEvent, gift: &Gift) -> Tally {
        let added = gift.count.saturating_mul(self.counts(event));
        self.streaks.add_single(gift, added, event.at);
        self.chat.push(event, gift_line(gift, gift.count, added, false));
        tally(gift, added, gift.count, StreakState::None)
    }

    fn streak(&mut self, event: &RoomEvent, gift: &Gift) -> Tally {
        let key = StreakKey::from(gift);
        let (added, mark) = self.ledger.add(key, gift, event.at, self.counts(event) == 1);
        if mark.closed.is_some() {
            // Late or repeated, and no higher than what we closed at: nothing to show.
            return tally(gift, added, mark.highest, StreakState::Closed);
        }
        if let Some(row) = mark.row {
            self.chat.grow_gift(row, gift, mark.highest, added);
        } else {
            let row = self.chat.push(event, gift_line(gift, mark.highest, added, !gift.ends));
            self.ledger.set_row(&key, row);
        }
        if let Some(crowded_out) =
            self.streaks.add_units(gift, added, mark.row.is_some(), event.at, self.connected_clock.at(event.at))
        {
            self.close_streak(&crowded_out, event.at);
        }
        if gift.ends {
            self.close_streak(&key, event.at);
        }
        let state = if gift.ends { StreakState::Closed } else { StreakState::Open };
        tally(gift, added, mark.highest, state)
    }

    fn streak_closed(&mut self, closed: &StreakClosed, at: Moment) -> Tally {
        self.close_streak(&StreakKey::from(closed), at);
        Tally { added: 0, diamonds: closed.gift.diamonds.map(|_| 0), count: closed.count, streak: StreakState::Closed }
    }

    fn close_streak(&mut self, key: &StreakKey, at: Moment) {
        self.streaks.close(key, at);
        if let Some(row) = self.ledger.close(key, at) {
            self.chat.finish_gift(row);
        }
    }

    fn like(&mut self, event: &RoomEvent, like: &Like) {
        // A message that tells no total has a zero there.
        if like.total > 0 {
            self.stats.raise_likes(like.total);
        }
        let seen = like.count.saturating_mul(self.counts(event));
        self.stats.likes_seen = self.stats.likes_seen.saturating_add(seen);
        if !event.history {
            self.likes.add(event.at, like.count);
        }
    }

    fn join(&mut self, event: &RoomEvent, join: &Join) {
        self.stats.joins += self.counts(event);
        if let Some(watching @ 1..) = join.watching.filter(|_| !event.history) {
            self.stats.set_watching(watching, event.at);
            self.streamed_watching = Some(event.at);
        }
        self.chat.join(event, &join.from);
    }

    fn follow(&mut self, event: &RoomEvent, follow: &Follow) {
        self.stats.follows += self.counts(event);
        if !event.history {
            self.stats.followers = follow.followers.or(self.stats.followers);
        }
        self.chat.push(event, LogLine::Follow(follow.from.clone()));
    }

    fn subscribe(&mut self, event: &RoomEvent, subscribe: &Subscribe) {
        // One who gives subscriptions away may do so twice in a minute.
        if !subscribe.gifted && !self.subscribers.is_first(subscribe.from.id, event.at) {
            return;
        }
        self.stats.subscribes += self.counts(event);
        self.chat.push(event, LogLine::Subscribe { from: subscribe.from.clone(), months: subscribe.months });
    }

    /// The banner of a subscription. Without an id it cannot be told from the notice that follows, so it counts nothing.
    fn first_barrage(&mut self, event: &RoomEvent, barrage: &Barrage) {
        match &barrage.from {
            Some(from) if from.id.is_some() => {
                self.subscribe(event, &Subscribe { from: from.clone(), months: 0, gifted: false });
            }
            _ => _ = self.chat.push(event, LogLine::Barrage { kind: barrage.kind, text: barrage.text.clone() }),
        }
    }

    fn viewers(&mut self, event: &RoomEvent, viewers: &Viewers) {
        if event.history {
            return;
        }
        self.stats.set_watching(viewers.watching, event.at);
        self.stats.total_viewers = viewers.total.or(self.stats.total_viewers);
        self.streamed_watching = Some(event.at);
        self.viewers.add(event.at, viewers.watching);
        if !viewers.top.is_empty() {
            self.top_viewers.clone_from(&viewers.top);
        }
    }

    fn count_unknown(&mut self, unknown: &Unknown) {
        match unknown.error {
            Some(_) => self.stats.unreadable += 1,
            None => self.stats.unknown += 1,
        }
        let method = clip(unknown.method.as_str(), METHOD_COLUMNS);
        if let Some(count) = self.unknown.get_mut(method.as_ref()) {
            *count += 1;
            return;
        }
        let method = if self.unknown.len() < MAX_METHODS { method.as_ref() } else { "other" };
        *self.unknown.entry(method.to_owned()).or_default() += 1;
    }

    fn set_phase(&mut self, phase: &Phase, at: Moment) {
        if phase.kind != self.phase.kind {
            self.phase_since = at;
        }
        self.phase = phase.clone();
        let connected = match phase.kind {
            PhaseKind::Live => true,
            // A pause of the host does not close the socket (docs/protocol.md#control).
            PhaseKind::Paused => self.connected_clock.runs(),
            _ => false,
        };
        if self.connected_clock.run(connected, at) {
            self.interrupted |= !connected;
            self.series().into_iter().for_each(|series| series.set_connected(at, connected));
        }
    }

    fn gap(&mut self, event: &RoomEvent, gap: &Gap) {
        let length = u64::try_from(gap.length.as_millis()).unwrap_or(u64::MAX);
        self.stats.gap_ms = self.stats.gap_ms.saturating_add(length);
        self.stats.gaps += 1;
        // One from before our first connection is none of ours: the backlog of entry still adds nothing.
        self.interrupted |= self.connected_clock.has_run();
        self.series().into_iter().for_each(|series| series.gap(gap.from, event.at));
        self.marks.add_gap(event.at, gap);
        self.chat.push(event, LogLine::Gap(gap.clone()));
    }

    /// A new live. The same room id again is the live we are in.
    fn begin(&mut self, event: &RoomEvent, live: &LiveStart) {
        if self.room_id == Some(live.room_id) {
            return;
        }
        // Before the first live only look-ups spoke, and they spoke of this one.
        if self.room_id.is_some() {
            self.stats = self.stats.of_next_live();
            self.started_at = None;
            self.streamed_watching = None;
        }
        for streak in self.streaks.silent_since(u64::MAX) {
            self.close_streak(&StreakKey::from(&streak), event.at);
        }
        self.room_id = Some(live.room_id);
        self.live_seq = live.live_seq;
        self.interrupted = false;
        self.streaks = super::Streaks::default();
        self.ledger = super::ledger::GiftLedger::default();
        self.writers = super::dedup::Writers::default();
        self.told = super::dedup::ToldOnce::default();
        self.leaders = super::Leaders::default();
        self.marks = super::RoomMarks::default();
        self.top_viewers = Vec::new();
        self.battle = None;
        self.board = super::Board::default();
        self.subscribers = super::subscribers::RecentSubscribers::default();
        self.paces = battle::Paces::default();
        self.spikes = super::spikes::SpikeFinder::default();
        self.series().into_iter().for_each(|series| series.cut(event.at));
        self.chat.push(event, LogLine::Live { room_id: live.room_id, live_seq: live.live_seq });
    }

    fn learn(&mut self, info: &Info, at: Moment) {
        self.host.id = info.host.id.or(self.host.id);
        replace(&mut self.host.unique_id, &info.host.unique_id);
        replace(&mut self.host.nickname, &info.host.nickname);
        replace(&mut self.title, &info.title);
        if let Some(battle) = &mut self.battle {
            battle.find_ours(&self.host);
        }
        self.started_at = info.started_at.or(self.started_at);
        self.skew_ms = info.skew_ms.or(self.skew_ms);
        info.likes.into_iter().for_each(|likes| self.stats.raise_likes(likes));
        self.stats.followers = info.followers.or(self.stats.followers);
        if self.streamed_watching.is_some_and(|streamed| at.since(streamed) < STREAM_IS_FRESH) {
            return;
        }
        if let Some(watching) = info.watching {
            self.stats.set_watching(watching, at);
        }
        self.stats.total_viewers = info.total_viewers.or(self.stats.total_viewers);
    }

    fn add_battle_result(&mut self, event: &RoomEvent) {
        let Some(battle) = &mut self.battle else { return };
        let news = battle.expire(event.at, event.server_at);
        if battle.phase == battle::BattlePhase::Running {
            self.paces.recompute(&mut battle.sides, event.at);
        }
        if let Some(news) = news {
            self.marks.add_battle(event.at, &news);
            self.chat.push_line(event.at, LogLine::Battle(Box::new(news)));
        }
    }

    fn log_battle(&mut self, event: &RoomEvent, news: Option<BattleNews>) {
        if let Some(news) = news.as_ref().filter(|_| !event.history) {
            self.marks.add_battle(event.at, news);
        }
        self.log(event, news.map(|news| LogLine::Battle(Box::new(news))));
    }

    /// 1 for what counts, 0 for the backlog sent on entry.
    fn counts(&self, event: &RoomEvent) -> u64 {
        u64::from(!event.history || self.interrupted)
    }

    fn series(&mut self) -> [&mut Series; 5] {
        [&mut self.viewers, &mut self.likes, &mut self.coins, &mut self.comments, &mut self.messages]
    }
}

fn tally(gift: &Gift, added: u64, count: u64, streak: StreakState) -> Tally {
    Tally { added, diamonds: gift.gift.diamonds.map(|price| price.saturating_mul(added)), count, streak }
}

fn gift_line(gift: &Gift, count: u64, added: u64, running: bool) -> LogLine {
    LogLine::Gift { from: gift.from.clone(), to: gift.to.clone(), gift: gift.gift.clone(), count, added, running }
}

/// Look-ups leave out what they do not know.
fn replace(known: &mut Text, told: &Text) {
    if !told.is_empty() {
        known.clone_from(told);
    }
}

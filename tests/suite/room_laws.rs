//! Laws of the reducer, on random streams: a unit counts once, mirrors are equal, memory is bounded.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use tiktop::clock::{Moment, Timestamp};
use tiktop::events::{
    BattleAction, BattleEvent, BattleKind, BattlePoints, BattleSide, BattleTimes, Chat, Delete, EventKind, Gap, Gift,
    GiftFacts, Host, Info, Join, Like, LiveStart, Phase, PhaseKind, RoomEvent, Unknown, Viewer, Viewers,
};
use tiktop::ids::{BattleId, GiftId, MsgId, RoomId, UserId};
use tiktop::room::{Applied, Room, TalliedEvent};
use tiktop::text::Text;

const LIMIT: usize = 30;

fn moment(millis: u64) -> Moment {
    Moment { mono: 4_000_000, wall: Timestamp(1_700_000_000_000) } + Duration::from_millis(millis)
}

fn event(at: u64, id: Option<u64>, kind: EventKind) -> RoomEvent {
    let at = moment(at);
    RoomEvent { at, server_at: Some(at.wall), id: id.map(MsgId), room_id: Some(RoomId(71)), history: false, kind }
}

fn viewer(id: u64) -> Arc<Viewer> {
    Arc::new(Viewer { id: Some(UserId(id)), unique_id: format!("user{id}").into(), ..Viewer::default() })
}

fn gift(from: u64, group: u64, count: u64, kind: u32, ends: bool) -> EventKind {
    let facts = GiftFacts { id: GiftId(5), name: "Rose".into(), diamonds: Some(1), kind, ..GiftFacts::default() };
    EventKind::Gift(Box::new(Gift {
        from: viewer(from),
        to: None,
        gift: Arc::new(facts),
        count,
        group,
        coins: None,
        ends,
    }))
}

fn live(seq: u32) -> EventKind {
    EventKind::Live(LiveStart { room_id: RoomId(70 + u64::from(seq)), live_seq: seq })
}

/// A room that is connected to live 71.
fn connected() -> Room {
    let mut room = Room::new(LIMIT);
    room.apply(&event(0, None, live(1)));
    room.apply(&event(0, None, EventKind::State(Phase::new(PhaseKind::Live))));
    room
}

/// One thing that happens, `wait` milliseconds after the last.
#[derive(Clone, Debug)]
enum Happens {
    Message { wait: u64, id: Option<u64>, history: bool, room: Option<u64>, kind: EventKind },
    Ours { wait: u64, kind: EventKind },
    Tick { wait: u64 },
    EndLive { wait: u64 },
}

fn happens() -> impl Strategy<Value = Happens> {
    let wait = 0..9_000u64;
    let message = (wait.clone(), prop::option::weighted(0.9, 1..60u64), prop::bool::weighted(0.1), rooms(), messages());
    prop_oneof![
        12 => message.prop_map(|(wait, id, history, room, kind)| Happens::Message { wait, id, history, room, kind }),
        2 => (wait.clone(), ours()).prop_map(|(wait, kind)| Happens::Ours { wait, kind }),
        3 => wait.clone().prop_map(|wait| Happens::Tick { wait }),
        1 => wait.prop_map(|wait| Happens::EndLive { wait }),
    ]
}

fn rooms() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![6 => Just(None), 6 => Just(Some(71)), 1 => Just(Some(0)), 1 => Just(Some(72))]
}

fn messages() -> impl Strategy<Value = EventKind> {
    let people = 1..5u64;
    prop_oneof![
        4 => (people.clone(), 0..3u64, 0..20u64, prop_oneof![4 => Just(1), 1 => Just(2)], any::<bool>())
            .prop_map(|(from, group, count, kind, ends)| gift(from, group, count, kind, ends)),
        2 => people.clone().prop_map(|from| EventKind::Join(Join {
            from: viewer(from),
            watching: Some(from),
            source: Text::default(),
        })),
        2 => (people.clone(), ".{0,12}").prop_map(|(from, text)| EventKind::Chat(Chat {
            from: viewer(from),
            text: text.into(),
            emotes: Vec::new(),
            to: None,
            language: "en".into(),
        })),
        1 => any::<(u64, u64)>().prop_map(|(count, total)| EventKind::Like(Like { from: None, count, total })),
        1 => any::<u64>().prop_map(|watching| EventKind::Viewers(Viewers {
            watching,
            total: None,
            anonymous: 0,
            top: Vec::new(),
        })),
        1 => people.prop_map(|user| EventKind::Delete(Delete { messages: Vec::new(), users: vec![UserId(user)] })),
        1 => "[a-c]{1,2}".prop_map(|method| EventKind::Unknown(Unknown {
            method: method.into(),
            bytes: 1,
            error: None,
        })),
        2 => battles(),
    ]
}

fn battles() -> impl Strategy<Value = EventKind> {
    let actions = prop_oneof![
        3 => Just(BattleAction::Started),
        1 => Just(BattleAction::Finished),
        1 => Just(BattleAction::CutShort),
        1 => Just(BattleAction::PunishOver),
    ];
    let side = (prop::option::of(1..3u64), prop::collection::vec(1..5u64, 0..3), any::<Option<u64>>());
    let sides = prop::collection::vec(side, 0..4).prop_map(|sides| sides.into_iter().map(side_of).collect::<Vec<_>>());
    (prop::option::of(1..4u64), actions, sides, any::<bool>(), prop::option::of(0..400_000i64)).prop_map(
        |(id, action, sides, points, ends)| {
            let (battle, kind) = (id.map(BattleId), BattleKind::OneToOne);
            let ends_at = ends.map(|millis| Timestamp(1_700_000_000_000 + millis));
            let times = BattleTimes { ends_at, ..BattleTimes::default() };
            if points {
                let over = action == BattleAction::CutShort;
                return EventKind::BattlePoints(Box::new(BattlePoints {
                    battle,
                    kind,
                    times,
                    sides,
                    cause: None,
                    over,
                }));
            }
            EventKind::Battle(Box::new(BattleEvent { battle, action, kind, times, sides }))
        },
    )
}

fn side_of((team, hosts, points): (Option<u64>, Vec<u64>, Option<u64>)) -> BattleSide {
    let hosts = hosts.into_iter().map(|id| Host { id: Some(UserId(id)), ..Host::default() }).collect();
    BattleSide { team, hosts, points, ..BattleSide::default() }
}

fn ours() -> impl Strategy<Value = EventKind> {
    let phases = prop_oneof![
        3 => Just(PhaseKind::Live),
        1 => Just(PhaseKind::Reconnecting),
        1 => Just(PhaseKind::Paused),
        1 => Just(PhaseKind::Ended),
    ];
    prop_oneof![
        4 => phases.prop_map(|kind| EventKind::State(Phase::new(kind))),
        1 => (1..3u32).prop_map(live),
        1 => (0..90_000u64).prop_map(|millis| EventKind::Gap(Gap {
            from: moment(0),
            length: Duration::from_millis(millis),
            reason: Text::default(),
        })),
        1 => any::<Option<u64>>().prop_map(|number| EventKind::Info(Box::new(Info {
            host: Host { id: Some(UserId(1)), ..Host::default() },
            watching: number,
            likes: number,
            ..Info::default()
        }))),
    ]
}

/// Runs a story in a room; returns what its readers are told.
fn play(room: &mut Room, story: &[Happens]) -> Vec<TalliedEvent> {
    let mut told = Vec::new();
    let mut now = 0;
    for happens in story {
        let (Happens::Message { wait, .. }
        | Happens::Ours { wait, .. }
        | Happens::Tick { wait }
        | Happens::EndLive { wait }) = happens;
        now += wait;
        let event = match happens {
            Happens::Tick { .. } => {
                told.extend(room.tick(moment(now)));
                continue;
            }
            Happens::EndLive { .. } => {
                told.extend(room.end_live(moment(now)));
                continue;
            }
            Happens::Ours { kind, .. } => event(now, None, kind.clone()),
            Happens::Message { id, history, room, kind, .. } => {
                RoomEvent { history: *history, room_id: room.map(RoomId), ..event(now, *id, kind.clone()) }
            }
        };
        if let Applied::Fresh(tally) = room.apply(&event) {
            told.push(TalliedEvent::new(event, tally));
        }
    }
    told
}

proptest! {
    #[test]
    fn a_mirror_told_the_same_events_is_equal(story in prop::collection::vec(happens(), 0..120)) {
        let mut origin = connected();
        let mut mirror = connected();
        for tallied in play(&mut origin, &story) {
            let verdict = mirror.apply(&tallied.event);
            prop_assert_eq!(verdict, Applied::Fresh(tallied.tally));
        }
        // What was not fresh is not told: the origin alone counts it.
        mirror.stats.duplicates = origin.stats.duplicates;
        mirror.stats.foreign = origin.stats.foreign;
        prop_assert_eq!(serde_json::to_value(&mirror).unwrap(), serde_json::to_value(&origin).unwrap());
    }

    #[test]
    fn a_snapshot_goes_on_like_the_room_itself(story in prop::collection::vec(happens(), 0..80), cut in 0..80usize) {
        let (before, after) = story.split_at(cut.min(story.len()));
        let mut room = connected();
        play(&mut room, before);
        let mut restored: Room = serde_json::from_str(&serde_json::to_string(&room).unwrap()).unwrap();
        prop_assert_eq!(play(&mut restored, after), play(&mut room, after));
        prop_assert_eq!(serde_json::to_value(&restored).unwrap(), serde_json::to_value(&room).unwrap());
    }

    /// Each streak taps 1, 2, … n; its messages come doubled and out of order, mixed with those of others.
    #[test]
    fn a_total_is_the_truth_whatever_is_doubled_or_out_of_order(
        streaks in prop::collection::vec((1..4u64, 1..15u64, any::<bool>()), 1..6),
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..120),
    ) {
        let mut messages = Vec::new();
        let mut truth = BTreeMap::new();
        for (group, &(from, taps, ends)) in streaks.iter().enumerate() {
            *truth.entry(from).or_insert(0) += taps;
            messages.extend((1..=taps).map(|count| gift(from, group as u64 + 1, count, 1, ends && count == taps)));
        }
        let messages: Vec<RoomEvent> =
            messages.into_iter().zip(1..).map(|(kind, id)| event(1_000, Some(id), kind)).collect();
        let mut room = connected();
        let mut added = 0;
        // A random walk with repeats, then all of them, so that nothing is lost.
        let walk = order.iter().map(|index| index.get(&messages));
        for message in walk.chain(&messages) {
            if let Applied::Fresh(Some(tally)) = room.apply(message) {
                added += tally.added;
            }
        }
        prop_assert_eq!(added, truth.values().sum::<u64>());
        prop_assert_eq!(room.stats.gifts, added);
        prop_assert_eq!(room.leaders.top().map(|leader| leader.gifts).sum::<u64>(), added);
        for (from, gifts) in truth {
            prop_assert_eq!(room.leaders.total_of(UserId(from)).map(|leader| leader.gifts), Some(gifts));
        }
    }
}

/// The size of a snapshot stands for the memory of the room.
#[test]
fn memory_is_bounded_under_a_flood_of_new_names() {
    let mut room = connected();
    let mut flood = |from: u64, to: u64| {
        for n in from..to {
            room.apply(&event(n, Some(n * 3), gift(n, n, 1, 1, false)));
            room.apply(&event(n, Some(n * 3 + 1), gift(n, n, 1, 2, false)));
            let unknown = Unknown { method: format!("Webcast{n}").into(), bytes: 1, error: None };
            room.apply(&event(n, Some(n * 3 + 2), EventKind::Unknown(unknown)));
        }
        serde_json::to_vec(&room).unwrap().len()
    };
    let full = flood(1_000, 12_500);
    let later = flood(12_500, 16_000);
    assert!(later <= full + full / 10, "{full} bytes grew to {later}");
    assert_eq!(room.stats.gifts, 2 * 15_000);
    assert_eq!(room.unknown.len(), 257);
    assert_eq!(room.unknown["other"], 15_000 - 256);
    assert_eq!(room.streaks.running().count(), 1_024);
    assert_eq!(room.streaks.finished().count(), 200);
    assert_eq!(room.leaders.top().count(), 50);
    assert_eq!(room.chat.len(), LIMIT);
}

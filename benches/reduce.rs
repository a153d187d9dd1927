//! Bench of a room that takes in events: 10 000 of the mix that live rooms send.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use tiktop::clock::{Moment, Timestamp};
use tiktop::events::{
    Chat, EventKind, Gift, GiftFacts, Join, Like, LiveStart, Phase, PhaseKind, RoomEvent, Viewer, Viewers,
};
use tiktop::ids::{GiftId, MsgId, RoomId, UserId};
use tiktop::room::Room;
use tiktop::text::Text;

const EVENTS: u64 = 10_000;
const LOG_LIMIT: usize = 2_000;

fn viewer(n: u64) -> Arc<Viewer> {
    Arc::new(Viewer { id: Some(UserId(n)), unique_id: format!("user{n}").into(), ..Viewer::default() })
}

/// Of ten messages: four joins, two likes, two comments, one gift, one viewer count.
fn kind(n: u64) -> EventKind {
    let from = viewer(n * 7 % 900 + 1);
    match n % 10 {
        0..4 => EventKind::Join(Join { from, watching: Some(900 + n % 50), source: Text::default() }),
        4 | 5 => EventKind::Like(Like { from: Some(from), count: 15, total: 3_000_000 + n }),
        6 | 7 => EventKind::Chat(Chat {
            from,
            text: "hello from the other side of the world".into(),
            emotes: Vec::new(),
            to: None,
            language: "en".into(),
        }),
        8 => EventKind::Gift(Box::new(gift(n))),
        _ => EventKind::Viewers(Viewers { watching: 900 + n % 50, total: Some(5_000), anonymous: 9, top: Vec::new() }),
    }
}

/// Forty people run streaks of 25.
fn gift(n: u64) -> Gift {
    let turn = n / 10;
    let (sender, count) = (turn % 40 + 1, turn / 40 % 25 + 1);
    let gift = GiftFacts { id: GiftId(5655), name: "Rose".into(), diamonds: Some(1), kind: 1, ..GiftFacts::default() };
    Gift {
        from: viewer(sender),
        to: None,
        gift: Arc::new(gift),
        count,
        group: turn / 1_000 + 1,
        coins: Some(1),
        ends: count == 25,
    }
}

fn event(n: u64, id: Option<u64>, kind: EventKind) -> RoomEvent {
    // A busy room: 200 messages a second.
    let at = Moment { mono: 4_000_000, wall: Timestamp(1_700_000_000_000) } + Duration::from_millis(n * 5);
    RoomEvent { at, server_at: Some(at.wall), id: id.map(MsgId), room_id: Some(RoomId(71)), history: false, kind }
}

fn connected() -> Room {
    let mut room = Room::new(LOG_LIMIT);
    room.apply(&event(0, None, EventKind::Live(LiveStart { room_id: RoomId(71), live_seq: 1 })));
    room.apply(&event(0, None, EventKind::State(Phase::new(PhaseKind::Live))));
    room
}

fn reduce(criterion: &mut Criterion) {
    let events: Vec<RoomEvent> = (1..=EVENTS).map(|n| event(n, Some(n), kind(n))).collect();
    let mut group = criterion.benchmark_group("reduce");
    group.throughput(Throughput::Elements(EVENTS));
    group.bench_function("mixed", |bencher| {
        bencher.iter_batched(
            connected,
            |mut room| {
                for event in &events {
                    black_box(room.apply(event));
                }
                room
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches, reduce);
criterion_main!(benches);

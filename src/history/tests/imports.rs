//! Tests of captures that are read into a history.

use super::*;

#[test]
fn a_capture_that_is_read_in_adds_what_is_missing_and_nothing_twice() {
    let (whole, cut) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let events = busy(&mut Scene::new());
    keep(whole.path(), &events);
    for kept in [0, 1, 20, 60, events.len()] {
        std::fs::remove_dir_all(cut.path()).unwrap();
        std::fs::create_dir(cut.path()).unwrap();
        keep(cut.path(), &events[..kept]);
        for _ in 0..2 {
            let folder = HistoryFolder::new(cut.path());
            let clock = Clock::manual(Timestamp(NOON));
            let mut import = HistoryRecorder::importing(&folder, options(), clock, |_| {}).unwrap();
            import.added(ROOM, &"@ana.live".into());
            events.chunks(5).for_each(|events| import.events(ROOM, events));
            import.finish().unwrap();
            assert_eq!(all_rows(cut.path()), all_rows(whole.path()), "{kept} events were kept before");
        }
    }
}

#[test]
fn captures_of_two_runs_that_are_read_in_together_count_once_what_is_in_both() {
    let mut first = Scene::new();
    let mut run = first.begin();
    (1..=6).for_each(|count| run.extend(first.gift(3, 77, count, Some(10))));
    let mut second = Scene::of_live(LIVE, NOON + 60_000);
    let mut next_run = second.begin();
    next_run.extend(second.gift(3, 77, 6, Some(10)));
    // What the service sends again after an interruption.
    let both = [first.chat(4, "hello"), first.gift(4, 0, 1, Some(5))].concat();
    assert_eq!(both.len(), 2);
    run.extend(both.iter().cloned());
    next_run.extend(both);
    for flushed in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let folder = HistoryFolder::new(dir.path());
        let mut import =
            HistoryRecorder::importing(&folder, options(), Clock::manual(Timestamp(NOON)), |_| {}).unwrap();
        for (room, events) in [(ROOM, &run), (RoomKey(2), &next_run)] {
            import.added(room, &"@ana.live".into());
            import.events(room, events);
            if flushed {
                import.control().flush(Duration::from_secs(20));
            }
        }
        import.finish().unwrap();
        let live = reader(dir.path()).live(LIVE.0).unwrap().unwrap();
        assert_eq!((live.gifts, live.coins, live.chats), (7, 65, 1), "{flushed}");
    }
}

#[test]
fn a_streak_that_two_runs_saw_is_as_much_from_their_captures_as_it_was_kept() {
    // The first run meets it in its middle, the second hears its last count once more.
    let run = |at, counts: std::ops::RangeInclusive<u64>| {
        let mut scene = Scene::of_live(LIVE, at);
        let mut events = scene.begin();
        for count in counts {
            let EventKind::Gift(mut gift) = gift(3, 77, count, Some(10)) else { continue };
            gift.coins = Some(10);
            events.extend(scene.say(EventKind::Gift(gift)));
        }
        events
    };
    let runs = [run(NOON, 4..=9), run(NOON + 60_000, 9..=9)];
    let (kept, anew) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for events in &runs {
        keep(kept.path(), events);
    }
    let import = |dir: &Path, events: &[TalliedEvent]| {
        let clock = Clock::manual(Timestamp(NOON));
        let mut import = HistoryRecorder::importing(&HistoryFolder::new(dir), options(), clock, |_| {}).unwrap();
        import.added(ROOM, &"@ana.live".into());
        import.events(ROOM, events);
        import.finish().unwrap();
    };
    for events in &runs {
        import(anew.path(), events);
    }
    let gifts = |dir: &Path| reader(dir).live(LIVE.0).unwrap().unwrap().gifts;
    assert_eq!([kept.path(), anew.path()].map(gifts), [6; 2]);
}

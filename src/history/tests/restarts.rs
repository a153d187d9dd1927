//! Tests of programs that begin again in a live of which something is kept.

use super::*;

#[test]
fn what_comes_again_after_a_restart_is_not_counted_twice() {
    let dir = tempfile::tempdir().unwrap();
    let mut scene = Scene::new();
    let events = busy(&mut scene);
    keep(dir.path(), &events);
    let once = all_rows(dir.path());
    // The service tells all of it again to a process that knows nothing of the first.
    let mut again = Scene::new();
    let repeated: Vec<_> = events
        .iter()
        .flat_map(|tallied| {
            let event = tallied.event.clone();
            again.tally(event)
        })
        .filter(|tallied| matches!(tallied.event.kind, EventKind::Chat(_) | EventKind::Gift(_) | EventKind::Live(_)))
        .collect();
    keep(dir.path(), &repeated);
    assert_eq!(all_rows(dir.path()), once);
    // A streak goes on: what is new of it is added.
    let mut later = Scene::of_live(LIVE, NOON + 60_000);
    let mut more = later.begin();
    more.extend(later.gift(3, 77, 12, Some(10)));
    keep(dir.path(), &more);
    let live = reader(dir.path()).live(LIVE.0).unwrap().unwrap();
    assert_eq!((live.gifts, live.coins), (15, 320), "three more roses");
    // What was given of a streak while nothing ran is told by its count; a third run hears the last count once more.
    for (minute, count, added) in [(2, 1, 1), (3, 4, 1), (4, 4, 4)] {
        let mut scene = Scene::of_live(LIVE, NOON + minute * 60_000);
        let mut run = scene.begin();
        let mut given = scene.gift(8, 99, count, Some(1));
        given.iter_mut().filter_map(|tallied| tallied.tally.as_mut()).for_each(|tally| tally.added = added);
        run.extend(given);
        keep(dir.path(), &run);
    }
    assert_eq!(reader(dir.path()).live(LIVE.0).unwrap().unwrap().gifts, 15 + 4);
}

#[test]
fn backlog_is_kept_and_not_counted() {
    let dir = tempfile::tempdir().unwrap();
    let mut scene = Scene::new();
    let mut events = scene.begin();
    for kind in [chat(1, "before we came"), gift(2, 0, 1, Some(5))] {
        let mut event = scene.event(kind);
        event.history = true;
        events.extend(scene.tally(event));
    }
    keep(dir.path(), &events);
    let live = reader(dir.path()).live(LIVE.0).unwrap().unwrap();
    assert_eq!((live.chats, live.gifts, live.coins), (0, 0, 0));
    assert_eq!(found(dir.path(), "before"), ["before we came"]);
}

#[test]
fn lines_that_were_written_when_a_program_was_killed_before_it_counted_them_are_counted_by_a_capture() {
    let events = busy(&mut Scene::new());
    let chats = |dir: &Path| reader(dir).live(LIVE.0).unwrap().unwrap().chats;
    let [whole, counted, killed] = std::array::from_fn(|_| tempfile::tempdir().unwrap());
    keep(whole.path(), &events);
    for (until, written, next_run) in [(0, 20, 60), (20, 40, 60), (20, 40, events.len())] {
        for dir in [&counted, &killed] {
            std::fs::remove_dir_all(dir.path()).unwrap();
        }
        keep(counted.path(), &events[..until]);
        keep(killed.path(), &events[..written]);
        let people = HistoryFolder::new(killed.path()).people_file();
        std::fs::copy(HistoryFolder::new(counted.path()).people_file(), &people).unwrap();
        rusqlite::Connection::open(&people).unwrap().execute("UPDATE meta SET value = 0", []).unwrap();
        keep(killed.path(), &events[next_run..]);
        let clock = Clock::manual(Timestamp(NOON));
        let folder = HistoryFolder::new(killed.path());
        let mut import = HistoryRecorder::importing(&folder, options(), clock, |_| {}).unwrap();
        import.added(ROOM, &"@ana.live".into());
        import.events(ROOM, &events);
        import.finish().unwrap();
        let live = reader(killed.path()).live(LIVE.0).unwrap().unwrap();
        assert!(live.watched_ms <= live.length() as u64, "what two runs brought was watched once: {}", live.watched_ms);
        assert_eq!(chats(killed.path()), chats(whole.path()), "counted {until}, written {written}, went on {next_run}");
    }
}

//! Tests of faults: a folder that takes nothing, a full disk, a clock that jumps back, an end in the middle.

use std::path::PathBuf;

use super::*;

/// What is told while events are kept, and whether the end went well.
fn told(dir: &Path, events: &[TalliedEvent]) -> (Vec<String>, Result<(), HistoryError>) {
    let said: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = Arc::clone(&said);
    let warn = move |words: &str| heard.lock().unwrap().push(words.to_owned());
    let folder = HistoryFolder::new(dir);
    let mut recorder = HistoryRecorder::start(&folder, options(), Clock::manual(Timestamp(NOON)), warn, None).unwrap();
    recorder.added(ROOM, &"@ana.live".into());
    recorder.events(ROOM, events);
    recorder.control().flush(Duration::from_millis(500));
    let ended = recorder.finish();
    let said = said.lock().unwrap().clone();
    (said, ended)
}

#[test]
fn a_folder_that_cannot_be_written_is_told_and_what_is_in_it_read() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    keep(dir.path(), &busy(&mut Scene::new()));
    let set = |mode| std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(mode)).unwrap();
    set(0o500);
    std::fs::set_permissions(dir.path().join("history.lock"), std::fs::Permissions::from_mode(0o400)).unwrap();
    // Who may write everywhere is not kept out by a mode.
    if std::fs::write(dir.path().join("x"), "").is_err() {
        let error = try_recorder(dir.path()).map(drop).unwrap_err();
        assert!(error.to_string().contains("history.lock"), "{error}");
    }
    assert_eq!(found(dir.path(), "line").len(), 50);
    set(0o700);
    let file = dir.path().join("a file");
    std::fs::write(&file, "").unwrap();
    let error = try_recorder(&file.join("history")).map(drop).unwrap_err();
    assert!(error.to_string().contains("a file"), "{error}");
}

/// A disk of so many bytes; nothing where this process may not make one.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn new(at: PathBuf, bytes: u32) -> Option<Self> {
        std::fs::create_dir(&at).unwrap();
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o"]).arg(format!("size={bytes}")).arg("tmpfs").arg(&at);
        let mounted = mount.stderr(std::process::Stdio::null()).status().is_ok_and(|status| status.success());
        mounted.then_some(Self(at))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(std::process::Command::new("umount").arg(&self.0).status());
    }
}

#[test]
fn a_full_disk_is_told_and_what_waited_is_kept_once_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::new(dir.path().join("disk"), 16 << 20) else { return };
    let filler = disk.0.join("filler");
    let mut scene = Scene::new();
    let said: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = Arc::clone(&said);
    let warn = move |words: &str| heard.lock().unwrap().push(words.to_owned());
    let history = disk.0.join("history");
    let folder = HistoryFolder::new(&history);
    let mut recorder = HistoryRecorder::start(&folder, options(), Clock::manual(Timestamp(NOON)), warn, None).unwrap();
    recorder.added(ROOM, &"@ana.live".into());
    recorder.events(ROOM, &scene.begin());
    recorder.control().flush(Duration::from_secs(10));
    // All that is left is taken.
    let mut full = std::fs::File::create(&filler).unwrap();
    while std::io::Write::write_all(&mut full, &[1; 4_096]).is_ok() {}
    drop(full);
    for nth in 0..400 {
        recorder.events(ROOM, &scene.chat(1, &format!("line {nth} {}", "x".repeat(2_000))));
    }
    let waits = |words: &str| {
        for _ in 0..200 {
            if said.lock().unwrap().iter().any(|said| said.contains(words)) {
                return;
            }
            recorder.control().flush(Duration::from_millis(50));
        }
        panic!("nobody said '{words}': {:?}", said.lock().unwrap());
    };
    waits("not kept until this is mended");
    std::fs::remove_file(&filler).unwrap();
    waits("kept again");
    recorder.finish().unwrap();
    let live = reader(&history).live(LIVE.0).unwrap().unwrap();
    assert_eq!((live.chats, found(&history, "line").len()), (400, 100), "a page of them");
}

#[test]
fn a_clock_that_jumps_back_counts_nothing_twice_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut scene = Scene::new();
    let mut events = busy(&mut scene);
    scene.at -= 3_600_000;
    for nth in 0..20 {
        events.extend(scene.chat(5, &format!("later {nth}")));
    }
    let (said, ended) = told(dir.path(), &events);
    ended.unwrap();
    assert_eq!(said, Vec::<String>::new());
    let once = all_rows(dir.path());
    assert_eq!(reader(dir.path()).live(LIVE.0).unwrap().unwrap().chats, scene.room.stats.comments);
    let folder = HistoryFolder::new(dir.path());
    let mut import = HistoryRecorder::importing(&folder, options(), Clock::manual(Timestamp(NOON)), |_| {}).unwrap();
    import.added(ROOM, &"@ana.live".into());
    import.events(ROOM, &events);
    import.finish().unwrap();
    assert_eq!(all_rows(dir.path()), once);
}

#[test]
fn a_file_that_was_left_in_the_middle_is_added_up_when_it_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let mut scene = Scene::new();
    let begun = scene.begin();
    let crowd: Vec<_> = (0..500).flat_map(|who| scene.chat(1_000 + who, "hello")).collect();
    let folder = HistoryFolder::new(dir.path());
    let slow = HistoryOptions { flush_after: Duration::from_secs(3_600), ..options() };
    let mut recorder = HistoryRecorder::start(&folder, slow, Clock::manual(Timestamp(NOON)), |_| {}, None).unwrap();
    recorder.added(ROOM, &"@ana.live".into());
    recorder.events(ROOM, &begun);
    recorder.events(ROOM, &crowd);
    recorder.finish().unwrap();
    let once = all_rows(dir.path());
    // As a process leaves it that was killed: rows in the log alone.
    let people = rusqlite::Connection::open(folder.people_file()).unwrap();
    let mut rows = super::super::attendance::AttendanceMap::default();
    for who in 0..500 {
        let row = super::super::batch::Attendance { chats: 1, first: NOON, last: NOON, ..Default::default() };
        super::super::attendance::merge(&mut rows, (LIVE.0 as i64, 1_000 + who), &row, false);
    }
    super::super::attendance::append(&people, &rows).unwrap();
    drop(people);
    keep(dir.path(), &[]);
    let told = reader(dir.path()).report(LIVE.0).unwrap().unwrap();
    assert_eq!(told.people, 500);
    assert_ne!(all_rows(dir.path()), once);
    assert_eq!(reader(dir.path()).person(1_007).unwrap().unwrap().chats, 2);
}

#[test]
fn what_only_the_log_of_the_file_holds_after_a_kill_is_read_too() {
    use crate::history::{attendance, batch::Attendance, people_file::PEOPLE_FORM};
    let dir = tempfile::tempdir().unwrap();
    keep(dir.path(), &busy(&mut Scene::new()));
    let said =
        || reader(dir.path()).list_people(PersonSort::Seen, 99).unwrap().iter().map(|row| row.chats).sum::<u64>();
    let before = said();
    let killed = PEOPLE_FORM.open_writer(&HistoryFolder::new(dir.path()).people_file(), false).unwrap();
    let row = Attendance { chats: 3, first: NOON, last: NOON, ..Attendance::default() };
    let rows = attendance::AttendanceMap::from_iter([((LIVE.0 as i64, 1), (row, false))]);
    attendance::append(&killed, &rows).unwrap();
    let writer = HistoryFolder::new(dir.path()).lock().unwrap();
    assert_eq!(said(), before, "who writes does it");
    drop(writer);
    assert_eq!(said(), before + 3);
    assert_eq!(said(), before + 3, "once");
}

//! Searches: gifts among what was said, names as people write them, and files of an older form.

use super::*;

fn named(id: u64, handle: &str, nickname: &str) -> Arc<Viewer> {
    let id = Some(UserId(id));
    Arc::new(Viewer { id, unique_id: handle.into(), nickname: nickname.into(), ..Viewer::default() })
}

fn says(scene: &mut Scene, from: &Arc<Viewer>, text: &str) -> Vec<TalliedEvent> {
    let from = Arc::clone(from);
    scene.say(EventKind::Chat(Chat { from, text: text.into(), emotes: vec![], to: None, language: "en".into() }))
}

fn gives(scene: &mut Scene, from: &Arc<Viewer>, (id, name): (u64, &str), group: u64) -> Vec<TalliedEvent> {
    let (from, kind) = (Arc::clone(from), if group == 0 { 2 } else { 1 });
    let gift = GiftFacts { id: GiftId(id), name: name.into(), diamonds: Some(10), kind, ..GiftFacts::default() };
    let gift = Gift { from, to: None, gift: Arc::new(gift), count: 1, group, coins: None, ends: group == 0 };
    scene.say(EventKind::Gift(Box::new(gift)))
}

/// Lions are given and talked about.
fn menagerie() -> Vec<TalliedEvent> {
    let mut scene = Scene::new();
    let (mia, ben) = (named(1, "mia.k", "Mia"), named(2, "ben", "Ben"));
    let mut events = scene.begin();
    events.extend(gives(&mut scene, &mia, (7, "Lion"), 0));
    events.extend(says(&mut scene, &ben, "what a lion"));
    events.extend(gives(&mut scene, &ben, (8, "Lion Cub"), 0));
    events.extend(gives(&mut scene, &mia, (9, "Dandelion"), 0));
    events.extend(says(&mut scene, &mia, "a lion cub"));
    events.extend(gives(&mut scene, &ben, (7, "Lion"), 41));
    events.extend(gives(&mut scene, &mia, (7, "Lion"), 42));
    events.extend(gives(&mut scene, &mia, (10, "Crème Brûlée"), 0));
    events
}

#[test]
fn a_word_that_is_not_wanted_is_in_no_gift_that_is_found() {
    let dir = tempfile::tempdir().unwrap();
    keep(dir.path(), &menagerie());
    assert_eq!(found(dir.path(), "kind:gift lion -cub from:ben"), ["Lion × 1"]);
    assert_eq!(found(dir.path(), "kind:gift -lion"), ["Crème Brûlée × 1"]);
}

#[test]
fn a_plain_word_finds_gifts_by_the_words_of_their_names_among_the_lines() {
    let dir = tempfile::tempdir().unwrap();
    keep(dir.path(), &menagerie());
    let found = |query: &str| found(dir.path(), query);
    let lions = ["Lion × 1", "Lion × 1", "a lion cub", "Lion Cub × 1", "what a lion", "Lion × 1"];
    assert_eq!(found("lion"), lions, "newest first, each of two streaks that follow each other");
    assert_eq!(found("LION from:ben"), ["Lion × 1", "Lion Cub × 1", "what a lion"]);
    assert_eq!(found("lion cub room:ana"), ["a lion cub", "Lion Cub × 1"]);
    assert_eq!(found("lion -cub"), ["Lion × 1", "Lion × 1", "what a lion", "Lion × 1"]);
    assert_eq!(found("\"a lion\""), ["a lion cub", "what a lion"]);
    assert_eq!(found("lio*").len(), 6);
    assert_eq!(found("creme bru*"), ["Crème Brûlée × 1"]);
    assert_eq!(found("lion kind:chat"), ["a lion cub", "what a lion"]);
    assert_eq!(found("delion").len(), 0, "a word, not a part of one");
    assert_eq!(found("kind:gift delion"), ["Dandelion × 1"]);
    assert_eq!(found("gift>9 lion").len(), 5, "a part of a name is enough where gifts are asked for");
    let query = HistoryQuery::parse("lion", Moment::default(), &jiff::tz::TimeZone::UTC).unwrap();
    let page = |skip| reader(dir.path()).search(&query, skip, 2).unwrap();
    let pages: Vec<_> = [0, 2, 4].into_iter().flat_map(|skip| page(skip).lines).map(|line| line.text).collect();
    assert_eq!((pages, page(0).more, page(4).more), (lions.map(str::to_owned).to_vec(), true, false));
}

#[test]
fn names_fit_in_any_case_with_or_without_accents_for_people_and_rooms_alike() {
    let dir = tempfile::tempdir().unwrap();
    let mut scene = Scene::new();
    let host = Host { id: Some(UserId(99)), unique_id: "ana.live".into(), nickname: "Éva Öz".into() };
    let mut events = scene.begin();
    events.extend(scene.say(EventKind::Info(Box::new(Info { host, ..Info::default() }))));
    for (id, handle, name) in
        [(1, "user1", "Sónia"), (2, "user2", "SÓNIA 𝓠"), (3, "sonic", "Mia"), (4, "user4", "Маша")]
    {
        events.extend(says(&mut scene, &named(id, handle, name), &format!("hello of {id}")));
    }
    keep(dir.path(), &events);
    let all = ["hello of 2", "hello of 1"];
    for typed in ["SÓNIA", "sónia", "Sonia", "SONIA"] {
        assert_eq!(found(dir.path(), &format!("hello from:{typed}")), all, "{typed}");
        assert_eq!(reader(dir.path()).people_called(typed, 9).unwrap(), [2, 1], "{typed}");
    }
    assert_eq!(found(dir.path(), "from:\"sonia q\""), ["hello of 2"]);
    assert_eq!(found(dir.path(), "from:МАША"), ["hello of 4"]);
    for typed in ["éva", "EVA", "ÉVA", "Oz", "@ANA.live", "ana", &LIVE.0.to_string()] {
        assert_eq!(found(dir.path(), &format!("hello room:{typed}")).len(), 4, "{typed}");
        assert_eq!(reader(dir.path()).lives(Some(typed), 0, 9).unwrap().len(), 1, "{typed}");
    }
    assert_eq!(found(dir.path(), "hello room:kenji").len(), 0);
}

#[test]
fn files_of_people_of_an_older_form_are_read_as_they_are_and_brought_up_to_date_by_a_writer() {
    use crate::history::people_file::PEOPLE_FORM;
    let dir = tempfile::tempdir().unwrap();
    keep(dir.path(), &menagerie());
    let people = dir.path().join("people.db");
    let back = rusqlite::Connection::open(&people).unwrap();
    back.execute_batch("DROP INDEX gift_kind_at; DROP TABLE recording; PRAGMA user_version = 2").unwrap();
    drop(back);
    assert_eq!((found(dir.path(), "lion").len(), found(dir.path(), "kind:gift lion").len()), (6, 5));
    keep(dir.path(), &[]);
    let plan = |sql: &str| -> String {
        let people = PEOPLE_FORM.open_reader(&people).unwrap();
        people.query_row(&format!("EXPLAIN QUERY PLAN {sql}"), [], |row| row.get(3)).unwrap()
    };
    let asked = "SELECT * FROM gift g WHERE g.gift = 7 AND +g.live IN (1, 2) ORDER BY g.at DESC LIMIT 51";
    assert!(plan(asked).contains("gift_kind_at"), "{}", plan(asked));
    assert_eq!(found(dir.path(), "lion").len(), 6);
}

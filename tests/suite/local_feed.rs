//! Tests of the feed as overlays and bots meet it: strict types, gifts that add up, clients that do not read, pages that may not.

mod chromium;
mod reader;
mod strict;

use std::sync::Arc;
use std::time::Duration;

use rstest::rstest;
use serde_json::Value;
use tiktop::clock::Clock;
use tiktop::config::{FeedSettings, TransportKind};
use tiktop::events::PhaseKind;
use tiktop::ids::RoomKey;
use tiktop::local_feed::{LocalFeed, Metric};
use tiktop::sim::{Sim, SimFault, SimOptions};
use tiktop::track::ConnectLimiter;
use tiktop::wire::pb;

use self::reader::{SlowReader, SocketReader, answer, get, socket_answer};
use self::strict::Bill;
use crate::invented;
use crate::kit::{Rooms, TURN, in_time, isolated, keyed, pointed_at, settings, sim_with, text, until};

const KEY: RoomKey = RoomKey(1);

/// What runs beside the feed: a hook that was called.
struct OneHook;

impl tiktop::local_feed::FeedExtras for OneHook {
    fn metrics(&self, _: &std::collections::BTreeMap<RoomKey, tiktop::text::Text>) -> Vec<Metric> {
        vec![Metric::counter("tiktop_hook_calls_total", "Calls.", Vec::new(), 7)]
    }

    fn state(&self) -> Vec<(&'static str, serde_json::Value)> {
        vec![("hooks", serde_json::json!([{ "name": "thanks", "called": 7 }]))]
    }
}

/// A service, tracked rooms, and the feed beside them.
struct Fed {
    sim: Sim,
    rooms: Rooms,
    feed: LocalFeed,
}

impl Fed {
    /// Tracks nothing yet.
    async fn open(options: SimOptions, feed: FeedSettings) -> Self {
        let sim = sim_with(options).await;
        let clock = Clock::system();
        let rooms =
            Rooms::of(keyed(&settings(&sim, &[TransportKind::Direct])), clock.clone(), ConnectLimiter::new(TURN, 8));
        let updates = rooms.tracker.subscribe(tiktop::local_feed::QUEUE, false);
        let extras = Arc::new(OneHook);
        let (feed, missing) = LocalFeed::start(updates, rooms.commands.clone(), &feed, clock, extras).unwrap();
        assert_eq!(missing, Vec::<tiktop::text::Text>::new());
        Self { sim, rooms, feed }
    }

    async fn quiet() -> Self {
        Self::open(SimOptions { rate: 0.0, ..SimOptions::default() }, anywhere()).await
    }

    fn place(&self) -> String {
        format!("127.0.0.1:{}", self.feed.port())
    }

    async fn join(&mut self, name: &str) {
        self.rooms.add(name).await;
        self.rooms.until("the room is live", |rooms| rooms.room(KEY).phase.kind == PhaseKind::Live).await;
        // A socket that is open need not have entered: what is said before that is not heard.
        let mut ping = 1_000_000;
        while self.rooms.room(KEY).stats.unknown == 0 {
            ping += 1;
            self.push("WebcastPingMessage", &pb::ChatMessage::default(), ping);
            let _ = tokio::time::timeout(Duration::from_millis(50), self.rooms.next()).await;
        }
    }

    /// Says something in the first room.
    fn push(&self, method: &str, body: &impl prost::Message, msg_id: i64) {
        let name = &self.sim.names()[0];
        let message = pb::Message {
            method: method.to_owned(),
            payload: body.encode_to_vec().into(),
            msg_id,
            ..pb::Message::default()
        };
        self.sim.push(name, vec![message]);
    }

    #[allow(clippy::unnecessary_wraps, reason = "fields of generated messages are options")]
    fn common(&self, msg_id: i64) -> Option<pb::Common> {
        let room_id = self.sim.room_id(&self.sim.names()[0]);
        Some(pb::Common { msg_id, room_id, create_time: invented::THEN, ..pb::Common::default() })
    }

    fn chat(&self, words: &str, msg_id: i64) {
        self.chat_from(invented::ana(), words, msg_id);
    }

    fn chat_from(&self, user: pb::User, words: &str, msg_id: i64) {
        let body = pb::ChatMessage {
            common: self.common(msg_id),
            user: Some(user),
            content: words.to_owned(),
            ..pb::ChatMessage::default()
        };
        self.push("WebcastChatMessage", &body, msg_id);
    }

    fn gift(&self, kind: i32, count: i64, ends: bool, msg_id: i64) {
        let gift =
            pb::Gift { id: 5655, r#type: kind, diamond_count: 5, name: "Rose".to_owned(), ..pb::Gift::default() };
        let body = pb::GiftMessage {
            common: self.common(msg_id),
            gift_id: 5655,
            user: Some(invented::ben()),
            repeat_count: count,
            repeat_end: i32::from(ends),
            group_id: i64::from(kind == 1) * 1_700_000_000_000,
            gift: Some(gift),
            ..pb::GiftMessage::default()
        };
        self.push("WebcastGiftMessage", &body, msg_id);
    }

    async fn close(self) {
        self.rooms.finish().await;
        self.feed.finish().await;
        self.sim.stop().await;
    }
}

/// A feed on a free port.
fn anywhere() -> FeedSettings {
    FeedSettings { on: true, port: 0, ..FeedSettings::default() }
}

#[rstest]
#[case::as_it_is(&[])]
#[case::ends_that_are_lost(&[SimFault::LostRepeatEnd])]
#[case::counts_in_pairs(&[SimFault::StreaksOutOfOrder, SimFault::Duplicates])]
#[case::sockets_that_break(&[SimFault::Drop, SimFault::OutOfOrder])]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_clients_and_one_that_reads_nothing_sum_up_the_truth(#[case] faults: &[SimFault]) {
    let options = SimOptions { rate: 400.0, faults: faults.to_vec(), ..SimOptions::default() };
    let mut fed = Fed::open(options, anywhere()).await;
    let name = fed.sim.names()[0].clone();
    let stopped = SlowReader::connect(&fed.place(), "/").await;
    let mut readers = Vec::new();
    for at in 0..20 {
        let path = if at % 2 == 0 { "/".to_owned() } else { format!("/@{name}") };
        let mut socket = SocketReader::connect(&fed.place(), &path).await;
        readers.push(tokio::spawn(async move {
            let mut bill = Bill::default();
            while !bill.ended {
                bill.add(&socket.next().await.expect("the end of the live is told"));
            }
            bill
        }));
    }
    fed.rooms.add(&name).await;
    fed.rooms.hurry_until("many gifts were given", |rooms| rooms.room(KEY).stats.gifts > 60).await;
    fed.sim.set_faults(Vec::new());
    fed.rooms.hurry_until("the room is live", |rooms| rooms.room(KEY).phase.kind == PhaseKind::Live).await;
    until("the socket has entered", || fed.sim.sockets().open > 0).await;
    fed.sim.end_live(&name);
    fed.rooms.hurry_until("the end", |rooms| rooms.room(KEY).phase.kind == PhaseKind::Ended).await;

    let truth = fed.sim.expected_totals(&name);
    assert_eq!(fed.rooms.room(KEY).stats.coins, truth.gift_coins);
    for reader in readers {
        let bill = in_time("a client hears the end", reader).await.unwrap();
        assert_eq!((bill.units, bill.coins), (truth.gift_units, truth.gift_coins));
    }
    // Nobody waited for the one that read nothing; what is dear has waited for it.
    let mut bill = Bill::default();
    let mut stopped = stopped.read_on().await;
    while !bill.ended {
        bill.add(&stopped.next().await.expect("the end of the live is told"));
    }
    assert_eq!((bill.units, bill.coins), (truth.gift_units, truth.gift_coins));
    fed.close().await;
}

#[tokio::test]
async fn a_streak_has_one_end_and_a_single_gift_none() {
    let mut fed = Fed::quiet().await;
    fed.join("ana.live").await;
    let mut socket = SocketReader::connect(&fed.place(), "/").await;
    fed.gift(1, 1, false, 11);
    fed.gift(1, 4, false, 12);
    fed.gift(1, 4, true, 13);
    fed.gift(1, 4, true, 14);
    fed.gift(2, 3, false, 15);
    fed.chat("after it", 16);
    let mut said = Vec::new();
    loop {
        let frame = socket.next().await.unwrap();
        strict::check(&frame).unwrap();
        let data = &frame["data"];
        match frame["event"].as_str().unwrap() {
            "gift" => said.push((
                data["repeatCount"].as_u64().unwrap(),
                data["repeatEnd"].as_bool().unwrap(),
                data["giftType"].as_u64().unwrap(),
            )),
            "chat" => break,
            _ => {}
        }
    }
    assert_eq!(said, [(1, false, 1), (4, false, 1), (4, true, 1), (3, false, 2)]);
    fed.close().await;
}

#[tokio::test]
async fn a_client_hears_nothing_of_what_was_before_it() {
    let mut fed = Fed::quiet().await;
    fed.join("ana.live").await;
    fed.chat("before", 21);
    fed.rooms.until("it came", |rooms| rooms.room(KEY).stats.comments == 1).await;
    let [mut flat, mut lines] = [
        SocketReader::connect(&fed.place(), "/").await,
        SocketReader::connect(&fed.place(), "/events/@ana.live").await,
    ];
    fed.chat("after", 22);
    let frame = flat.find("chat").await;
    strict::check(&frame).unwrap();
    assert_eq!(frame["data"]["comment"], "after");
    assert_eq!(frame["data"]["tikfinityUsername"], "ana.live");
    assert_eq!(frame["data"]["createTime"], invented::THEN.to_string());
    let line = lines.find("chat").await;
    assert_eq!((&line["type"], &line["text"], &line["room"]), (&"chat".into(), &"after".into(), &"@ana.live".into()));
    fed.close().await;
}

#[tokio::test]
async fn names_and_words_of_any_length_make_frames_of_few_bytes() {
    let mut fed = Fed::quiet().await;
    fed.join("ana.live").await;
    let mut socket = SocketReader::connect(&fed.place(), "/").await;
    let mut long = invented::ana();
    long.nickname = "\u{1b}\u{202e}<script>".repeat(5_000);
    long.display_id = "x".repeat(60_000);
    fed.chat_from(long.clone(), &"\u{7}\u{1f600}".repeat(20_000), 31);
    let ranks = (0..40).map(|at| pb::Contributor {
        user: Some(pb::User { id: at + 1, ..long.clone() }),
        score: 5,
        rank: at + 1,
    });
    let body = pb::RoomUserSeqMessage {
        common: fed.common(32),
        total: 9,
        ranks: ranks.collect(),
        ..pb::RoomUserSeqMessage::default()
    };
    fed.push("WebcastRoomUserSeqMessage", &body, 32);
    let mut seen = Vec::new();
    while seen.len() < 2 {
        let frame = socket.next_text().await.unwrap();
        assert!(frame.len() < 65_536, "{} bytes", frame.len());
        assert!(!frame.contains('\u{1b}'), "controls are escaped");
        let frame: Value = serde_json::from_str(&frame).unwrap();
        strict::check(&frame).unwrap();
        let event = frame["event"].as_str().unwrap();
        if matches!(event, "chat" | "roomUser") {
            seen.push(event.to_owned());
        }
    }
    assert_eq!(seen, ["chat", "roomUser"]);
    fed.close().await;
}

#[tokio::test]
async fn both_addresses_of_this_machine_answer() {
    let fed = Fed::quiet().await;
    let port = fed.feed.port();
    let mut places = vec![format!("127.0.0.1:{port}")];
    if std::net::TcpListener::bind("[::1]:0").is_ok() {
        places.push(format!("[::1]:{port}"));
    }
    for place in places {
        let state = get(&place, "/state").await;
        assert_eq!(serde_json::from_str::<Value>(&state.body).unwrap()["rooms"], serde_json::json!([]), "{place}");
    }
    fed.close().await;
}

#[rstest]
#[case::page("https://evil.example.com", 403)]
#[case::listed("https://overlay.example.com", 101)]
#[case::file("null", 101)]
#[case::local("http://localhost:3000", 101)]
#[tokio::test]
async fn a_page_of_the_web_gets_in_only_where_it_is_named(#[case] origin: &str, #[case] status: u16) {
    let listed = FeedSettings { origins: vec!["https://overlay.example.com".into()], ..anywhere() };
    let fed = Fed::open(SimOptions { rate: 0.0, ..SimOptions::default() }, listed).await;
    let answer = socket_answer(&fed.place(), "/", &[("Origin", origin)]).await;
    assert_eq!(answer.status, status, "{}", answer.body);
    if status == 403 {
        assert!(answer.body.contains("feed.origins"), "{}", answer.body);
    }
    fed.close().await;
}

#[tokio::test]
async fn a_name_that_leads_here_from_elsewhere_is_refused() {
    let fed = Fed::quiet().await;
    let head = "GET /state HTTP/1.1\r\nHost: evil.example.com:21213\r\nConnection: close\r\n\r\n";
    let refused = answer(&fed.place(), head).await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("localhost"), "{}", refused.body);
    fed.close().await;
}

#[tokio::test]
async fn lines_come_as_server_sent_events_too() {
    let mut fed = Fed::quiet().await;
    fed.join("ana.live").await;
    let mut events = reader::EventReader::connect(&fed.place(), "/events/@ana.live").await;
    fed.chat("hello", 41);
    assert_eq!(events.find("chat").await["text"], "hello");
    fed.close().await;
}

#[tokio::test]
async fn the_state_is_what_the_dashboard_shows() {
    let mut fed = Fed::quiet().await;
    fed.join("ana.live").await;
    fed.chat("hello", 51);
    fed.gift(2, 3, false, 52);
    fed.rooms.until("it came", |rooms| rooms.room(KEY).stats.gifts == 3).await;
    let place = fed.place();
    let state = async {
        loop {
            let state: Value = serde_json::from_str(&get(&place, "/state/@ana.live").await.body).unwrap();
            if state["totals"]["gifts"] == 3 {
                return state;
            }
        }
    };
    let state = in_time("the feed has it too", state).await;
    assert_eq!(state["phase"]["kind"], "live");
    assert_eq!(state["totals"]["coins"], 15);
    assert_eq!(state["gifters"][0]["user"]["unique_id"], "ben_77");
    assert_eq!(state["streaks"][0]["gift"]["name"], "Rose");
    assert_eq!(state["chat"][0]["text"], "hello");
    let nobody = get(&place, "/state/@nobody").await;
    assert_eq!(nobody.status, 404);
    assert!(nobody.body.contains("/state lists"), "{}", nobody.body);
    assert_eq!(get(&place, "/elsewhere").await.status, 404);
    assert_eq!(get(&place, "/metrics").await.status, 404, "metrics are wanted first");
    fed.close().await;
}

#[tokio::test]
async fn metrics_are_numbers_that_prometheus_reads() {
    let metrics = FeedSettings { metrics: true, ..anywhere() };
    let mut fed = Fed::open(SimOptions { rate: 0.0, ..SimOptions::default() }, metrics).await;
    fed.join("ana.live").await;
    let answer = get(&fed.place(), "/metrics").await;
    assert_eq!(answer.status, 200);
    for line in answer.body.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok() && name.starts_with("tiktop_"), "{line}");
    }
    for wanted in
        ["tiktop_rooms{phase=\"live\"} 1", "tiktop_coins_total{room=\"@ana.live\"} 0", "tiktop_hook_calls_total 7"]
    {
        assert!(answer.body.contains(wanted), "{wanted} is not in\n{}", answer.body);
    }
    fed.close().await;
}

#[tokio::test]
async fn a_room_has_a_port_of_its_own_where_it_is_set() {
    let own = free_port();
    let ports = FeedSettings { ports: [("@kenji_plays".to_owned(), own)].into(), ..anywhere() };
    let mut fed = Fed::open(SimOptions { rate: 0.0, ..SimOptions::default() }, ports).await;
    fed.join("ana.live").await;
    let mut kenji = SocketReader::connect(&format!("127.0.0.1:{own}"), "/").await;
    let mut first = SocketReader::connect(&fed.place(), "/").await;
    fed.rooms.add("kenji_plays").await;
    fed.rooms.until("both are live", |rooms| rooms.room(RoomKey(2)).phase.kind == PhaseKind::Live).await;
    until("both sockets have entered", || fed.sim.sockets().open == 2).await;
    fed.chat("to the first", 61);
    assert_eq!(first.find("chat").await["data"]["tikfinityUsername"], "ana.live");
    fed.sim.end_live("kenji_plays");
    assert_eq!(kenji.find("streamEnd").await["data"]["action"], 3);
    fed.close().await;
}

#[tokio::test]
async fn an_end_of_the_program_ends_what_runs() {
    let mut fed = Fed::quiet().await;
    fed.join("ana.live").await;
    let mut socket = SocketReader::connect(&fed.place(), "/").await;
    fed.gift(1, 2, false, 71);
    assert_eq!(socket.find("gift").await["data"]["repeatEnd"], false);
    fed.close().await;
    let end = socket.find("gift").await;
    assert_eq!((&end["data"]["repeatEnd"], &end["data"]["repeatCount"]), (&true.into(), &2.into()));
    assert!(socket.next().await.is_none());
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// What `tiktop events` says on standard error with a feed that cannot be, while its events go on.
async fn said_by_events(sim: &Sim, feed: &str) -> String {
    let home = tempfile::tempdir().unwrap();
    let mut program = isolated(home.path());
    program.args(["events", "@ana.live", "--once", feed, "--set", "transports=[\"direct\"]"]).args(pointed_at(sim));
    program.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let running = program.spawn().unwrap();
    until("it has entered", || sim.sockets().open > 0).await;
    sim.end_live("ana.live");
    let output = in_time("it ends", running.wait_with_output()).await.unwrap();
    assert!(text(&output.stdout).contains("ended"), "{output:?}");
    assert_eq!(output.status.code(), Some(0));
    let ends = |line: &&str| !line.contains("tiktop report");
    text(&output.stderr).lines().filter(ends).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_port_in_use_costs_the_feed_and_nothing_else() {
    let sim = sim_with(SimOptions { rate: 0.0, ..SimOptions::default() }).await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let said = said_by_events(&sim, &format!("--feed={port}")).await;
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains(&format!("cannot have port {port}")) && said.contains("--feed=PORT"), "{said}");
}

#[tokio::test]
async fn an_address_that_is_not_this_machines_is_refused_with_the_reason() {
    let sim = sim_with(SimOptions { rate: 0.0, ..SimOptions::default() }).await;
    let said = said_by_events(&sim, "--feed=0.0.0.0:21213").await;
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("does not listen on 0.0.0.0") && said.contains("ssh -L"), "{said}");
}

#[tokio::test]
async fn connections_are_counted_and_the_next_one_is_told() {
    let fed = Fed::quiet().await;
    let place = fed.place();
    let mut held = Vec::new();
    for _ in 0..200 {
        held.push(SocketReader::connect(&place, "/").await);
    }
    let refused = in_time("one too many is told", async {
        loop {
            let answer = get(&place, "/state").await;
            if answer.status == 503 {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert!(refused.body.contains("too many connections"), "{}", refused.body);
    drop(held);
    in_time("places are free again", async {
        while get(&place, "/state").await.status != 200 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    fed.close().await;
}

//! Tests of the hooks: programs and addresses that are called on events, those that hang, flood, are missing or refuse included.

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tiktop::clock::Clock;
use tiktop::config::{HookBody, HookSettings, Settings, TransportKind};
use tiktop::events::PhaseKind;
use tiktop::hooks::{self, HookCounts, Hooks};
use tiktop::ids::RoomKey;
use tiktop::sim::{Sim, SimOptions};
use tiktop::text::Text;
use tiktop::track::ConnectLimiter;
use tiktop::wire::pb;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::invented;
use crate::kit::{Rooms, TURN, in_time, isolated, keyed, settings, sim_with, text, until};

const KEY: RoomKey = RoomKey(1);

/// A live room with hooks beside it.
struct Hooked {
    sim: Sim,
    rooms: Rooms,
    hooks: Hooks,
    notices: mpsc::Receiver<Text>,
    last_id: i64,
}

impl Hooked {
    /// With hooks that are called for comments, where they do not say what for.
    async fn with(mut hooks: Vec<HookSettings>) -> Self {
        for hook in hooks.iter_mut().filter(|hook| hook.kinds.is_empty()) {
            hook.kinds = vec!["chat".into()];
        }
        let sim = sim_with(SimOptions { rate: 0.0, ..SimOptions::default() }).await;
        let settings = Settings { hooks, ..settings(&sim, &[TransportKind::Direct]) };
        let clock = Clock::system();
        let rooms = Rooms::of(keyed(&settings), clock.clone(), ConnectLimiter::new(TURN, 8));
        let updates = rooms.tracker.subscribe(hooks::QUEUE, false);
        let (notice, notices) = mpsc::channel(8);
        let hooks = Hooks::start(updates, rooms.commands.clone(), &settings, &clock, &notice).unwrap();
        let mut hooked = Self { sim, rooms, hooks, notices, last_id: 100 };
        hooked.rooms.add("ana.live").await;
        hooked.rooms.until("the room is live", |rooms| rooms.room(KEY).phase.kind == PhaseKind::Live).await;
        // A socket that is open need not have entered: what is said before that is not heard.
        while hooked.rooms.room(KEY).stats.unknown == 0 {
            hooked.push("WebcastPingMessage", |_| Vec::new());
            let _ = tokio::time::timeout(std::time::Duration::from_millis(50), hooked.rooms.next()).await;
        }
        hooked
    }

    fn push(&mut self, method: &str, body: impl FnOnce(Option<pb::Common>) -> Vec<u8>) {
        self.last_id += 1;
        let room_id = self.sim.room_id("ana.live");
        let common = Some(pb::Common { msg_id: self.last_id, room_id, ..pb::Common::default() });
        let message = pb::Message {
            method: method.to_owned(),
            payload: body(common).into(),
            msg_id: self.last_id,
            ..pb::Message::default()
        };
        self.sim.push("ana.live", vec![message]);
    }

    fn chat(&mut self, user: pb::User, words: &str) {
        self.push("WebcastChatMessage", |common| {
            let content = words.to_owned();
            prost::Message::encode_to_vec(&pb::ChatMessage { common, user: Some(user), content, ..Default::default() })
        });
    }

    fn gift(&mut self, count: i64, ends: bool) {
        self.push("WebcastGiftMessage", |common| {
            let gift =
                pb::Gift { id: 5655, r#type: 1, diamond_count: 5, name: "Rose".to_owned(), ..Default::default() };
            prost::Message::encode_to_vec(&pb::GiftMessage {
                common,
                gift_id: 5655,
                user: Some(invented::ben()),
                repeat_count: count,
                repeat_end: i32::from(ends),
                group_id: 1_700_000_000_000,
                gift: Some(gift),
                ..Default::default()
            })
        });
    }

    fn counts(&self) -> Vec<HookCounts> {
        self.hooks.counters().counts()
    }

    async fn until_counts(&self, what: &str, done: impl Fn(&HookCounts) -> bool) {
        until(what, || self.counts().iter().all(&done)).await;
    }

    async fn close(self) {
        self.rooms.finish().await;
        self.hooks.finish().await;
        self.sim.stop().await;
    }
}

/// A hook that runs a script; the arguments behind it are its `$1`, `$2`, …
fn script(script: &str, arguments: &[&str]) -> HookSettings {
    let words = ["sh", "-c", script, "hook"].into_iter().chain(arguments.iter().copied());
    HookSettings { exec: words.map(str::to_owned).collect(), timeout_seconds: 20, ..HookSettings::default() }
}

fn lines(file: &Path) -> Vec<String> {
    std::fs::read_to_string(file).unwrap_or_default().lines().map(str::to_owned).collect()
}

#[cfg(unix)]
#[tokio::test]
async fn a_program_gets_the_line_of_a_whole_streak_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("said");
    let out = file.to_str().unwrap();
    let gifts = HookSettings {
        kinds: vec!["gift".into()],
        min_coins: 20,
        ..script("cat >> \"$1\"; printf '%s %s\\n' \"$TIKTOP_COINS\" \"$TIKTOP_NAME\" >> \"$1\"", &[out])
    };
    let mut hooked = Hooked::with(vec![gifts]).await;
    hooked.chat(invented::ana(), "no gift");
    hooked.gift(1, false);
    hooked.gift(4, false);
    hooked.gift(4, true);
    hooked.gift(4, true);
    hooked.until_counts("the hook was called", |counts| counts.called == 1).await;
    let said = lines(&file);
    let line: Value = serde_json::from_str(&said[0]).unwrap();
    assert_eq!((&line["type"], &line["count"], &line["added"]), (&"gift".into(), &4.into(), &4.into()));
    assert_eq!((&line["diamonds"], &line["streak"]), (&20.into(), &"closed".into()));
    assert_eq!(said[1], "20 Ben");
    assert_eq!(said.len(), 2);
    hooked.close().await;
}

#[cfg(unix)]
#[tokio::test]
async fn what_viewers_write_is_never_a_command() {
    let folder = tempfile::tempdir().unwrap();
    let (file, broken) = (folder.path().join("said"), folder.path().join("broken"));
    let mut hooked = Hooked::with(vec![script("cat >> \"$1\"", &[file.to_str().unwrap()])]).await;
    let words = format!("$(touch {0}) `touch {0}`; touch {0} '\"\n\0", broken.display());
    let mut user = invented::ana();
    user.nickname.clone_from(&words);
    hooked.chat(user, &words);
    hooked.until_counts("the hook was called", |counts| counts.called + counts.failed == 1).await;
    assert_eq!(hooked.counts()[0].failed, 0, "{:?}", hooked.counts());
    let line: Value = serde_json::from_str(&lines(&file)[0]).unwrap();
    assert!(line["text"].as_str().unwrap().contains("$(touch"));
    assert!(!broken.exists());
    hooked.close().await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_program_that_hangs_is_stopped_with_all_it_started_and_delays_no_room() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pids");
    let hanging = HookSettings {
        name: "sleepy".into(),
        timeout_seconds: 1,
        ..script("echo $$ >> \"$1\"; sleep 1000 & echo $! >> \"$1\"; wait", &[file.to_str().unwrap()])
    };
    let mut hooked = Hooked::with(vec![hanging]).await;
    for number in 0..200 {
        hooked.chat(invented::ana(), &format!("number {number}"));
    }
    hooked.rooms.until("every comment has come", |rooms| rooms.room(KEY).stats.comments == 200).await;
    hooked.until_counts("it was stopped", |counts| counts.failed > 0).await;
    let counts = &hooked.counts()[0];
    assert!(counts.last_error.as_ref().unwrap().contains("longer than 1 s"), "{counts:?}");
    assert!(counts.skipped >= 200 - 64 - 10, "{counts:?}");
    let notice = in_time("it is told", hooked.notices.recv()).await.unwrap();
    assert!(notice.as_str().contains("hook 'sleepy'"), "{notice}");
    let is_dead = |process: &String| {
        let state = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        state.is_empty() || state.contains(") Z ")
    };
    let stopped: Vec<_> = lines(&file).into_iter().take(2).collect();
    until("both are dead", || stopped.iter().all(is_dead)).await;
    // The end of the program stops what runs then, too.
    hooked.close().await;
    until("all are dead", || lines(&file).iter().all(is_dead)).await;
}

#[cfg(unix)]
#[tokio::test]
async fn programs_that_flood_or_fail_are_counted() {
    let flooding =
        HookSettings { name: "flood".into(), ..script("yes | head -c 3000000 >&2; yes | head -c 3000000", &[]) };
    let failing = HookSettings { name: "fail".into(), ..script("echo 'no luck' >&2; exit 3", &[]) };
    let deaf = HookSettings { name: "deaf".into(), exec: vec!["true".into()], ..HookSettings::default() };
    let missing =
        HookSettings { name: "missing".into(), exec: vec!["no-such-program-here".into()], ..HookSettings::default() };
    let mut hooked = Hooked::with(vec![flooding, failing, deaf, missing]).await;
    hooked.chat(invented::ana(), "hello");
    hooked.until_counts("all were called", |counts| counts.called + counts.failed == 1).await;
    let counts = hooked.counts();
    assert_eq!(counts.iter().map(|counts| counts.failed).collect::<Vec<_>>(), [0, 1, 0, 1], "{counts:?}");
    assert!(counts[1].last_error.as_ref().unwrap().contains("no luck"), "{counts:?}");
    assert_eq!(counts[3].last_error.as_deref(), Some("there is no program 'no-such-program-here'"));
    hooked.close().await;
}

/// A server that answers every request with this status; what was asked of it.
async fn web_hook(status: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            let is_whole = |request: &[u8]| {
                let text = String::from_utf8_lossy(request);
                let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
                let length = crate::kit::scripted::header(head, "content-length");
                length.and_then(|length| length.parse().ok()).is_none_or(|length: usize| body.len() >= length)
            };
            while !is_whole(&request) {
                if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                    break;
                }
            }
            kept.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Length: 0\r\nLocation: http://127.0.0.1:1/\r\nConnection: close\r\n\r\n"
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (place, asked)
}

#[tokio::test]
async fn an_address_gets_the_line_or_a_form() {
    let (place, asked) = web_hook("204 No Content").await;
    let json = HookSettings { url: format!("{place}/json"), ..HookSettings::default() };
    let form = HookSettings { url: format!("{place}/form"), body: HookBody::Form, ..HookSettings::default() };
    let mut hooked = Hooked::with(vec![json, form]).await;
    hooked.chat(invented::ana(), "!tts hello & good-bye");
    hooked.until_counts("both were called", |counts| counts.called == 1).await;
    let asked = asked.lock().unwrap().clone();
    let of = |path: &str| asked.iter().find(|request| request.starts_with(&format!("POST {path} "))).unwrap().clone();
    let json: Value = serde_json::from_str(of("/json").split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!((&json["type"], &json["text"]), (&"chat".into(), &"!tts hello & good-bye".into()));
    let form = of("/form");
    assert!(form.to_lowercase().contains("content-type: application/x-www-form-urlencoded"), "{form}");
    let fields: std::collections::BTreeMap<_, _> =
        url::form_urlencoded::parse(form.split_once("\r\n\r\n").unwrap().1.as_bytes()).into_owned().collect();
    assert_eq!(fields["username"], "ana.sings");
    assert_eq!(fields["commandParams"], "hello & good-bye");
    for name in [
        "value1",
        "value2",
        "value3",
        "content",
        "avatar_url",
        "userId",
        "nickname",
        "giftId",
        "giftName",
        "coins",
        "repeatCount",
        "triggerTypeId",
        "tikfinityUserId",
        "token",
    ] {
        assert!(fields.contains_key(name), "{name}");
    }
    hooked.close().await;
}

#[tokio::test]
async fn an_address_that_refuses_is_counted_and_never_shown_whole() {
    let (place, _) = web_hook("500 Internal Server Error").await;
    let (moved, _) = web_hook("302 Found").await;
    let gone = { std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port() };
    let at = |place: &str| HookSettings { url: format!("{place}/s3cret-token"), ..HookSettings::default() };
    let mut hooked = Hooked::with(vec![at(&place), at(&moved), at(&format!("http://127.0.0.1:{gone}"))]).await;
    hooked.chat(invented::ana(), "hello");
    hooked.until_counts("all failed", |counts| counts.failed == 1).await;
    let errors: Vec<_> = hooked.counts().into_iter().map(|counts| counts.last_error.unwrap()).collect();
    assert_eq!(errors[0], format!("{place} answered 500"));
    assert_eq!(errors[1], format!("{moved} answered 302"));
    assert!(errors[2].contains("could not be reached"), "{errors:?}");
    assert!(errors.iter().all(|error| !error.contains("s3cret")), "{errors:?}");
    hooked.close().await;
}

#[tokio::test]
async fn a_hook_that_only_shows_shows() {
    let shown = HookSettings {
        kinds: vec!["chat".into()],
        words: vec!["help".into()],
        notify: true,
        ..HookSettings::default()
    };
    let mut hooked = Hooked::with(vec![shown]).await;
    hooked.chat(invented::ana(), "all is well");
    hooked.chat(invented::ana(), "Help!");
    let notice = in_time("it is shown", hooked.notices.recv()).await.unwrap();
    assert_eq!(notice.as_str(), "Ana \u{2728}: Help!");
    hooked.close().await;
}

/// `tiktop hooks test` with these hooks on these lines.
async fn dry_run(hooks: &str, said: &str) -> std::process::Output {
    let home = tempfile::tempdir().unwrap();
    let (config, file) = (home.path().join("config.toml"), home.path().join("said.ndjson"));
    std::fs::write(&config, hooks).unwrap();
    std::fs::write(&file, said).unwrap();
    let mut program = isolated(home.path());
    program.args(["hooks", "test"]).arg(&file).arg("--config").arg(&config);
    in_time("it ends", program.output()).await.unwrap()
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_called_and_calls_nothing() {
    let hooks = "[[hooks]]\nname = \"thanks\"\nkinds = [\"gift\"]\nmin_coins = 10\nexec = [\"touch\", \"never\"]\n\
        [[hooks]]\nwords = [\"!tts\"]\nurl = \"http://127.0.0.1:1/s3cret\"\n";
    let gift = |count: u64, streak: &str| {
        format!(
            r#"{{"v":1,"type":"gift","room":"@ana","user":{{"id":"2","nickname":"Ben"}},"gift":{{"id":"5","name":"Rose","diamonds":5}},"count":{count},"added":1,"streak":"{streak}","group":"7"}}"#
        )
    };
    let chat = r#"{"v":1,"type":"chat","room":"@ana","user":{"id":"3","nickname":"Cleo"},"text":"!tts hi"}"#;
    let said = [&gift(1, "open"), &gift(4, "closed"), &gift(4, "closed"), chat, "no line"].join("\n");
    let output = dry_run(hooks, &said).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let out = text(&output.stdout);
    assert_eq!(out.lines().count(), 3, "{out}");
    assert!(out.starts_with("thanks: run touch never <- Ben gives 4 \u{d7} Rose (20 coins)\n"), "{out}");
    assert!(out.contains("2: post json to http://127.0.0.1:1 <- Cleo: !tts hi"), "{out}");
    assert!(out.contains("4 events, 2 calls; nothing was called") && !out.contains("s3cret"), "{out}");
    assert!(text(&output.stderr).contains("1 line is no event"), "{output:?}");
}

#[tokio::test]
async fn a_wrong_hook_is_refused_in_one_sentence() {
    let output = dry_run("[[hooks]]\nkinds = [\"gifts\"]\nnotify = true\n", "").await;
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("did you mean 'gift'?"), "{output:?}");
    let output = dry_run("[[hooks]]\nkinds = [\"gift\"]\n", "").await;
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("calls nothing"), "{output:?}");
    let output = dry_run("", "").await;
    assert!(text(&output.stderr).contains("there are no hooks"), "{output:?}");
}

#[tokio::test]
async fn calls_under_way_are_waited_for_a_short_time() {
    let mut hooked = Hooked::with(vec![HookSettings { exec: vec!["true".into()], ..HookSettings::default() }]).await;
    hooked.chat(invented::ana(), "hello");
    hooked.rooms.until("it came", |rooms| rooms.room(KEY).stats.comments == 1).await;
    let counters = hooked.hooks.counters();
    hooked.close().await;
    assert_eq!(counters.counts()[0].called, 1);
}

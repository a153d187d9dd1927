//! Tests of the loop on a terminal that is a byte counter, with tokio's clock paused.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use ratatui::layout::Rect;
use ratatui::{TerminalOptions, Viewport};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::config::{Keys, RecordSettings, ScreenSettings};
use crate::events::{Chat, EventKind, RoomEvent, Viewer};
use crate::ids::RoomKey;
use crate::room::TalliedEvent;
use crate::track::{RoomUpdate, TrackerUpdate};
use crate::tui::terminal::DiffBackend;

/// What reached the terminal.
#[derive(Clone, Default)]
struct Wire {
    bytes: Arc<AtomicUsize>,
    frames: Arc<AtomicUsize>,
    suspended: Arc<AtomicUsize>,
    stalled: Arc<AtomicBool>,
}

impl Write for Wire {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.bytes.fetch_add(buf.len(), Ordering::Relaxed);
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.frames.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

struct Fake {
    terminal: Terminal<DiffBackend<Wire>>,
    wire: Wire,
    keys: Arc<Mutex<Option<mpsc::Receiver<Event>>>>,
}

impl Console for Fake {
    type Backend = DiffBackend<Wire>;
    type Input = BoxStream<'static, io::Result<Event>>;

    fn terminal(&mut self) -> &mut Terminal<Self::Backend> {
        &mut self.terminal
    }

    fn input(&mut self) -> Self::Input {
        let keys = self.keys.clone();
        futures_util::stream::poll_fn(move |context| match keys.lock().unwrap().as_mut() {
            Some(keys) => keys.poll_recv(context).map(|event| event.map(Ok)),
            None => std::task::Poll::Ready(None),
        })
        .boxed()
    }

    async fn ready(&self) {
        if self.wire.stalled.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    }

    fn suspend(&mut self) -> io::Result<()> {
        self.wire.suspended.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn edit(&mut self, _file: &std::path::Path) -> io::Result<()> {
        Ok(())
    }

    fn capture_mouse(&mut self, _on: bool) -> io::Result<()> {
        Ok(())
    }

    fn notify(&mut self, _way: NotifyWay, _words: &str) -> io::Result<()> {
        Ok(())
    }

    fn sent(&self) -> u64 {
        self.wire.bytes.load(Ordering::Relaxed) as u64
    }

    fn set_title(&mut self, _title: &str) -> io::Result<()> {
        Ok(())
    }

    fn copy(&mut self, _text: &str) -> io::Result<()> {
        Ok(())
    }
}

/// The other ends of everything the loop holds.
struct Rig {
    wire: Wire,
    keys: mpsc::Sender<Event>,
    updates: mpsc::Sender<TrackerUpdate>,
    commands: mpsc::Receiver<track::TrackerCommand>,
    _records: mpsc::Sender<record::RecorderUpdate>,
    _record: mpsc::Receiver<record::RecorderCommand>,
    warnings: mpsc::Sender<Text>,
    stop: CancellationToken,
    clock: Clock,
}

/// Starts a loop that draws on 80x24.
fn start() -> (Rig, tokio::task::JoinHandle<Result<Exit, ScreenError>>) {
    let (keys, key_events) = mpsc::channel(64);
    let (updates, updates_in) = mpsc::channel(1_024);
    let (commands_out, commands) = mpsc::channel(1);
    let (records, records_in) = mpsc::channel(8);
    let (record_out, record) = mpsc::channel(8);
    let (warnings, warnings_in) = mpsc::channel(8);
    let stop = CancellationToken::new();
    let clock = Clock::manual(crate::clock::Timestamp(1_793_302_205_250));
    let wire = Wire::default();
    let viewport = Viewport::Fixed(Rect::new(0, 0, 80, 24));
    let terminal = Terminal::with_options(DiffBackend::new(wire.clone()), TerminalOptions { viewport }).unwrap();
    let fake = Fake { terminal, wire: wire.clone(), keys: Arc::new(Mutex::new(Some(key_events))) };
    let options = ScreenOptions {
        record: RecordSettings::default(),
        screen: ScreenSettings::default(),
        keys: Keys::new(),
        notice: None,
        replay: false,
        attached: false,
        mono: false,
        depth: crate::tui::ColourDepth::Sixteen,
        memory: None,
        config_file: None,
        zone: jiff::tz::TimeZone::UTC,
    };
    let dashboard = Dashboard::new(options, clock.now()).unwrap();
    let ports = Ports {
        updates: updates_in,
        commands: commands_out,
        wanted: None,
        away: None,
        facts: None,
        playback: None,
        service_questions: None,
        service_answers: mpsc::channel(1).1,
        records: records_in,
        history: None,
        record: record_out,
        warnings: warnings_in,
        stop: stop.clone(),
    };
    let running = tokio::spawn(Loop::new(fake, dashboard, ports, clock.clone()).run());
    let rig = Rig { wire, keys, updates, commands, _records: records, _record: record, warnings, stop, clock };
    (rig, running)
}

impl Rig {
    async fn press(&self, code: KeyCode, modifiers: KeyModifiers) {
        self.keys.send(Event::Key(KeyEvent::new(code, modifiers))).await.unwrap();
    }

    /// Lets both clocks run in small steps, as they do outside.
    async fn pass(&self, span: Duration) {
        let step = Duration::from_millis(5);
        for _ in 0..span.as_millis() / step.as_millis() {
            self.clock.advance(step);
            tokio::time::sleep(step).await;
        }
    }

    fn bytes(&self) -> usize {
        self.wire.bytes.load(Ordering::Relaxed)
    }

    fn frames(&self) -> usize {
        self.wire.frames.load(Ordering::Relaxed)
    }

    async fn add(&self, room: u64) {
        let kind = RoomUpdate::Added { label: "@ana".into() };
        self.updates.send(TrackerUpdate::Room(RoomKey(room), kind)).await.unwrap();
    }

    async fn say(&self, text: &str) {
        let chat = Chat {
            from: Arc::new(Viewer::default()),
            text: text.into(),
            emotes: vec![],
            to: None,
            language: "".into(),
        };
        let at = self.clock.now();
        let event =
            RoomEvent { at, server_at: None, id: None, room_id: None, history: false, kind: EventKind::Chat(chat) };
        let kind = RoomUpdate::Events(Arc::from(vec![TalliedEvent::new(event, None)]));
        self.updates.send(TrackerUpdate::Room(RoomKey(1), kind)).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn when_nothing_happens_no_byte_is_written() {
    let (rig, _running) = start();
    rig.add(1).await;
    rig.pass(Duration::from_millis(500)).await;
    let before = rig.bytes();
    assert!(before > 0, "the first frame was drawn");
    rig.pass(Duration::from_secs(40)).await;
    assert_eq!(rig.bytes(), before);
    rig.pass(Duration::from_secs(20)).await;
    assert!(rig.bytes() > before, "a minute of the clock turned");
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_drawn_at_the_frame_rate_and_keys_are_heard_in_it() {
    let (rig, running) = start();
    rig.add(1).await;
    for n in 0..2_000 {
        rig.say(&format!("line {n}")).await;
        if n % 2 == 0 {
            rig.pass(Duration::from_millis(5)).await;
        }
    }
    // 1 000 steps of 5 ms at 30 frames a second.
    let frames = rig.frames();
    assert!((100..=155).contains(&frames), "{frames} frames in five seconds");
    rig.press(KeyCode::Char('q'), KeyModifiers::NONE).await;
    assert_eq!(running.await.unwrap().unwrap(), Exit::Quit);
}

#[tokio::test(start_paused = true)]
async fn unattended_it_draws_five_times_a_second() {
    let (rig, _running) = start();
    rig.add(1).await;
    rig.keys.send(Event::FocusLost).await.unwrap();
    for n in 0..400 {
        rig.say(&format!("line {n}")).await;
        rig.pass(Duration::from_millis(5)).await;
    }
    let frames = rig.frames();
    assert!((5..=14).contains(&frames), "{frames} frames in two seconds");
}

#[tokio::test(start_paused = true)]
async fn a_stop_signal_and_a_terminal_that_goes_away_end_it() {
    let (rig, running) = start();
    rig.stop.cancel();
    assert_eq!(running.await.unwrap().unwrap(), Exit::Stopped);
    let (rig, running) = start();
    drop(rig.keys);
    assert_eq!(running.await.unwrap().unwrap(), Exit::Stopped);
}

#[tokio::test(start_paused = true)]
async fn a_terminal_that_takes_nothing_gets_no_frames_and_holds_up_nobody() {
    let (rig, running) = start();
    rig.add(1).await;
    rig.pass(Duration::from_millis(200)).await;
    rig.wire.stalled.store(true, Ordering::Relaxed);
    let before = rig.frames();
    for n in 0..200 {
        rig.say(&format!("line {n}")).await;
        rig.pass(Duration::from_millis(5)).await;
    }
    assert!(rig.frames() <= before + 1, "{} frames after {before}", rig.frames());
    rig.stop.cancel();
    assert_eq!(running.await.unwrap().unwrap(), Exit::Stopped);
}

#[tokio::test(start_paused = true)]
async fn ctrl_c_quits_from_anywhere() {
    let (rig, running) = start();
    rig.press(KeyCode::Char('a'), KeyModifiers::NONE).await;
    rig.press(KeyCode::Char('c'), KeyModifiers::CONTROL).await;
    assert_eq!(running.await.unwrap().unwrap(), Exit::Quit);
}

#[tokio::test(start_paused = true)]
async fn after_a_suspend_every_cell_is_written_again() {
    let (rig, _running) = start();
    rig.pass(Duration::from_millis(200)).await;
    let first = rig.bytes();
    rig.press(KeyCode::Char('z'), KeyModifiers::CONTROL).await;
    rig.pass(Duration::from_millis(200)).await;
    assert_eq!(rig.wire.suspended.load(Ordering::Relaxed), 1);
    assert!(rig.bytes() >= 2 * first - first / 4, "{} after {first}", rig.bytes());
}

#[tokio::test(start_paused = true)]
async fn commands_wait_for_room_in_their_queue_and_keep_their_order() {
    let (mut rig, _running) = start();
    for room in 1..=3 {
        rig.add(room).await;
    }
    rig.pass(Duration::from_millis(50)).await;
    for key in ['1', '2', '3'] {
        rig.press(KeyCode::Char(key), KeyModifiers::NONE).await;
        rig.press(KeyCode::Char('R'), KeyModifiers::SHIFT).await;
        rig.pass(Duration::from_millis(50)).await;
    }
    for room in 1..=3 {
        assert_eq!(rig.commands.recv().await, Some(track::TrackerCommand::Retry(RoomKey(room))));
    }
}

#[tokio::test(start_paused = true)]
async fn a_background_panic_is_shown_and_the_screen_goes_on() {
    let (rig, running) = start();
    rig.pass(Duration::from_millis(200)).await;
    let before = rig.bytes();
    rig.warnings.send("a task fell over".into()).await.unwrap();
    rig.pass(Duration::from_millis(200)).await;
    assert!(rig.bytes() > before && !running.is_finished());
}

//! Loop of the screen: hear one thing, update, draw when dirty and not sooner than the frame rate allows.
//!
//! Order of listening is the order of importance: the stop signal, the frame that is due, the person, the rooms. A flood of
//! events can therefore neither starve the screen nor the keys. Nothing ticks: the loop sleeps until something comes or
//! until the next moment at which the picture itself would change (a minute of the clock, a second of a countdown).

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event, KeyEventKind, MouseEventKind};
use futures_util::{Stream, StreamExt};
use ratatui::Terminal;
use ratatui::backend::Backend;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::sync::watch;
use tokio::time::Instant;

use super::live_search::{LiveSearch, ServiceAnswer, ServiceQuestion};
use super::msg::{Effect, Msg};
use super::terminal::Tty;
use super::{Dashboard, Exit, HistoryPort, PlaybackPort, Ports, ScreenError, ScreenExit, ScreenOptions};
use crate::clock::Clock;
use crate::config::NotifyWay;
use crate::history::{HistoryAnswer, HistoryQuestion};
use crate::room::AwayReport;
use crate::text::Text;
use crate::{record, track};

/// Updates taken from the queue at once: keys stay fresh between batches.
const BATCH: usize = 512;
/// Frames a second while the person is in another window.
const UNATTENDED_FPS: u32 = 5;

/// What the loop needs of a terminal; tests have one without a terminal.
pub(super) trait Console {
    /// Where frames go.
    type Backend: Backend<Error = io::Error>;
    /// Where keys come from.
    type Input: Stream<Item = io::Result<Event>> + Unpin;

    /// The frames.
    fn terminal(&mut self) -> &mut Terminal<Self::Backend>;
    /// A fresh reader of the keys; there is one at a time.
    fn input(&mut self) -> Self::Input;
    /// Waits until the last frame is out: a terminal that takes nothing gets no other.
    fn ready(&self) -> impl Future<Output = ()>;
    /// Gives the terminal to the shell; returns when it is ours again.
    fn suspend(&mut self) -> io::Result<()>;
    /// Gives the terminal to the person's editor with this file; returns when it is ours again.
    fn edit(&mut self, file: &Path) -> io::Result<()>;
    /// Takes the mouse, or gives it back.
    fn capture_mouse(&mut self, on: bool) -> io::Result<()>;

    /// Gives the terminal's window a title.
    fn set_title(&mut self, title: &str) -> io::Result<()>;

    /// Hands text to the terminal's clipboard.
    fn copy(&mut self, text: &str) -> io::Result<()>;

    /// Has the terminal tell of something.
    fn notify(&mut self, way: NotifyWay, words: &str) -> io::Result<()>;

    /// Bytes that the terminal was sent so far.
    fn sent(&self) -> u64;
}

/// What the history tells next; nothing when it has gone.
async fn remembered(history: &mut Option<HistoryPort>) -> Option<HistoryAnswer> {
    history.as_mut()?.answers.recv().await
}

/// What is new of a replay; never anything where there is none.
async fn replayed(playback: &mut Option<PlaybackPort>) -> Msg {
    let Some(port) = playback else { return std::future::pending().await };
    tokio::select! {
        Ok(()) = port.status.changed() => Msg::Playback(*port.status.borrow_and_update()),
        Ok(()) = port.timeline.changed() => Msg::Timeline(Arc::clone(&port.timeline.borrow_and_update())),
        else => std::future::pending().await,
    }
}

/// What stands beside the rooms, once it is something else; nothing when nobody says so any more.
async fn facts(facts: &mut Option<watch::Receiver<Vec<(Text, Text)>>>) -> Option<Vec<(Text, Text)>> {
    let facts = facts.as_mut()?;
    facts.changed().await.ok()?;
    Some(facts.borrow_and_update().clone())
}

/// What a service tells of the time before; nothing when it has gone.
async fn absence(away: &mut Option<Receiver<AwayReport>>) -> Option<AwayReport> {
    away.as_mut()?.recv().await
}

/// Opens the dashboard on the real terminal.
pub(super) async fn run(options: ScreenOptions, ports: Ports, clock: Clock) -> Result<ScreenExit, ScreenError> {
    let mouse = options.screen.mouse;
    let dashboard = Dashboard::new(options, clock.now())?;
    let mut running = Loop::new(Tty::new(mouse)?, dashboard, ports, clock);
    let exit = running.until_exit().await?;
    let dashboard = &running.dashboard;
    Ok(ScreenExit { exit, summary: dashboard.summary(running.clock.now()), memory: dashboard.memory() })
}

/// One thing the loop heard.
enum LoopEvent {
    Stop,
    FrameDue,
    Input(Option<io::Result<Event>>),
    Updates,
    Record(Option<record::RecorderUpdate>),
    Service(Option<ServiceAnswer>),
    Warning(Option<Text>),
    Away(Option<AwayReport>),
    Facts(Option<Vec<(Text, Text)>>),
    Remembered(Option<HistoryAnswer>),
    Replayed(Msg),
    /// A queue that was full has room again.
    Room,
    /// The picture changes by itself now.
    Wake,
}

/// The loop's own state: the dashboard knows nothing of it.
pub(super) struct Loop<C: Console> {
    console: C,
    /// Nothing while the shell has the terminal.
    input: Option<C::Input>,
    dashboard: Dashboard,
    ports: Ports,
    clock: Clock,
    dirty: bool,
    /// The next frame writes every cell.
    anew: bool,
    drawn: Option<Instant>,
    /// Bytes sent so far, and those of the last frame.
    sent: u64,
    last_frame: u64,
    /// The title that the window has.
    title: String,
    batch: Vec<track::TrackerUpdate>,
    /// What did not fit into a queue yet. Grows by key presses only.
    commands: VecDeque<track::TrackerCommand>,
    records: VecDeque<record::RecorderCommand>,
    /// Queues that still have a sender.
    open: Open,
}

struct Open {
    updates: bool,
    records: bool,
    service: bool,
    warnings: bool,
}

impl<C: Console> Loop<C> {
    pub(super) fn new(mut console: C, mut dashboard: Dashboard, mut ports: Ports, clock: Clock) -> Self {
        if let Some(playback) = &mut ports.playback {
            // Where it stands now is news too.
            playback.status.mark_changed();
            playback.timeline.mark_changed();
        }
        if let Some(history) = &ports.history {
            dashboard.with_history(history.tells_news);
        }
        let input = Some(console.input());
        let mut ports = ports;
        // What is known already is news to the screen.
        ports.facts.iter_mut().for_each(watch::Receiver::mark_changed);
        Self {
            console,
            input,
            dashboard,
            ports,
            clock,
            dirty: true,
            anew: false,
            drawn: None,
            sent: 0,
            last_frame: 0,
            title: String::new(),
            batch: Vec::with_capacity(BATCH),
            commands: VecDeque::new(),
            records: VecDeque::new(),
            open: Open { updates: true, records: true, service: true, warnings: true },
        }
    }

    #[cfg(test)]
    async fn run(mut self) -> Result<Exit, ScreenError> {
        self.until_exit().await
    }

    async fn until_exit(&mut self) -> Result<Exit, ScreenError> {
        loop {
            let heard = self.next_event().await;
            let exit = match heard {
                LoopEvent::FrameDue => self.draw().map(|()| None)?,
                LoopEvent::Input(Some(Ok(event))) => self.input(event)?,
                // Without input the terminal is gone: SIGHUP, or its window was closed.
                LoopEvent::Stop | LoopEvent::Input(None | Some(Err(_))) => Some(Exit::Stopped),
                LoopEvent::Updates => self.updates()?,
                LoopEvent::Service(Some(answer)) => self.update_with(Msg::Service(answer))?,
                LoopEvent::Service(None) => {
                    self.open.service = false;
                    None
                }
                LoopEvent::Record(Some(update)) => self.update_with(Msg::Recorded(update))?,
                LoopEvent::Warning(Some(words)) => self.update_with(Msg::Warned(words))?,
                LoopEvent::Away(Some(report)) => self.update_with(Msg::Away(Box::new(report)))?,
                LoopEvent::Facts(Some(facts)) => self.update_with(Msg::Facts(facts))?,
                LoopEvent::Facts(None) => {
                    self.ports.facts = None;
                    None
                }
                LoopEvent::Away(None) => {
                    self.ports.away = None;
                    None
                }
                LoopEvent::Remembered(Some(answer)) => self.update_with(Msg::Remembered(Box::new(answer)))?,
                LoopEvent::Remembered(None) => {
                    self.ports.history = None;
                    None
                }
                LoopEvent::Replayed(msg) => self.update_with(msg)?,
                LoopEvent::Record(None) => {
                    self.open.records = false;
                    None
                }
                LoopEvent::Warning(None) => {
                    self.open.warnings = false;
                    None
                }
                LoopEvent::Room => None,
                LoopEvent::Wake => self.update_with(Msg::Tick)?,
            };
            if let Some(wanted) = &self.ports.wanted {
                let now = self.dashboard.wanted_rooms();
                wanted.send_if_modified(|before| std::mem::replace(before, now.clone()) != now);
            }
            post(&mut self.commands, &self.ports.commands);
            post(&mut self.records, &self.ports.record);
            if let Some(exit) = exit {
                return Ok(exit);
            }
        }
    }

    async fn next_event(&mut self) -> LoopEvent {
        let pause = self.frame_time().max(self.dashboard.pause_after(self.last_frame));
        let due = self.drawn.map_or_else(Instant::now, |drawn| drawn + pause);
        let wake = self.dashboard.next_wake(self.clock.now());
        let Self { console, input, ports, batch, open, .. } = self;
        let console = &*console;
        let frame_due = async {
            tokio::time::sleep_until(due).await;
            console.ready().await;
        };
        tokio::select! {
            biased;
            () = ports.stop.cancelled() => LoopEvent::Stop,
            () = frame_due, if self.dirty => LoopEvent::FrameDue,
            event = next(input) => LoopEvent::Input(event),
            _ = ports.commands.reserve(), if !self.commands.is_empty() => LoopEvent::Room,
            _ = ports.record.reserve(), if !self.records.is_empty() => LoopEvent::Room,
            update = ports.records.recv(), if open.records => LoopEvent::Record(update),
            answer = ports.service_answers.recv(), if open.service => LoopEvent::Service(answer),
            words = ports.warnings.recv(), if open.warnings => LoopEvent::Warning(words),
            fresh = facts(&mut ports.facts), if ports.facts.is_some() => LoopEvent::Facts(fresh),
            report = absence(&mut ports.away), if ports.away.is_some() => LoopEvent::Away(report),
            answer = remembered(&mut ports.history), if ports.history.is_some() => LoopEvent::Remembered(answer),
            msg = replayed(&mut ports.playback) => LoopEvent::Replayed(msg),
            taken = ports.updates.recv_many(batch, BATCH), if open.updates => {
                open.updates = taken > 0;
                LoopEvent::Updates
            }
            () = tokio::time::sleep(wake) => LoopEvent::Wake,
        }
    }

    fn frame_time(&self) -> Duration {
        let fps = u32::from(self.dashboard.fps());
        Duration::from_secs(1) / if self.dashboard.has_focus() { fps } else { fps.min(UNATTENDED_FPS) }
    }

    fn draw(&mut self) -> Result<(), ScreenError> {
        self.dirty = false;
        self.drawn = Some(Instant::now());
        let dashboard = &mut self.dashboard;
        if std::mem::take(&mut self.anew) {
            let terminal = self.console.terminal();
            let area = terminal.get_frame().area();
            terminal.resize(area)?;
        }
        self.console.terminal().draw(|frame| dashboard.draw(frame))?;
        let title = self.dashboard.title();
        if title != self.title {
            self.console.set_title(&title)?;
            self.title = title;
        }
        let sent = self.console.sent();
        self.last_frame = sent.saturating_sub(std::mem::replace(&mut self.sent, sent));
        self.dashboard.count_bytes(self.last_frame, self.clock.now());
        Ok(())
    }

    fn input(&mut self, event: Event) -> Result<Option<Exit>, ScreenError> {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.update_with(Msg::Key(key)),
            Event::Paste(text) => self.update_with(Msg::Paste(text)),
            // With the mouse on, every motion is an event; none of them changes the picture.
            Event::Mouse(mouse) if mouse.kind != MouseEventKind::Moved => self.update_with(Msg::Mouse(mouse)),
            Event::FocusGained => self.update_with(Msg::Focus(true)),
            Event::FocusLost => self.update_with(Msg::Focus(false)),
            Event::Resize(..) => {
                // The terminal rearranged what it showed, also where the new size is the one we assumed.
                self.redraw();
                self.update_with(Msg::Resize)
            }
            Event::Key(_) | Event::Mouse(_) => Ok(None),
        }
    }

    /// Asks the history; a search that still runs is of no use any more to somebody who wants something else. What the screen asks by
    /// itself waits for it.
    fn ask(&mut self, question: HistoryQuestion) {
        let Some(history) = &self.ports.history else { return };
        let by_itself = matches!(
            question,
            HistoryQuestion::LastLive { .. }
                | HistoryQuestion::Opponent { .. }
                | HistoryQuestion::FinalReport(_)
                | HistoryQuestion::Newcomers { .. }
        );
        if !by_itself {
            history.give_up.give_up();
        }
        // A full queue holds more questions than anybody waits for.
        let _ = history.questions.try_send(question);
    }

    fn updates(&mut self) -> Result<Option<Exit>, ScreenError> {
        // Taken out and put back: the batch keeps its memory.
        let mut batch = std::mem::take(&mut self.batch);
        let told = batch
            .drain(..)
            .try_fold(None, |exit: Option<Exit>, update| Ok(exit.or(self.update_with(Msg::Tracked(update))?)));
        self.batch = batch;
        told
    }

    fn update_with(&mut self, msg: Msg) -> Result<Option<Exit>, ScreenError> {
        let outcome = self.dashboard.handle(self.clock.now(), msg);
        self.dirty |= outcome.dirty;
        for effect in outcome.effects {
            match effect {
                Effect::Track(command) => self.commands.push_back(command),
                Effect::Record(command) => self.records.push_back(command),
                Effect::AskService(question) => {
                    // A full queue holds questions enough: a roster is asked for again in a minute.
                    let questions = self.ports.service_questions.as_ref();
                    let taken = questions.is_some_and(|questions| questions.try_send(question.clone()).is_ok());
                    if let (false, ServiceQuestion::Lives(words)) = (taken, question) {
                        let lives = Err(Text::new("the service cannot be asked from here just now"));
                        let answer = ServiceAnswer::Lives(LiveSearch { words, lives });
                        self.dashboard.handle(self.clock.now(), Msg::Service(answer));
                    }
                }
                Effect::CaptureMouse(on) => self.console.capture_mouse(on)?,
                Effect::Copy(text) => self.console.copy(&text)?,
                Effect::Notify(way, words) => self.console.notify(way, &words)?,
                Effect::Playback(command) => {
                    // A full queue holds more key presses than anybody meant.
                    let _ = self.ports.playback.as_ref().map(|playback| playback.commands.try_send(command));
                }
                Effect::Ask(question) => self.ask(question),
                Effect::Redraw => self.redraw(),
                Effect::Suspend => self.suspend()?,
                Effect::Edit(file) => self.edit(&file)?,
                Effect::Demo => return Ok(Some(Exit::Demo)),
                Effect::Quit => return Ok(Some(Exit::Quit)),
            }
        }
        Ok(None)
    }

    /// Forgets what the terminal shows, so that the next frame writes every cell. `Terminal::clear` would ask the terminal
    /// where its cursor is, and the answer would arrive among the keys.
    fn redraw(&mut self) {
        self.dirty = true;
        self.anew = true;
    }

    /// An editor that cannot be started is told, and nothing else happens.
    fn edit(&mut self, file: &Path) -> Result<(), ScreenError> {
        self.input = None;
        let edited = self.console.edit(file);
        self.input = Some(self.console.input());
        self.redraw();
        if let Err(error) = edited {
            let words = format!("the editor cannot be started ({error}): set EDITOR");
            self.update_with(Msg::Warned(Text::from(words)))?;
        }
        Ok(())
    }

    fn suspend(&mut self) -> Result<(), ScreenError> {
        // The reader of keys owns stdin as long as it lives, and the shell wants it.
        self.input = None;
        self.console.suspend()?;
        self.input = Some(self.console.input());
        self.redraw();
        Ok(())
    }
}

async fn next<S: Stream + Unpin>(input: &mut Option<S>) -> Option<S::Item> {
    input.as_mut()?.next().await
}

/// Sends what fits; what nobody will ever take is dropped.
fn post<T>(waiting: &mut VecDeque<T>, queue: &Sender<T>) {
    while let Some(command) = waiting.pop_front() {
        match queue.try_send(command) {
            Ok(()) => {}
            Err(TrySendError::Full(command)) => return waiting.push_front(command),
            Err(TrySendError::Closed(_)) => waiting.clear(),
        }
    }
}

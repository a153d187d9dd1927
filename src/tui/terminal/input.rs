//! Reader of the terminal: a thread that turns bytes into events, and the stream of them.
//!
//! The keys are read here and not by crossterm, whose parser takes an answer of the terminal for the letters it consists of.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use crossterm::event::Event;
use futures_util::Stream;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::keys;
use super::sequences::Splitter;
use crate::clock::monotonic_now;

/// Events that may wait for the loop; the reader waits behind them, and the kernel's own buffer behind the reader.
const EVENTS: usize = 256;
/// Bytes read at once.
const CHUNK: usize = 4_096;

/// The events of the terminal, sizes included. Reads while it lives.
#[derive(Debug)]
pub(in crate::tui) struct Input {
    events: mpsc::Receiver<io::Result<Event>>,
    resized: Option<Signal>,
    /// Closed with us: it wakes the reader, which then ends.
    _waker: Option<io::PipeWriter>,
}

impl Input {
    /// Starts to read the terminal. Needs a tokio runtime.
    pub(super) fn new() -> Self {
        let (sender, events) = mpsc::channel(EVENTS);
        let waker = start(&sender).map_err(|error| sender.try_send(Err(error))).ok();
        Self { events, resized: signal(SignalKind::window_change()).ok(), _waker: waker }
    }
}

impl Stream for Input {
    type Item = io::Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(resized) = &mut self.resized
            && let Poll::Ready(Some(())) = resized.poll_recv(context)
        {
            // The size is read anew with each frame.
            return Poll::Ready(Some(Ok(Event::Resize(0, 0))));
        }
        self.events.poll_recv(context)
    }
}

fn start(sender: &mpsc::Sender<io::Result<Event>>) -> io::Result<io::PipeWriter> {
    let (wake, waker) = io::pipe()?;
    let terminal = open()?;
    let sender = sender.clone();
    thread::Builder::new().name("terminal input".into()).spawn(move || {
        if let Err(error) = read(terminal, &wake, &sender) {
            // Nobody is left to tell where the loop has gone.
            drop(sender.blocking_send(Err(error)));
        }
    })?;
    Ok(waker)
}

/// Standard input where it is a terminal, else the terminal of the session.
fn open() -> io::Result<File> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        let own: OwnedFd = stdin.as_fd().try_clone_to_owned()?;
        return Ok(File::from(own));
    }
    File::open("/dev/tty")
}

/// Reads until the terminal or the reader of the events is gone.
fn read(mut terminal: File, wake: &io::PipeReader, sender: &mpsc::Sender<io::Result<Event>>) -> io::Result<()> {
    let mut splitter = Splitter::new(monotonic_now());
    let mut tokens = Vec::new();
    let mut chunk = [0; CHUNK];
    loop {
        let timeout = match splitter.wait(monotonic_now()) {
            // Rounded up: an early wake-up would find nothing to do.
            Some(wait) => PollTimeout::try_from(wait.as_millis() + 1).unwrap_or(PollTimeout::MAX),
            None => PollTimeout::NONE,
        };
        let mut watched =
            [PollFd::new(terminal.as_fd(), PollFlags::POLLIN), PollFd::new(wake.as_fd(), PollFlags::POLLIN)];
        match poll(&mut watched, timeout) {
            Err(Errno::EINTR) => continue,
            Err(error) => return Err(error.into()),
            Ok(_) => {}
        }
        let [keys, woken] = watched.map(|fd| fd.any().unwrap_or(true));
        if woken {
            return Ok(());
        }
        if keys {
            match terminal.read(&mut chunk) {
                Ok(0) => return Ok(()),
                Ok(count) => splitter.read(chunk.get(..count).unwrap_or_default(), monotonic_now(), &mut tokens),
                Err(error) if matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) => {}
                Err(error) => return Err(error),
            }
        } else {
            splitter.expire(monotonic_now(), &mut tokens);
        }
        for event in tokens.drain(..).filter_map(keys::event) {
            if sender.blocking_send(Ok(event)).is_err() {
                return Ok(());
            }
        }
    }
}

//! Writer to the terminal: a thread that may wait for it, so that nobody else has to.
//!
//! A terminal that takes nothing (a stopped ssh, flow control, a window that hangs) blocks whoever writes to it. Here that is
//! a thread of its own: the loop gives it whole frames, asks whether the last one is out, and draws none while it is not.

use crate::clock::monotonic_now;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::Notify;

/// The near end: bytes are collected until they are flushed, and then written elsewhere.
#[derive(Clone, Debug)]
pub(in crate::tui) struct Writer {
    collected: Vec<u8>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// There is something to write, or nobody left who would want to.
    work: Condvar,
    /// Everything was written.
    done: Condvar,
    idle: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<u8>,
    /// Bytes handed over so far.
    sent: u64,
    /// Bytes are on their way.
    busy: bool,
    /// What went wrong, until somebody was told.
    failed: Option<io::Error>,
    closed: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    /// Starts the thread that writes to `terminal`.
    pub(super) fn start(terminal: impl Write + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let far = shared.clone();
        thread::Builder::new().name("terminal output".into()).spawn(move || write_loop(terminal, &far))?;
        Ok(Self { collected: Vec::new(), shared })
    }

    /// Waits until everything flushed so far is out.
    pub(in crate::tui) async fn idle(&self) {
        loop {
            let notified = self.shared.idle.notified();
            {
                let state = self.shared.state();
                if !state.busy && state.waiting.is_empty() {
                    return;
                }
            }
            notified.await;
        }
    }

    /// Waits, with the thread, until everything flushed so far is out; false when that took longer than `patience`.
    pub(super) fn drain(&self, patience: Duration) -> bool {
        let until = monotonic_now() + patience;
        let mut state = self.shared.state();
        while state.busy || !state.waiting.is_empty() {
            let Some(left) = until.checked_duration_since(monotonic_now()).filter(|left| !left.is_zero()) else {
                return false;
            };
            state = self.shared.done.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Bytes handed over so far.
    pub(in crate::tui) fn sent(&self) -> u64 {
        self.shared.state().sent
    }

    /// Ends the thread when it has written what it has; what is flushed later goes nowhere.
    pub(super) fn close(&self) {
        self.shared.state().closed = true;
        self.shared.work.notify_one();
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.collected.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    /// Hands over what was collected; the error, if any, is that of something handed over before.
    fn flush(&mut self) -> io::Result<()> {
        let mut state = self.shared.state();
        if state.closed {
            self.collected.clear();
            return Ok(());
        }
        if let Some(error) = state.failed.take() {
            return Err(error);
        }
        state.sent += self.collected.len() as u64;
        state.waiting.append(&mut self.collected);
        drop(state);
        self.shared.work.notify_one();
        Ok(())
    }
}

/// The far end.
fn write_loop(mut terminal: impl Write, shared: &Shared) {
    let mut bytes = Vec::new();
    loop {
        {
            let mut state = shared.state();
            state.busy = false;
            if state.waiting.is_empty() {
                shared.done.notify_all();
                shared.idle.notify_waiters();
            }
            while state.waiting.is_empty() {
                if state.closed {
                    return;
                }
                state = shared.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            bytes.clear();
            std::mem::swap(&mut bytes, &mut state.waiting);
            state.busy = true;
        }
        if let Err(error) = write_all(&mut terminal, &bytes) {
            shared.state().failed = Some(error);
        }
    }
}

/// Like `write_all`, for a terminal that somebody made non-blocking as well.
fn write_all(terminal: &mut impl Write, mut bytes: &[u8]) -> io::Result<()> {
    /// Between two tries of a terminal that does not block.
    const PAUSE: Duration = Duration::from_millis(5);
    #[allow(clippy::disallowed_methods, reason = "a non-blocking terminal offers this thread nothing to wait for")]
    while !bytes.is_empty() {
        match terminal.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(PAUSE),
            Err(error) => return Err(error),
        }
    }
    terminal.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    /// A terminal that takes one write for each permission.
    struct Slow {
        permission: Receiver<()>,
        taken: SyncSender<Vec<u8>>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.permission.recv().map_err(|_| io::ErrorKind::BrokenPipe)?;
            self.taken.send(bytes.to_vec()).map_err(|_| io::ErrorKind::BrokenPipe)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn slow() -> (Writer, SyncSender<()>, Receiver<Vec<u8>>) {
        let (permit, permission) = sync_channel(8);
        let (taken, written) = sync_channel(8);
        (Writer::start(Slow { permission, taken }).unwrap(), permit, written)
    }

    #[tokio::test]
    async fn nobody_waits_for_a_terminal_that_takes_nothing() {
        let (mut writer, permit, written) = slow();
        writer.idle().await;
        writer.write_all(b"a frame").unwrap();
        writer.flush().unwrap();
        assert!(!writer.drain(Duration::from_millis(5)), "nothing is out");
        writer.write_all(b"and the end").unwrap();
        writer.flush().unwrap();
        permit.send(()).unwrap();
        permit.send(()).unwrap();
        writer.idle().await;
        assert!(writer.drain(Duration::ZERO));
        let whole: Vec<u8> = written.try_iter().flatten().collect();
        assert_eq!(whole, b"a frameand the end");
    }

    #[tokio::test]
    async fn a_terminal_that_is_gone_is_told_with_the_next_flush() {
        let (mut writer, permit, _) = slow();
        drop(permit);
        writer.write_all(b"a frame").unwrap();
        writer.flush().unwrap();
        writer.idle().await;
        assert!(writer.flush().is_err());
    }
}

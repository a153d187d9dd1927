//! Pacer of the one thread of a command without a screen: where it is woken again and again for little, it is left asleep for a while.
//!
//! A busy room, or a hundred rooms, send something every few milliseconds. To be woken costs more than to read what came: the caches are cold
//! each time, and a virtual machine has to be switched in. Asleep outside of the poll the thread is not woken, and finds all that
//! came meanwhile at once. A thread that has much to do, or little to wake it, is left alone.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::time::Instant;

/// How long the thread sleeps: what comes lies unread for that long at most.
const PAUSE: Duration = Duration::from_millis(100);
/// A turn is a quick one where the thread waited less than this for it.
const QUICK: Duration = Duration::from_millis(30);
/// Quick turns in a row before the first pause: an entry with its look-ups is no stream.
const QUICK_TURNS: u32 = 64;
/// Share of its time that the thread works, above which it never sleeps: a pause would fill the buffers of the kernel.
const MOST_WORK: f64 = 0.15;
/// The time over which that share is taken.
const WORK_WINDOW: f64 = 0.25;

/// Has the thread of a runtime paced.
pub(crate) fn pace_thread(builder: &mut Builder) -> &mut Builder {
    let pacer = Arc::new(Mutex::new(ThreadPacer::new(Instant::now())));
    let woken = Arc::clone(&pacer);
    let lock = |pacer: &Mutex<ThreadPacer>, see: fn(&mut ThreadPacer, Instant) -> bool| {
        see(&mut pacer.lock().unwrap_or_else(PoisonError::into_inner), Instant::now())
    };
    builder
        .on_thread_park(move || {
            if lock(&pacer, ThreadPacer::parks) {
                #[allow(clippy::disallowed_methods, reason = "not to be woken is what it is for")]
                std::thread::sleep(PAUSE);
                lock(&pacer, ThreadPacer::slept);
            }
        })
        .on_thread_unpark(move || {
            lock(&woken, ThreadPacer::woken);
        })
}

/// What is known of the thread's turns.
struct ThreadPacer {
    /// When it was woken last.
    woken: Instant,
    /// When it had done all before that.
    parked: Instant,
    /// Since when it waits to be woken.
    waits: Instant,
    quick_turns: u32,
    /// Share of the time that it works.
    work: f64,
}

impl ThreadPacer {
    fn new(now: Instant) -> Self {
        Self { woken: now, parked: now, waits: now, quick_turns: 0, work: 0.0 }
    }

    /// The thread has done all. Whether it is to sleep.
    fn parks(&mut self, now: Instant) -> bool {
        let (turn, worked) = ((now - self.parked).as_secs_f64(), (now - self.woken).as_secs_f64());
        if turn > 0.0 {
            self.work += (worked / turn - self.work) * (turn / WORK_WINDOW).min(1.0);
        }
        (self.parked, self.waits) = (now, now);
        self.quick_turns >= QUICK_TURNS && self.work < MOST_WORK
    }

    fn slept(&mut self, now: Instant) -> bool {
        self.waits = now;
        true
    }

    fn woken(&mut self, now: Instant) -> bool {
        let is_quick = now - self.waits < QUICK;
        self.quick_turns = if is_quick { self.quick_turns.saturating_add(1) } else { 0 };
        self.woken = now;
        is_quick
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// A thread that is woken after so long each time, and works for so long; in how many of two hundred turns it is to sleep.
    fn pauses(waits: Duration, works: Duration) -> usize {
        let mut now = Instant::now();
        let mut pacer = ThreadPacer::new(now);
        let mut pauses = 0;
        for _ in 0..200 {
            if pacer.parks(now) {
                pauses += 1;
                now += PAUSE;
                pacer.slept(now);
            } else {
                now += waits;
            }
            pacer.woken(now);
            now += works;
        }
        pauses
    }

    #[test]
    fn a_thread_that_is_woken_often_for_little_sleeps_after_a_while() {
        assert_eq!(pauses(MS * 20, MS), 200 - QUICK_TURNS as usize);
    }

    #[test]
    fn one_that_waits_long_or_works_much_never_sleeps() {
        assert_eq!(pauses(MS * 40, MS), 0);
        assert_eq!(pauses(MS, MS), 0);
    }

    #[test]
    fn it_is_awake_again_once_nothing_waited_for_it() {
        let now = Instant::now();
        let mut pacer = ThreadPacer { quick_turns: 500, ..ThreadPacer::new(now) };
        assert!(pacer.parks(now + MS));
        pacer.slept(now + PAUSE);
        pacer.woken(now + PAUSE + QUICK);
        assert!(!pacer.parks(now + PAUSE + QUICK + MS));
    }
}

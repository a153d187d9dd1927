//! Terminal in our hands: modes switched on and off, the panic hook, suspend and resume.
//!
//! Knows nothing of rooms and frames. Invariant: whatever happens to the thread that took the terminal (return, error,
//! panic, drop), the shell gets back a terminal in the state it was in; a panic of any other thread does not touch the screen.

mod backend;
mod capabilities;
#[cfg(unix)]
mod input;
#[cfg(unix)]
mod keys;
mod notification;
#[cfg(unix)]
mod sequences;
mod window;
mod writer;

use std::io::{self, IsTerminal, Write};
use std::panic;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use base64::Engine as _;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    EnableMouseCapture,
};
use crossterm::style::{Print, ResetColor};
use crossterm::terminal::{
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, SetTitle, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, queue};
use ratatui::Terminal;
use tokio::sync::mpsc;

use super::ScreenError;
use super::run::Console;
use crate::config::NotifyWay;
use crate::text::Text;
pub(super) use backend::DiffBackend;
pub use capabilities::{Capabilities, capabilities, output_columns, shows_unicode};
pub(super) use capabilities::{depth, fps};

#[cfg(not(unix))]
use crossterm::event::EventStream as Input;
#[cfg(unix)]
use input::Input;
use writer::Writer;

/// How long a terminal that takes nothing may hold up our leaving.
const EXIT_TIMEOUT: Duration = Duration::from_secs(2);
/// The title is pushed on the terminal's own stack on entry and popped on leaving.
const PUSH_TITLE: &str = "\x1b[22;0t";
const POP_TITLE: &str = "\x1b[23;0t";

/// Who holds the terminal.
#[derive(Debug)]
struct Owner {
    thread: ThreadId,
    writer: Writer,
}

/// The thread that holds the terminal and what it writes through; nothing while the shell has it.
static OWNER: Mutex<Option<Owner>> = Mutex::new(None);

fn owner() -> MutexGuard<'static, Option<Owner>> {
    OWNER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The real terminal, held from creation to drop.
pub(super) struct Tty {
    terminal: Terminal<DiffBackend<Writer>>,
    writer: Writer,
    mouse: bool,
}

impl Tty {
    /// Takes the terminal.
    pub(super) fn new(mouse: bool) -> Result<Self, ScreenError> {
        if !io::stdout().is_terminal() {
            return Err(ScreenError::NoTerminal);
        }
        if let Some(name) = std::env::var("TERM").ok().filter(|name| capabilities::is_line_printer(name)) {
            return Err(ScreenError::PlainTerminal(Text::from(name)));
        }
        // The theme decides about colours: crossterm's own NO_COLOR writes empty sequences that reset bold and reverse.
        crossterm::style::force_color_output(true);
        let writer = Writer::start(stdout()?)?;
        enter(&writer, mouse)?;
        let terminal = Terminal::new(DiffBackend::new(writer.clone()));
        terminal.map(|terminal| Self { terminal, writer, mouse }).map_err(|error| {
            leave();
            error.into()
        })
    }
}

/// Standard output without the lock: a thread that waits for a terminal must not keep others from ending the program.
#[cfg(unix)]
fn stdout() -> io::Result<std::fs::File> {
    use std::os::fd::AsFd;
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

#[cfg(not(unix))]
fn stdout() -> io::Result<io::Stdout> {
    Ok(io::stdout())
}

impl Drop for Tty {
    fn drop(&mut self) {
        leave();
        self.writer.close();
    }
}

impl Console for Tty {
    type Backend = DiffBackend<Writer>;
    type Input = Input;

    fn terminal(&mut self) -> &mut Terminal<Self::Backend> {
        &mut self.terminal
    }

    fn input(&mut self) -> Input {
        Input::new()
    }

    async fn ready(&self) {
        self.writer.idle().await;
    }

    fn suspend(&mut self) -> io::Result<()> {
        leave();
        stop_ourselves()?;
        enter(&self.writer, self.mouse)?;
        self.terminal.backend_mut().invalidate();
        Ok(())
    }

    fn edit(&mut self, file: &Path) -> io::Result<()> {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let editor = set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".to_owned());
        let mut words = editor.split_whitespace();
        let program = words.next().unwrap_or("vi");
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        leave();
        let ended = std::process::Command::new(program).args(words).arg(file).status();
        enter(&self.writer, self.mouse)?;
        self.terminal.backend_mut().invalidate();
        ended.map(drop)
    }

    fn capture_mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        let mut out = self.writer.clone();
        if on {
            queue!(out, EnableMouseCapture)?;
        } else {
            queue!(out, DisableMouseCapture)?;
        }
        out.flush()
    }

    fn set_title(&mut self, title: &str) -> io::Result<()> {
        let mut out = self.writer.clone();
        queue!(out, SetTitle(title))?;
        out.flush()
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        let mut out = self.writer.clone();
        write_copy(&mut out, text)?;
        out.flush()
    }

    fn notify(&mut self, way: NotifyWay, words: &str) -> io::Result<()> {
        let through = notification::Multiplexer::of(|name| std::env::var(name).ok());
        let mut out = self.writer.clone();
        notification::write(&mut out, way, words, through)?;
        out.flush()
    }

    fn sent(&self) -> u64 {
        self.writer.sent()
    }
}

/// OSC 52: the terminal takes the text into its clipboard, also from the other end of an SSH session. tmux hears it as it is,
/// where its option `set-clipboard` lets it, and hands it on: wrapped for the outer terminal it would pass tmux by.
fn write_copy(out: &mut impl Write, text: &str) -> io::Result<()> {
    let encoded = base64::engine::general_purpose::STANDARD.encode(text);
    write!(out, "\x1b]52;c;{encoded}\x07")
}

/// Stops the whole job, as Ctrl-Z would have done in a cooked terminal; returns when `fg` brings it back.
#[cfg(unix)]
fn stop_ourselves() -> io::Result<()> {
    nix::sys::signal::raise(nix::sys::signal::Signal::SIGTSTP).map_err(io::Error::from)
}

#[cfg(not(unix))]
fn stop_ourselves() -> io::Result<()> {
    Ok(())
}

fn enter(writer: &Writer, mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    *owner() = Some(Owner { thread: thread::current().id(), writer: writer.clone() });
    let mut out = writer.clone();
    write_entry(&mut out, mouse).and_then(|()| out.flush()).inspect_err(|_| leave())
}

/// Hands the terminal back. Doing it twice does it once: a second restore would put the prompt over a panic's report.
fn leave() {
    let Some(Owner { mut writer, .. }) = owner().take() else { return };
    // Nobody is left to tell when the terminal itself is gone (SIGHUP), and one that takes nothing is left as it is.
    let _ = write_exit(&mut writer).and_then(|()| writer.flush());
    writer.drain(EXIT_TIMEOUT);
    let _ = disable_raw_mode();
}

fn write_entry(out: &mut impl Write, mouse: bool) -> io::Result<()> {
    queue!(
        out,
        Print(PUSH_TITLE),
        EnterAlternateScreen,
        EnableBracketedPaste,
        EnableFocusChange,
        SetTitle("tiktop"),
        cursor::Hide
    )?;
    if mouse { queue!(out, EnableMouseCapture) } else { Ok(()) }
}

/// Ends an open frame first: a panic may have come in the middle of one.
fn write_exit(out: &mut impl Write) -> io::Result<()> {
    queue!(
        out,
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableFocusChange,
        DisableBracketedPaste,
        ResetColor,
        LeaveAlternateScreen,
        cursor::Show,
        Print(POP_TITLE)
    )
}

/// Makes panics safe for the screen; install it after the report hook it should hand over to.
///
/// A panic of the thread that holds the terminal hands the terminal back, then reports as before. A panic of any other thread
/// while the screen is up is logged and sent to `background` (see [`Ports::warnings`](super::Ports)): it would otherwise tear
/// down the screen under a dashboard that goes on living. Without a screen everything is reported as before.
pub fn install_panic_hook(background: mpsc::Sender<Text>) {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let holder = owner().as_ref().map(|owner| owner.thread);
        match holder {
            Some(holder) if holder != thread::current().id() => {
                let words = Text::new(&info.to_string());
                tracing::error!(panic = %words, "a background task panicked");
                let _ = background
                    .try_send(Text::from(format_args!("a background task failed and was stopped (a bug): {words}")));
            }
            _ => {
                leave();
                report(info);
            }
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_mode_that_was_switched_on_is_switched_off_again() {
        let entry = written(|out| write_entry(out, true));
        let exit = written(write_exit);
        let modes: Vec<&str> =
            entry.split("\x1b[?").skip(1).filter_map(|part| part.split_once('h')).map(|(mode, _)| mode).collect();
        assert!(modes.contains(&"1049") && modes.contains(&"2004") && modes.contains(&"1003"), "{entry:?}");
        for mode in modes {
            assert!(exit.contains(&format!("\x1b[?{mode}l")), "mode {mode} stays on: {exit:?}");
        }
        assert!(exit.contains("\x1b[?25h") && exit.ends_with(POP_TITLE), "{exit:?}");
    }

    #[test]
    fn what_is_copied_goes_to_the_clipboard_of_the_terminal() {
        assert_eq!(written(|out| write_copy(out, "@ana.live")), "\x1b]52;c;QGFuYS5saXZl\x07");
    }

    #[test]
    fn without_the_mouse_the_terminal_keeps_its_own_selection() {
        assert!(!written(|out| write_entry(out, false)).contains("?1000h"));
    }

    #[test]
    fn leaving_a_terminal_that_was_not_taken_does_nothing() {
        assert!(owner().is_none());
        leave();
        assert!(owner().is_none());
    }
}

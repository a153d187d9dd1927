//! Backend of ratatui that writes only what changed.
//!
//! ratatui hides the cursor and resets the colours on every frame, changed or not. Here a frame opens with its first changed
//! cell, is bracketed as one synchronized update (DEC 2026), and a frame without changes is zero bytes.

use std::io::{self, Write};

use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use crossterm::{cursor, queue};
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

use super::window;
use crate::tui::widgets::uncertain_width::has_uncertain_width;

/// The backend around the writer of the terminal.
#[derive(Debug)]
pub(in crate::tui) struct DiffBackend<W: Write> {
    inner: CrosstermBackend<W>,
    /// The bracket of a frame is open.
    open: bool,
    /// Where the visible cursor stands; nothing while it is hidden, as it is on entry.
    cursor: Option<Position>,
    /// Cells were written since the cursor was last placed.
    moved: bool,
}

impl<W: Write> DiffBackend<W> {
    /// A backend over a terminal whose cursor is hidden.
    pub(in crate::tui) fn new(writer: W) -> Self {
        Self { inner: CrosstermBackend::new(writer), open: false, cursor: None, moved: false }
    }

    /// The terminal was in other hands: its cursor is hidden again, and nothing else is sure.
    pub(in crate::tui) fn invalidate(&mut self) {
        self.cursor = None;
        self.moved = true;
    }

    /// Opens the bracket of a frame, once.
    fn open(&mut self) -> io::Result<()> {
        if self.open {
            return Ok(());
        }
        self.open = true;
        queue!(self.inner, BeginSynchronizedUpdate)
    }

    /// Closes the bracket, if it is open: a terminal shows nothing new while it is.
    fn close(&mut self) -> io::Result<()> {
        if !std::mem::take(&mut self.open) {
            return Ok(());
        }
        let closed = queue!(self.inner, EndSynchronizedUpdate);
        closed.and(Write::flush(&mut self.inner))
    }

    fn write_cells<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        self.open()?;
        self.moved = true;
        // The cursor is set anew behind a character whose width the terminal may see differently: the rest of the row stays
        // in its columns.
        while content.peek().is_some() {
            let mut uncertain = false;
            let plain = std::iter::from_fn(|| {
                let next = content.next_if(|_| !uncertain)?;
                uncertain = has_uncertain_width(next.2.symbol());
                Some(next)
            });
            self.inner.draw(plain)?;
        }
        Ok(())
    }
}

/// A frame that was left half drawn, by an error or a panic, must not leave its bracket open.
impl<W: Write> Drop for DiffBackend<W> {
    fn drop(&mut self) {
        drop(self.close());
    }
}

impl<W: Write> Backend for DiffBackend<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        // Where it fails there is no flush to come.
        self.write_cells(content).inspect_err(|_| drop(self.close()))
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.cursor.take().is_none() {
            return Ok(());
        }
        self.open()?;
        queue!(self.inner, cursor::Hide)
    }

    /// Shown when it is placed: ratatui always does both.
    fn show_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        // Asking the terminal would read from stdin, which the event stream owns.
        Ok(self.cursor.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.cursor == Some(position) && !self.moved {
            return Ok(());
        }
        self.open()?;
        queue!(self.inner, cursor::MoveTo(position.x, position.y))?;
        if self.cursor.replace(position).is_none() {
            queue!(self.inner, cursor::Show)?;
        }
        self.moved = false;
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        use crossterm::terminal::{Clear, ClearType as Part};
        self.open()?;
        self.moved = true;
        let part = match clear_type {
            ClearType::All => Part::All,
            ClearType::AfterCursor => Part::FromCursorDown,
            ClearType::BeforeCursor => Part::FromCursorUp,
            ClearType::CurrentLine => Part::CurrentLine,
            ClearType::UntilNewLine => Part::UntilNewLine,
        };
        queue!(self.inner, Clear(part))
    }

    fn size(&self) -> io::Result<Size> {
        let said = self.inner.size().unwrap_or_default();
        Ok(window::usable(said, |name| std::env::var(name).ok()))
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.close()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    use ratatui::layout::Rect;
    use ratatui::{Terminal, TerminalOptions, Viewport};

    /// What reached the terminal, kept where the test can see it.
    #[derive(Clone, Default)]
    struct Sink(Rc<RefCell<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(buf)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn screen(sink: &Sink) -> Terminal<DiffBackend<Sink>> {
        let viewport = Viewport::Fixed(Rect::new(0, 0, 20, 2));
        Terminal::with_options(DiffBackend::new(sink.clone()), TerminalOptions { viewport }).unwrap()
    }

    /// Draws a frame and takes what it wrote.
    fn frame(
        terminal: &mut Terminal<DiffBackend<Sink>>,
        sink: &Sink,
        text: &str,
        cursor: Option<(u16, u16)>,
    ) -> String {
        terminal
            .draw(|frame| {
                frame.render_widget(text, frame.area());
                if let Some(at) = cursor {
                    frame.set_cursor_position(at);
                }
            })
            .unwrap();
        String::from_utf8(sink.0.take()).unwrap()
    }

    #[test]
    fn a_frame_without_changes_is_zero_bytes() {
        let sink = Sink::default();
        let mut terminal = screen(&sink);
        assert_ne!(frame(&mut terminal, &sink, "hello", None), "");
        assert_eq!(frame(&mut terminal, &sink, "hello", None), "");
        assert_ne!(frame(&mut terminal, &sink, "hellO", None), "");
    }

    #[test]
    fn a_cursor_that_stands_still_is_zero_bytes_too() {
        let sink = Sink::default();
        let mut terminal = screen(&sink);
        assert!(frame(&mut terminal, &sink, "hello", Some((3, 0))).contains("\x1b[?25h"));
        assert_eq!(frame(&mut terminal, &sink, "hello", Some((3, 0))), "");
        assert!(frame(&mut terminal, &sink, "hello", Some((4, 0))).contains("\x1b[1;5H"));
        assert!(frame(&mut terminal, &sink, "hello", None).contains("\x1b[?25l"));
    }

    /// A terminal that fails once, after so many writes.
    struct Failing(Sink, usize);

    impl Write for Failing {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            self.1 = self.1.wrapping_sub(1);
            if self.1 == 0 { Err(io::ErrorKind::Other.into()) } else { self.0.write(buf) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_frame_that_fails_or_is_given_up_closes_its_bracket() {
        let cell = Cell::new("x");
        for writes in 2..6 {
            let sink = Sink::default();
            let mut backend = DiffBackend::new(Failing(sink.clone(), writes));
            let drawn = backend.draw([(0, 0, &cell), (3, 1, &cell)].into_iter());
            let alive = String::from_utf8(sink.0.borrow().clone()).unwrap();
            assert!(drawn.is_ok() || alive.ends_with("\x1b[?2026l"), "{alive:?}");
            drop(backend);
            let written = String::from_utf8(sink.0.take()).unwrap();
            assert_eq!(written.matches("\x1b[?2026l").count(), 1, "{writes}: {written:?}");
        }
    }

    #[test]
    fn a_frame_is_one_synchronized_update() {
        let sink = Sink::default();
        let written = frame(&mut screen(&sink), &sink, "hello", None);
        assert!(written.starts_with("\x1b[?2026h") && written.ends_with("\x1b[?2026l"), "{written:?}");
        assert_eq!(written.matches("2026").count(), 2);
    }
}

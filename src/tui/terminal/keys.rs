//! Meaning of terminal input: tokens to key, mouse, focus and paste events. What means nothing here is nothing.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::sequences::Token;

/// The event of a token; nothing for an answer of the terminal and for what nobody knows.
pub(super) fn event(token: Token) -> Option<Event> {
    match token {
        Token::Paste(text) => Some(Event::Paste(text)),
        Token::Esc { alt } => Some(pressed(KeyCode::Esc, alt_or_none(alt))),
        Token::Char { c, alt } => character(c, alt_or_none(alt)),
        Token::Ss3(last) => letter(last).or_else(|| keypad(last)).map(|code| pressed(code, KeyModifiers::NONE)),
        Token::OldMouse([button, column, row]) => {
            let place = |byte: u8| u16::from(byte).saturating_sub(32);
            mouse(button.checked_sub(32)?.into(), place(column), place(row), false)
        }
        Token::Csi { params, last, alt } => csi(&params, last, alt),
    }
}

fn pressed(code: KeyCode, modifiers: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, modifiers))
}

fn alt_or_none(alt: bool) -> KeyModifiers {
    if alt { KeyModifiers::ALT } else { KeyModifiers::NONE }
}

/// A character as a terminal sends it: the control characters are keys with Ctrl, or have names.
fn character(c: char, modifiers: KeyModifiers) -> Option<Event> {
    let ctrl = modifiers | KeyModifiers::CONTROL;
    let (code, modifiers) = match c {
        '\r' => (KeyCode::Enter, modifiers),
        '\t' => (KeyCode::Tab, modifiers),
        '\u{7f}' => (KeyCode::Backspace, modifiers),
        '\0' => (KeyCode::Char(' '), ctrl),
        '\u{1}'..='\u{1a}' => (KeyCode::Char(char::from(c as u8 - 1 + b'a')), ctrl),
        '\u{1c}'..='\u{1f}' => (KeyCode::Char(char::from(c as u8 - 0x1c + b'4')), ctrl),
        c if c.is_control() => return None,
        c if c.is_uppercase() => (KeyCode::Char(c), modifiers | KeyModifiers::SHIFT),
        c => (KeyCode::Char(c), modifiers),
    };
    Some(pressed(code, modifiers))
}

/// The keys that end in a letter.
fn letter(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'P' => KeyCode::F(1),
        b'Q' => KeyCode::F(2),
        b'R' => KeyCode::F(3),
        b'S' => KeyCode::F(4),
        _ => return None,
    })
}

/// The numeric pad in its application mode.
fn keypad(last: u8) -> Option<KeyCode> {
    match last {
        b'M' => Some(KeyCode::Enter),
        b'j'..=b'y' => Some(KeyCode::Char(char::from(last - b'j' + b'*'))),
        _ => None,
    }
}

/// The keys that end in a tilde, by number.
fn numbered(number: u32) -> Option<KeyCode> {
    let f = |n: u32| u8::try_from(n).ok().map(KeyCode::F);
    match number {
        1 | 7 => Some(KeyCode::Home),
        2 => Some(KeyCode::Insert),
        3 => Some(KeyCode::Delete),
        4 | 8 => Some(KeyCode::End),
        5 => Some(KeyCode::PageUp),
        6 => Some(KeyCode::PageDown),
        11..=15 => f(number - 10),
        17..=21 => f(number - 11),
        23..=26 => f(number - 12),
        28..=29 => f(number - 13),
        31..=34 => f(number - 14),
        _ => None,
    }
}

fn csi(params: &[u8], last: u8, alt: bool) -> Option<Event> {
    match (params, last) {
        ([], b'I') => return Some(Event::FocusGained),
        ([], b'O') => return Some(Event::FocusLost),
        ([], b'Z') => return Some(pressed(KeyCode::BackTab, KeyModifiers::SHIFT)),
        ([b'['], b'A'..=b'E') => return Some(pressed(KeyCode::F(last - b'A' + 1), KeyModifiers::NONE)),
        ([b'<', rest @ ..], b'M' | b'm') => {
            let (button, column, row) = three(rest)?;
            return mouse(button, column, row, last == b'm');
        }
        _ => {}
    }
    // A prefix or an intermediate byte makes it an answer: no key has one.
    let text = std::str::from_utf8(params).ok()?;
    if !text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b';' | b':')) {
        return None;
    }
    let mut fields = text.split(';').map(|field| field.split(':').map(|part| part.parse::<u32>().ok()));
    let number = fields.next().and_then(|mut parts| parts.next()).flatten();
    let mut second = fields.next();
    let bits = second.as_mut().and_then(Iterator::next).flatten();
    let kind = second.as_mut().and_then(Iterator::next).flatten();
    let third = fields.next().and_then(|mut parts| parts.next()).flatten();
    let modifiers = modifiers(bits) | alt_or_none(alt);
    let code = match last {
        b'M' => {
            let (button, column, row) = three(params)?;
            return mouse(button.checked_sub(32)?, column, row, false);
        }
        // With numbers this is where the cursor is.
        b'R' if bits.is_some() => return None,
        b'Z' => KeyCode::BackTab,
        b'~' if number == Some(27) => return coded(third?, modifiers, None),
        b'~' => numbered(number?)?,
        b'u' => return coded(number?, modifiers, kind),
        // Keys count from 1 where they count at all.
        _ if number.unwrap_or(1) == 1 => letter(last)?,
        _ => return None,
    };
    Some(Event::Key(KeyEvent::new_with_kind(code, modifiers, key_kind(kind))))
}

/// A key told by its code point: the kitty protocol, and xterm's modifyOtherKeys.
fn coded(code: u32, modifiers: KeyModifiers, kind: Option<u32>) -> Option<Event> {
    let code = match char::from_u32(code)? {
        '\r' => KeyCode::Enter,
        '\u{1b}' => KeyCode::Esc,
        '\t' if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
        '\t' => KeyCode::Tab,
        '\u{8}' | '\u{7f}' => KeyCode::Backspace,
        // The private area is kitty's names for keys that write nothing.
        c if c.is_control() || matches!(c, '\u{e000}'..='\u{f8ff}') => return None,
        c => KeyCode::Char(c),
    };
    Some(Event::Key(KeyEvent::new_with_kind(code, modifiers, key_kind(kind))))
}

fn key_kind(kind: Option<u32>) -> KeyEventKind {
    match kind {
        Some(2) => KeyEventKind::Repeat,
        Some(3) => KeyEventKind::Release,
        _ => KeyEventKind::Press,
    }
}

/// The second parameter of a key: one more than the bits of its modifiers.
fn modifiers(bits: Option<u32>) -> KeyModifiers {
    let bits = bits.unwrap_or(1).saturating_sub(1);
    [
        (1, KeyModifiers::SHIFT),
        (2, KeyModifiers::ALT),
        (4, KeyModifiers::CONTROL),
        (8, KeyModifiers::SUPER),
        (16, KeyModifiers::HYPER),
        (32, KeyModifiers::META),
    ]
    .into_iter()
    .filter(|(bit, _)| bits & bit != 0)
    .fold(KeyModifiers::NONE, |all, (_, modifier)| all | modifier)
}

/// Exactly three numbers: a button, a column and a row.
fn three(params: &[u8]) -> Option<(u16, u16, u16)> {
    let text = std::str::from_utf8(params).ok()?;
    let mut numbers = text.split(';').map(|number| number.parse::<u16>().ok());
    let found = (numbers.next()??, numbers.next()??, numbers.next()??);
    numbers.next().is_none().then_some(found)
}

/// A mouse event; terminals count columns and rows from 1.
fn mouse(button: u16, column: u16, row: u16, released: bool) -> Option<Event> {
    let held = |which: u16| match which {
        0 => Some(MouseButton::Left),
        1 => Some(MouseButton::Middle),
        2 => Some(MouseButton::Right),
        _ => None,
    };
    let (moves, wheel, which) = (button & 32 != 0, button & 64 != 0, button & 3);
    let kind = match (wheel, held(which)) {
        _ if button >= 128 => return None,
        (true, _) => match which {
            0 => MouseEventKind::ScrollUp,
            1 => MouseEventKind::ScrollDown,
            2 => MouseEventKind::ScrollLeft,
            _ => MouseEventKind::ScrollRight,
        },
        (false, Some(button)) if moves => MouseEventKind::Drag(button),
        (false, None) if moves => MouseEventKind::Moved,
        (false, Some(button)) if released => MouseEventKind::Up(button),
        (false, Some(button)) => MouseEventKind::Down(button),
        // The old forms do not say which button was let go.
        (false, None) => MouseEventKind::Up(MouseButton::Left),
    };
    let modifiers = [(4, KeyModifiers::SHIFT), (8, KeyModifiers::ALT), (16, KeyModifiers::CONTROL)]
        .into_iter()
        .filter(|(bit, _)| button & bit != 0)
        .fold(KeyModifiers::NONE, |all, (_, modifier)| all | modifier);
    let (column, row) = (column.saturating_sub(1), row.saturating_sub(1));
    Some(Event::Mouse(MouseEvent { kind, column, row, modifiers }))
}

#[cfg(test)]
mod tests {
    use super::super::sequences::Splitter;
    use super::*;
    use crate::clock::monotonic_now;
    use rstest::rstest;
    use std::time::Duration;

    fn events(bytes: &[u8]) -> Vec<Event> {
        let now = monotonic_now();
        let (mut splitter, mut tokens) = (Splitter::new(now), Vec::new());
        splitter.read(bytes, now, &mut tokens);
        splitter.expire(now + Duration::from_secs(9), &mut tokens);
        tokens.into_iter().filter_map(event).collect()
    }

    const NONE: KeyModifiers = KeyModifiers::NONE;

    #[rstest]
    #[case(b"q", KeyCode::Char('q'), NONE)]
    #[case(b"G", KeyCode::Char('G'), KeyModifiers::SHIFT)]
    #[case("й".as_bytes(), KeyCode::Char('й'), NONE)]
    #[case(b"\r", KeyCode::Enter, NONE)]
    #[case(b"\n", KeyCode::Char('j'), KeyModifiers::CONTROL)]
    #[case(b"\t", KeyCode::Tab, NONE)]
    #[case(b"\x7f", KeyCode::Backspace, NONE)]
    #[case(b"\x08", KeyCode::Char('h'), KeyModifiers::CONTROL)]
    #[case(b"\x03", KeyCode::Char('c'), KeyModifiers::CONTROL)]
    #[case(b"\x1a", KeyCode::Char('z'), KeyModifiers::CONTROL)]
    #[case(b"\x00", KeyCode::Char(' '), KeyModifiers::CONTROL)]
    #[case(b"\x1b", KeyCode::Esc, NONE)]
    #[case(b"\x1bq", KeyCode::Char('q'), KeyModifiers::ALT)]
    #[case(b"\x1b\r", KeyCode::Enter, KeyModifiers::ALT)]
    #[case(b"\x1b[A", KeyCode::Up, NONE)]
    #[case(b"\x1bOA", KeyCode::Up, NONE)]
    #[case(b"\x1b[1;5D", KeyCode::Left, KeyModifiers::CONTROL)]
    #[case(b"\x1b[1;2A", KeyCode::Up, KeyModifiers::SHIFT)]
    #[case(b"\x1b\x1b[A", KeyCode::Up, KeyModifiers::ALT)]
    #[case(b"\x1b[H", KeyCode::Home, NONE)]
    #[case(b"\x1b[4~", KeyCode::End, NONE)]
    #[case(b"\x1b[5~", KeyCode::PageUp, NONE)]
    #[case(b"\x1b[6;3~", KeyCode::PageDown, KeyModifiers::ALT)]
    #[case(b"\x1b[Z", KeyCode::BackTab, KeyModifiers::SHIFT)]
    #[case(b"\x1bOP", KeyCode::F(1), NONE)]
    #[case(b"\x1b[[E", KeyCode::F(5), NONE)]
    #[case(b"\x1b[15~", KeyCode::F(5), NONE)]
    #[case(b"\x1b[24~", KeyCode::F(12), NONE)]
    #[case(b"\x1b[1;5P", KeyCode::F(1), KeyModifiers::CONTROL)]
    #[case(b"\x1b[113u", KeyCode::Char('q'), NONE)]
    #[case(b"\x1b[99;5u", KeyCode::Char('c'), KeyModifiers::CONTROL)]
    #[case(b"\x1b[27u", KeyCode::Esc, NONE)]
    #[case(b"\x1b[27;5;99~", KeyCode::Char('c'), KeyModifiers::CONTROL)]
    #[case(b"\x1b[1081::113u", KeyCode::Char('й'), NONE)]
    #[case(b"\x1bOq", KeyCode::Char('1'), NONE)]
    fn keys_are_heard(#[case] bytes: &[u8], #[case] code: KeyCode, #[case] modifiers: KeyModifiers) {
        assert_eq!(events(bytes), [pressed(code, modifiers)]);
    }

    #[rstest]
    #[case(b"\x1b[>1;95;0c")]
    #[case(b"\x1b[?62;22c")]
    #[case(b"\x1b[=0c")]
    #[case(b"\x1b[?2026;2$y")]
    #[case(b"\x1b[1;1R")]
    #[case(b"\x1b[24;80R")]
    #[case(b"\x1b[0n")]
    #[case(b"\x1b[?997;1n")]
    #[case(b"\x1b[8;24;80t")]
    #[case(b"\x1b[?1u")]
    #[case(b"\x1b[?0;1;2S")]
    #[case(b"\x1b[3;1;1x")]
    #[case(b"\x1b[57441;2u")]
    #[case(b"\x1b[<;;M")]
    #[case(b"\x1b[99999999999u")]
    #[case(b"\x1b[0;0;0;0;0;0;0M")]
    #[case(b"\xff\xfe\x80")]
    #[case(b"\x9b>1;2c")]
    fn answers_and_nonsense_are_no_keys(#[case] bytes: &[u8]) {
        assert_eq!(events(bytes), []);
    }

    #[test]
    fn releases_and_repeats_are_told_apart() {
        let [Event::Key(key)] = events(b"\x1b[113;1:3u")[..] else { panic!("one key") };
        assert_eq!(key.kind, KeyEventKind::Release);
        let [Event::Key(key)] = events(b"\x1b[1;1:2A")[..] else { panic!("one key") };
        assert_eq!((key.kind, key.code), (KeyEventKind::Repeat, KeyCode::Up));
    }

    #[rstest]
    #[case(b"\x1b[<0;3;7M", MouseEventKind::Down(MouseButton::Left), (2, 6))]
    #[case(b"\x1b[<0;3;7m", MouseEventKind::Up(MouseButton::Left), (2, 6))]
    #[case(b"\x1b[<64;300;7M", MouseEventKind::ScrollUp, (299, 6))]
    #[case(b"\x1b[<65;1;1M", MouseEventKind::ScrollDown, (0, 0))]
    #[case(b"\x1b[<35;3;7M", MouseEventKind::Moved, (2, 6))]
    #[case(b"\x1b[<34;3;7M", MouseEventKind::Drag(MouseButton::Right), (2, 6))]
    #[case(b"\x1b[32;3;7M", MouseEventKind::Down(MouseButton::Left), (2, 6))]
    #[case(b"\x1b[M #\x27", MouseEventKind::Down(MouseButton::Left), (2, 6))]
    #[case(b"\x1b[<0;0;0M", MouseEventKind::Down(MouseButton::Left), (0, 0))]
    fn the_mouse_is_heard(#[case] bytes: &[u8], #[case] kind: MouseEventKind, #[case] (column, row): (u16, u16)) {
        assert_eq!(events(bytes), [Event::Mouse(MouseEvent { kind, column, row, modifiers: NONE })]);
    }

    #[test]
    fn focus_and_pastes_are_heard() {
        assert_eq!(events(b"\x1b[I\x1b[O"), [Event::FocusGained, Event::FocusLost]);
        assert_eq!(events(b"\x1b[200~q\n\x1b[201~"), [Event::Paste("q\n".into())]);
    }
}

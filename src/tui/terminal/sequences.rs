//! Splitter of terminal input: bytes to characters, control sequences and pastes; answers of the terminal are swallowed.
//!
//! A terminal answers questions on the same line that carries keys: colours (OSC), versions and capabilities (DCS), and more
//! (APC, PM, SOS), late, cut anywhere, and sometimes questions that a program before us asked. Such a string is recognised by
//! its introducer and swallowed to its end, so that no letter of it is a key. Knows no clock: times come with the bytes.
//!
//! Invariants: never holds more than [`PASTE_BYTES`]; whatever was begun is given up after a while, so no input can lock the
//! keys away; Ctrl-C gets through everything but a paste.

use crate::clock::Instant;
use std::time::Duration;

/// How long after ESC more bytes may come for it to be the start of a sequence and not the Esc key.
const ESC_WAIT: Duration = Duration::from_millis(100);
/// Bytes with shorter pauses between them belong together; people type slower.
const BURST_PAUSE: Duration = Duration::from_millis(100);
/// How long an answer may take from its introducer, as long as its bytes do not come in one burst.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);
/// How long an answer may take even in one burst.
const LONGEST_ANSWER: Duration = Duration::from_secs(5);
/// How long a paste may pause.
const PASTE_PAUSE: Duration = Duration::from_secs(5);
/// Bytes of a paste that are kept.
const PASTE_BYTES: usize = 64 << 10;
/// Bytes of parameters a sequence may have; the longest real ones have some thirty.
const PARAMS: usize = 256;

/// One thing in the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A character or control character, with ESC before it (`Alt`) or without.
    Char { c: char, alt: bool },
    /// ESC alone.
    Esc { alt: bool },
    /// `ESC [ params final`, or `ESC [ [ final` with the second bracket as parameter; may be of no meaning.
    Csi { params: Vec<u8>, last: u8, alt: bool },
    /// `ESC O final`.
    Ss3(u8),
    /// `ESC [ M` and three bytes.
    OldMouse([u8; 3]),
    /// What stood between the brackets of a paste.
    Paste(String),
}

/// Which string a terminal sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SequenceKind {
    /// Operating system command: starts with a number, or with a letter in reports of titles.
    Osc,
    /// Device control string: starts with a parameter.
    Dcs,
    /// APC, PM, SOS: anything.
    Other,
}

impl SequenceKind {
    /// The string that a byte behind ESC begins.
    fn of(byte: u8) -> Option<Self> {
        match byte {
            b']' => Some(Self::Osc),
            b'P' => Some(Self::Dcs),
            b'_' | b'^' | b'X' => Some(Self::Other),
            _ => None,
        }
    }

    /// Whether a string of this kind begins with this byte: asked only where it may as well be a key after Alt and a key.
    fn begins_with(self, byte: u8) -> bool {
        match self {
            Self::Osc => byte.is_ascii_digit() || matches!(byte, b'l' | b'L' | b'I'),
            Self::Dcs => byte.is_ascii_digit() || matches!(byte, b'>' | b'!' | b'$' | b'=' | b'?' | b'|'),
            Self::Other => byte == b'G',
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum ParserState {
    Ground,
    /// ESC, or a second one.
    Esc {
        alt: bool,
    },
    /// Within a control sequence.
    Csi {
        params: Vec<u8>,
        alt: bool,
    },
    /// `ESC [ M`, and some of the three bytes.
    OldMouse(Vec<u8>),
    Ss3,
    /// Within a string; `escaped` when the last byte was ESC.
    Text {
        kind: SequenceKind,
        introducer: u8,
        empty: bool,
        escaped: bool,
        rest: u8,
    },
    /// Within a paste.
    Paste(Vec<u8>),
    /// Within a UTF-8 character of so many bytes.
    Utf8 {
        bytes: Vec<u8>,
        length: usize,
        alt: bool,
    },
}

/// Splits input into tokens.
#[derive(Clone, Debug)]
pub(super) struct Splitter {
    state: ParserState,
    /// When the open sequence began, and when the last byte came.
    began: Instant,
    last: Instant,
    /// When ESC was taken for a key, in case the rest of a sequence comes late.
    lone_esc: Option<Instant>,
}

impl Splitter {
    /// A splitter at the start of input.
    pub(super) fn new(now: Instant) -> Self {
        Self { state: ParserState::Ground, began: now, last: now, lone_esc: None }
    }

    /// How long until [`expire`](Self::expire) has something to do; nothing while nothing is open.
    pub(super) fn wait(&self, now: Instant) -> Option<Duration> {
        self.due().map(|due| due.saturating_duration_since(now))
    }

    /// When what is open is given up.
    fn due(&self) -> Option<Instant> {
        match &self.state {
            ParserState::Ground => None,
            ParserState::Esc { .. } | ParserState::Ss3 => Some(self.last + ESC_WAIT),
            ParserState::Paste(_) => Some(self.last + PASTE_PAUSE),
            _ => Some((self.began + ANSWER_TIMEOUT).max(self.last + BURST_PAUSE).min(self.began + LONGEST_ANSWER)),
        }
    }

    /// Gives up what has been open for too long; a key that it may have been comes out.
    pub(super) fn expire(&mut self, now: Instant, out: &mut Vec<Token>) {
        if self.due().is_none_or(|due| now < due) {
            return;
        }
        match std::mem::replace(&mut self.state, ParserState::Ground) {
            ParserState::Esc { alt } => {
                self.lone_esc = Some(now);
                out.push(Token::Esc { alt });
            }
            ParserState::Ss3 => out.push(Token::Char { c: 'O', alt: true }),
            ParserState::Csi { params, .. } if params.is_empty() => out.push(Token::Char { c: '[', alt: true }),
            ParserState::Text { introducer, empty: true, .. } => {
                out.push(Token::Char { c: introducer.into(), alt: true });
            }
            ParserState::Paste(bytes) => out.push(Token::Paste(String::from_utf8_lossy(&bytes).into_owned())),
            _ => {}
        }
    }

    /// Takes what one read brought.
    pub(super) fn read(&mut self, bytes: &[u8], now: Instant, out: &mut Vec<Token>) {
        self.expire(now, out);
        let mut rest = bytes;
        if let Some(first) = bytes.first() {
            if self.is_rest_of_late_sequence(bytes, now) {
                self.begin(ParserState::Esc { alt: false }, now);
            } else if bytes.len() == 1
                && self.is_key_behind_alt_key(*first, now)
                && let ParserState::Text { introducer, .. } = std::mem::replace(&mut self.state, ParserState::Ground)
            {
                out.push(Token::Char { c: introducer.into(), alt: true });
            }
        }
        self.lone_esc = None;
        while let Some((&byte, behind)) = rest.split_first() {
            rest = behind;
            self.byte(byte, now, out);
            self.last = now;
        }
    }

    /// ESC came alone and was taken for the key; now comes what can only have been behind it.
    fn is_rest_of_late_sequence(&self, bytes: &[u8], now: Instant) -> bool {
        let recent = self.lone_esc.is_some_and(|at| now.saturating_duration_since(at) < ANSWER_TIMEOUT);
        recent
            && self.state == ParserState::Ground
            && match bytes {
                [b'[', next, ..] => (0x20..0x40).contains(next) || bytes.len() == 2 && next.is_ascii_uppercase(),
                [introducer, next, ..] => SequenceKind::of(*introducer).is_some_and(|kind| kind.begins_with(*next)),
                _ => false,
            }
    }

    /// The introducer of a string came alone, then a pause, then a byte alone that begins no such string: somebody pressed
    /// Alt and a key, and then another key.
    fn is_key_behind_alt_key(&self, byte: u8, now: Instant) -> bool {
        matches!(self.state, ParserState::Text { kind, empty: true, escaped: false, .. } if !kind.begins_with(byte))
            && now.saturating_duration_since(self.last) >= BURST_PAUSE
            && byte != 0x1b
    }

    fn begin(&mut self, state: ParserState, now: Instant) {
        self.state = state;
        self.began = now;
    }

    fn begin_text(&mut self, introducer: u8, kind: SequenceKind, now: Instant) {
        self.begin(ParserState::Text { kind, introducer, empty: true, escaped: false, rest: 0 }, now);
    }

    fn byte(&mut self, byte: u8, now: Instant, out: &mut Vec<Token>) {
        match std::mem::replace(&mut self.state, ParserState::Ground) {
            ParserState::Ground => self.ground(byte, false, now, out),
            ParserState::Esc { alt } => self.escaped(byte, alt, now, out),
            ParserState::Csi { params, alt } => self.csi(params, alt, byte, now, out),
            ParserState::Ss3 => match byte {
                b' '..=b'~' => out.push(Token::Ss3(byte)),
                _ => self.ground(byte, false, now, out),
            },
            ParserState::OldMouse(_) if byte < b' ' => self.ground(byte, false, now, out),
            ParserState::OldMouse(mut bytes) => {
                bytes.push(byte);
                match bytes.as_slice() {
                    &[button, column, row] => out.push(Token::OldMouse([button, column, row])),
                    _ => self.state = ParserState::OldMouse(bytes),
                }
            }
            ParserState::Text { kind, introducer, escaped, rest, .. } => match byte {
                // Bell and the string terminator; cancel and substitute end every string too.
                0x07 | 0x18 | 0x1a => {}
                b'\\' if escaped => {}
                0x9c if rest == 0 => {}
                // Ctrl-C is the way out of everything.
                0x03 => self.ground(byte, false, now, out),
                // A new sequence ends the old string.
                _ if escaped && byte != 0x1b => self.escaped(byte, false, now, out),
                _ => {
                    let rest =
                        if byte >= 0xc0 { utf8_length(byte).saturating_sub(1) as u8 } else { rest.saturating_sub(1) };
                    self.state = ParserState::Text { kind, introducer, empty: false, escaped: byte == 0x1b, rest };
                }
            },
            ParserState::Paste(bytes) => self.pasted(bytes, byte, out),
            ParserState::Utf8 { mut bytes, length, alt } => {
                if byte & 0xc0 != 0x80 {
                    // A broken character is nothing; this byte is a new one.
                    return self.ground(byte, false, now, out);
                }
                bytes.push(byte);
                if bytes.len() < length {
                    self.state = ParserState::Utf8 { bytes, length, alt };
                } else if let Some(c) = std::str::from_utf8(&bytes).ok().and_then(|text| text.chars().next()) {
                    match c {
                        '\u{80}'..='\u{9f}' => self.eight_bit(c as u8, now),
                        c => out.push(Token::Char { c, alt }),
                    }
                }
            }
        }
    }

    fn ground(&mut self, byte: u8, alt: bool, now: Instant, out: &mut Vec<Token>) {
        match byte {
            0x1b => self.begin(ParserState::Esc { alt: false }, now),
            0..=0x7f => out.push(Token::Char { c: byte.into(), alt }),
            0x80..=0xbf => self.eight_bit(byte, now),
            _ => match utf8_length(byte) {
                0 => {}
                length => self.begin(ParserState::Utf8 { bytes: vec![byte], length, alt }, now),
            },
        }
    }

    /// The eight-bit forms of the introducers.
    fn eight_bit(&mut self, byte: u8, now: Instant) {
        match byte {
            0x8f => self.begin(ParserState::Ss3, now),
            0x9b => self.begin(ParserState::Csi { params: Vec::new(), alt: false }, now),
            0x9d => self.begin_text(b']', SequenceKind::Osc, now),
            0x90 => self.begin_text(b'P', SequenceKind::Dcs, now),
            0x98 | 0x9e | 0x9f => self.begin_text(b'_', SequenceKind::Other, now),
            _ => {}
        }
    }

    /// A byte behind ESC.
    fn escaped(&mut self, byte: u8, alt: bool, now: Instant, out: &mut Vec<Token>) {
        match byte {
            0x1b if !alt => self.begin(ParserState::Esc { alt: true }, now),
            0x1b => {
                out.push(Token::Esc { alt: true });
                self.begin(ParserState::Esc { alt: false }, now);
            }
            b'[' => self.begin(ParserState::Csi { params: Vec::new(), alt }, now),
            b'O' => self.begin(ParserState::Ss3, now),
            _ => match SequenceKind::of(byte) {
                Some(kind) => self.begin_text(byte, kind, now),
                None => self.ground(byte, true, now, out),
            },
        }
    }

    fn csi(&mut self, mut params: Vec<u8>, alt: bool, byte: u8, now: Instant, out: &mut Vec<Token>) {
        match byte {
            b'[' if params.is_empty() => {
                // The Linux console's F1 to F5: one more byte.
                params.push(byte);
                self.state = ParserState::Csi { params, alt };
            }
            b' '..=b'?' => {
                if params.len() < PARAMS {
                    params.push(byte);
                }
                self.state = ParserState::Csi { params, alt };
            }
            b'M' if params.is_empty() => self.begin(ParserState::OldMouse(Vec::new()), now),
            b'~' if params == b"200" => self.begin(ParserState::Paste(Vec::new()), now),
            b'@'..=b'~' if params.len() < PARAMS => out.push(Token::Csi { params, last: byte, alt }),
            b'@'..=b'~' | 0x18 | 0x1a => {}
            _ => self.ground(byte, false, now, out),
        }
    }

    fn pasted(&mut self, mut bytes: Vec<u8>, byte: u8, out: &mut Vec<Token>) {
        const END: &[u8] = b"\x1b[201~";
        /// The same with the eight-bit introducer.
        const SHORT_END: &[u8] = b"\x9b201~";
        bytes.push(byte);
        // As a byte of its own: within a character it is a letter.
        let short = bytes.strip_suffix(SHORT_END).is_some_and(|before| std::str::from_utf8(before).is_ok());
        if short || bytes.ends_with(END) {
            bytes.truncate(bytes.len() - if short { SHORT_END } else { END }.len());
            out.push(Token::Paste(String::from_utf8_lossy(&bytes).into_owned()));
            return;
        }
        if bytes.len() > PASTE_BYTES {
            // Make room for the end that is still to come.
            bytes.drain(PASTE_BYTES - 2 * END.len()..=PASTE_BYTES - END.len());
        }
        self.state = ParserState::Paste(bytes);
    }
}

/// Bytes of the character that this one begins; 0 when none begins so.
fn utf8_length(byte: u8) -> usize {
    match byte {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::monotonic_now;
    use proptest::prelude::*;
    use rstest::rstest;

    /// Tokens of reads, each with the milliseconds since the one before; then nothing more comes.
    fn split(reads: &[(u64, &[u8])]) -> Vec<Token> {
        let mut now = monotonic_now();
        let mut splitter = Splitter::new(now);
        let mut tokens = Vec::new();
        for (pause, bytes) in reads {
            // As the reader does: what is due is done when it is due.
            let then = now + Duration::from_millis(*pause);
            while let Some(wait) = splitter.wait(now).filter(|wait| now + *wait <= then) {
                now += wait;
                splitter.expire(now, &mut tokens);
            }
            now = then;
            splitter.read(bytes, now, &mut tokens);
        }
        while let Some(wait) = splitter.wait(now) {
            now += wait;
            splitter.expire(now, &mut tokens);
        }
        tokens
    }

    fn key(c: char) -> Token {
        Token::Char { c, alt: false }
    }

    fn alt(c: char) -> Token {
        Token::Char { c, alt: true }
    }

    fn csi(params: &str, last: u8) -> Token {
        Token::Csi { params: params.into(), last, alt: false }
    }

    const ANSWERS: [&[u8]; 24] = [
        b"\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\",
        b"\x1b]10;rgb:dddd/dddd/dddd\x07",
        b"\x1b]52;c;cXVpdA==\x07",
        b"\x1bP>|XTerm(390)\x1b\\",
        b"\x1bP1+r524742=38\x1b\\",
        b"\x1bP1$r0m\x1b\\",
        b"\x1b_Gi=31;OK\x1b\\",
        b"\x1b^a private message, q\x1b\\",
        b"\x1bXstart of string, q\x1b\\",
        b"\x1b]lq\xc3\x9cber\x1b\\",
        b"\x9d11;rgb:1e1e/1e1e/1e1e\x9c",
        b"\xc2\x9d11;rgb:1e1e/1e1e/1e1e\x07",
        b"\x90>|foot(1.16)\x9c",
        b"\x1bPtmux;\x1b\x1b]11;rgb:1e1e/1e1e/1e1e\x07",
        b"\x1b]1337;ReportCellSize=17.0;8.0;2.0\x1b\\",
        b"\x1b]1337;Capabilities=T3CwLrMSc7UUw9Ts3BFGsSyHNoSxF\x07",
        b"\x1b]4;1;rgba:ffff/0000/0000/ffff\x1b\\",
        b"\x1b]99;i=1:p=?;a=focus,report:q=1\x1b\\",
        b"\x1bP1+r544e=787465726d2d6b69747479;436f=323536\x1b\\",
        b"\x1bP0+r5463\x1b\\",
        b"\x1bP!|7E565445\x1b\\",
        b"\x1bP1$r2;1;0r\x1b\\",
        b"\x1bP>|kitty(0.35.2)q\x1b\\",
        b"\x9fGi=1;ENOENT:quit\x9c",
    ];

    #[test]
    fn an_answer_is_no_key_wherever_it_is_cut() {
        for answer in ANSWERS {
            assert_eq!(split(&[(0, answer), (0, b"q")]), [key('q')], "{answer:?}");
            let bytes: Vec<(u64, &[u8])> = answer.chunks(1).map(|byte| (60, byte)).chain([(60, &b"q"[..])]).collect();
            assert_eq!(split(&bytes), [key('q')], "{answer:?} byte by byte");
            for at in 2..answer.len() {
                let (one, other) = answer.split_at(at);
                let pause = if other.len() == 1 || at < 4 { 60 } else { 300 };
                assert_eq!(split(&[(0, one), (pause, other), (300, b"q")]), [key('q')], "{answer:?} cut at {at}");
            }
        }
    }

    #[test]
    fn an_answer_whose_first_byte_was_taken_for_a_key_is_still_swallowed() {
        for answer in
            ANSWERS.iter().filter(|answer| answer[0] == 0x1b && !matches!(answer[1], b'^' | b'X') && answer[2] != b't')
        {
            let (esc, rest) = answer.split_at(1);
            assert_eq!(
                split(&[(0, esc), (400, rest), (300, b"q")]),
                [Token::Esc { alt: false }, key('q')],
                "{answer:?}"
            );
        }
    }

    #[rstest]
    #[case::kitty_keyboard(b"\x1b[?31u")]
    #[case::cursor(b"\x1b[24;80R")]
    #[case::device(b"\x1b[?65;1;9;15;22;29c")]
    #[case::device_8_bit(b"\x9b>41;354;0c")]
    #[case::size(b"\x1b[4;1080;1920t")]
    #[case::mode(b"\x1b[?2031;4$y")]
    #[case::colour_scheme(b"\x1b[?997;2n")]
    #[case::modify_other_keys(b"\x1b[>4;2m")]
    #[case::memory(b"\x1b[1234*{")]
    fn an_answer_that_ends_in_a_letter_is_one_token_wherever_it_is_cut(#[case] answer: &[u8]) {
        for at in 2..answer.len() {
            let (one, other) = answer.split_at(at);
            let tokens = split(&[(0, one), (300, other), (0, b"q")]);
            let [Token::Csi { .. }, last] = tokens.as_slice() else { panic!("cut at {at}: {tokens:?}") };
            assert_eq!(*last, key('q'));
        }
    }

    #[test]
    fn what_comes_inside_a_string_that_never_ended_is_what_it_is() {
        let open = b"\x1b]52;c;cXVp";
        let paste = [open, &b"\x1b[200~a paste, q\x1b[201~q"[..]].concat();
        assert_eq!(split(&[(0, &paste)]), [Token::Paste("a paste, q".into()), key('q')]);
        let focus = [open, &b"\x1b[Iq"[..]].concat();
        assert_eq!(split(&[(0, &focus)]), [csi("", b'I'), key('q')]);
        let other = [open, &b"\x1bP>|XTerm(390)\x1b\\q"[..]].concat();
        assert_eq!(split(&[(0, &other)]), [key('q')]);
    }

    #[test]
    fn a_paste_may_hold_what_looks_like_an_answer() {
        let text = "\x1b]11;rgb:1e1e/1e1e/1e1e\x07 \x1bP>|x\x1b\\ \u{9b}201~ q";
        let pasted = format!("\x1b[200~{text}\x1b[201~q").into_bytes();
        assert_eq!(split(&[(0, &pasted)]), [Token::Paste(text.into()), key('q')]);
        assert_eq!(split(&[(0, b"\x9b200~q\x9b201~q")]), [Token::Paste("q".into()), key('q')]);
    }

    #[test]
    fn an_answer_without_an_end_is_given_up_after_a_second() {
        for open in [&b"\x1b]11;rgb:1e"[..], b"\x1bP>|XTe", b"\x1b_Gq", b"\x1b[?62;2", b"\x1b[M", b"\x1b]11;\x1b"] {
            assert_eq!(split(&[(0, open), (1_001, b"q")]), [key('q')], "{open:?}");
        }
        assert_eq!(split(&[(0, b"\x1b]11;rgb"), (300, b"\x03")]), [key('\u{3}')], "Ctrl-C is heard at once");
        let flood: Vec<(u64, &[u8])> = std::iter::once((0, &b"\x1b]11;"[..])).chain([(30, &b"j"[..]); 400]).collect();
        assert!(split(&flood).len() > 200, "nothing holds the keys for ever");
    }

    #[test]
    fn alt_keys_of_people_are_keys() {
        assert_eq!(split(&[(0, b"\x1bx")]), [alt('x')]);
        assert_eq!(split(&[(0, b"\x1b]")]), [alt(']')], "after a second");
        assert_eq!(split(&[(0, b"\x1bP"), (200, b"q")]), [alt('P'), key('q')]);
        assert_eq!(split(&[(0, b"\x1b]"), (200, b"n"), (200, b"n")]), [alt(']'), key('n'), key('n')]);
        assert_eq!(split(&[(0, b"\x1bO"), (200, b"q")]), [alt('O'), key('q')]);
        assert_eq!(split(&[(0, b"\x1b[")]), [alt('[')]);
        assert_eq!(split(&[(0, b"\x1b\xc3\xa9")]), [alt('é')]);
    }

    #[test]
    fn esc_and_then_another_key_are_two_keys() {
        let esc = Token::Esc { alt: false };
        assert_eq!(split(&[(0, b"\x1b")]), std::slice::from_ref(&esc));
        for second in [&b"]"[..], b"P", b"[", b"q", b"_"] {
            assert_eq!(split(&[(0, b"\x1b"), (150, second)]), [esc.clone(), key(second[0].into())]);
        }
        assert_eq!(split(&[(0, b"\x1b\x1b")]), [Token::Esc { alt: true }]);
        assert_eq!(split(&[(0, b"\x1b"), (150, b"[A")]), [esc, csi("", b'A')], "a key cut by a slow line");
    }

    #[rstest]
    #[case(b"\x1b[A", csi("", b'A'))]
    #[case(b"\x1b[1;5C", csi("1;5", b'C'))]
    #[case(b"\x1b[>1;95;0c", csi(">1;95;0", b'c'))]
    #[case(b"\x1b[?2026;2$y", csi("?2026;2$", b'y'))]
    #[case(b"\x1b[[B", csi("[", b'B'))]
    #[case(b"\x1bOP", Token::Ss3(b'P'))]
    #[case(b"\x8fP", Token::Ss3(b'P'))]
    #[case(b"\x1b[M !!", Token::OldMouse([32, 33, 33]))]
    #[case("é".as_bytes(), key('é'))]
    #[case("🎁".as_bytes(), key('🎁'))]
    #[case(b"\x1b[200~q\x1b[31m\r\x1b[201~", Token::Paste("q\x1b[31m\r".into()))]
    fn a_sequence_is_one_token_however_it_is_cut(#[case] bytes: &[u8], #[case] token: Token) {
        for at in 0..bytes.len() {
            let (one, other) = bytes.split_at(at);
            assert_eq!(split(&[(0, one), (50, other)]), std::slice::from_ref(&token), "cut at {at}");
        }
    }

    #[test]
    fn a_paste_without_measure_is_kept_short_and_ends() {
        let mut bytes = b"\x1b[200~".to_vec();
        bytes.extend(std::iter::repeat_n(b'x', 3 * PASTE_BYTES));
        bytes.extend(b"\x1b[201~q");
        match split(&[(0, &bytes)]).as_slice() {
            [Token::Paste(text), Token::Char { c: 'q', .. }] => assert!(text.len() <= PASTE_BYTES),
            other => panic!("{} tokens", other.len()),
        }
    }

    proptest! {
        #[test]
        fn no_input_locks_the_keys_away(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let tokens = split(&[(0, &bytes), (6_000, b"q")]);
            prop_assert_eq!(tokens.last(), Some(&key('q')));
        }
    }
}

//! Command `tiktop decode FILE|-`: captured frames or bare messages as the lines that `events` prints.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use color_eyre::eyre::Result;

use super::UsageError;
use super::output::{self, WriteError};
use crate::clock::{Moment, Timestamp};
use crate::events::json::{self, JsonTally, LineContext};
use crate::events::{Decoder, EventKind, LiveStart, Phase, PhaseKind, RoomEvent, Unknown};
use crate::ids::RoomId;
use crate::room::{Applied, Room, TalliedEvent};
use crate::text::{Text, counted};
use crate::wire::capture::{self, CaptureLine};
use crate::wire::capture_file::{self, UnreadableLine};
use crate::wire::{DecodeError, Frame, Inflater, MAX_INFLATED, Message, Response};

/// Longest line read; a frame of 16 MB in base64 fits.
const MAX_LINE: u64 = 32 * 1024 * 1024;

/// Turn captured frames or messages into event lines.
#[derive(Debug, Args)]
pub(super) struct DecodeArgs {
    /// A capture: lines of {"b64": …} (frames) or {"method": …, "payload_b64": …} (messages), a JSON array of those, a HAR
    /// that a browser saved of a live page, or a frame as it came; also in UTF-16 or compressed with gzip. - reads standard
    /// input. Ends with 2 where nothing in it could be read.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) fn run(args: &DecodeArgs) -> Result<ExitCode> {
    let stdout = BufWriter::new(std::io::stdout().lock());
    let mut decoding = Decoding::new(stdout);
    let read = if args.file.as_os_str() == "-" {
        decoding.read(std::io::stdin().lock())
    } else {
        let file = File::open(&args.file)
            .map_err(|error| UsageError(format!("cannot read {}: {error}", args.file.display())))?;
        decoding.read(BufReader::new(file))
    };
    match read.and_then(|()| decoding.finish()) {
        Err(DecodeFailure::Reading(error)) => {
            return Err(UsageError(format!("cannot read {}: {error}", args.file.display())).into());
        }
        Err(DecodeFailure::Writing(error)) => return Err(WriteError::from(error).into()),
        Ok(()) => {}
    }
    if decoding.messages == 0 && decoding.readable == 0 {
        return Err(UsageError(capture_file::nothing_readable(&args.file.to_string_lossy())).into());
    }
    output::warn(&decoding.summary());
    Ok(ExitCode::SUCCESS)
}

/// What ended the decoding.
enum DecodeFailure {
    Reading(std::io::Error),
    Writing(std::io::Error),
}

impl From<std::io::Error> for DecodeFailure {
    fn from(error: std::io::Error) -> Self {
        Self::Writing(error)
    }
}

/// Rooms met in a capture, each reduced like a live one, so that gifts add up by the same rule.
struct Decoding<W> {
    out: W,
    rooms: BTreeMap<Option<RoomId>, Room>,
    decoder: Decoder,
    inflater: Inflater,
    /// The live a frame's messages belong to when they do not say.
    current: Option<RoomId>,
    /// Wall clock of the capture's `t` = 0, once a frame told the server's time.
    epoch: Option<i64>,
    lines: u64,
    /// Lines that were what they should be, whether they hold messages or not.
    readable: u64,
    messages: u64,
    unreadable: u64,
    repeated: u64,
    unknown: BTreeMap<String, u64>,
}

impl<W: Write> Decoding<W> {
    fn new(out: W) -> Self {
        Self {
            out,
            rooms: BTreeMap::new(),
            decoder: Decoder::default(),
            inflater: Inflater::new(MAX_INFLATED),
            current: None,
            epoch: None,
            lines: 0,
            readable: 0,
            messages: 0,
            unreadable: 0,
            repeated: 0,
            unknown: BTreeMap::new(),
        }
    }

    fn read(&mut self, mut input: impl BufRead) -> Result<(), DecodeFailure> {
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = Read::take(&mut input, MAX_LINE).read_until(b'\n', &mut line);
            if read.map_err(DecodeFailure::Reading)? == 0 {
                return Ok(());
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            if self.lines == 0 && capture_file::is_whole(&line) {
                Read::take(&mut input, capture_file::MAX_WHOLE as u64)
                    .read_to_end(&mut line)
                    .map_err(DecodeFailure::Reading)?;
                for line in capture_file::lines(&line) {
                    self.lines += 1;
                    match line {
                        Ok(line) => self.decode_line(line)?,
                        Err(UnreadableLine { bytes, error }) => self.write_unreadable_line(bytes, &error)?,
                    }
                }
                return Ok(());
            }
            self.lines += 1;
            self.parse_line(&String::from_utf8_lossy(&line))?;
        }
    }

    fn parse_line(&mut self, line: &str) -> std::io::Result<()> {
        match CaptureLine::parse(line) {
            Ok(line) => self.decode_line(line),
            Err(error) => self.write_unreadable_line(line.len(), &error),
        }
    }

    fn write_unreadable_line(&mut self, bytes: usize, error: &DecodeError) -> std::io::Result<()> {
        self.write_unreadable("(line)", bytes, &format!("line {}: {error}", self.lines))
    }

    fn decode_line(&mut self, line: CaptureLine) -> std::io::Result<()> {
        match line {
            CaptureLine::Frame { t, bytes } => {
                let length = bytes.len();
                match Frame::decode(bytes).and_then(|frame| frame.response(&mut self.inflater)) {
                    Ok(Some(response)) => self.write_response(&response, t),
                    Ok(None) => {
                        self.readable += 1;
                        Ok(())
                    }
                    Err(error) => self.write_unreadable("(frame)", length, &error.to_string()),
                }
            }
            CaptureLine::Message { message, created, room_id } => {
                let created = created.unwrap_or_default();
                let at = Moment { mono: u64::try_from(created.0).unwrap_or(0), wall: created };
                self.write_message(&message, at, room_id)
            }
            CaptureLine::Name { .. } | CaptureLine::Said { .. } => {
                self.readable += 1;
                Ok(())
            }
        }
    }

    fn write_response(&mut self, response: &Response, t: i64) -> std::io::Result<()> {
        self.readable += 1;
        if let (None, Some(now)) = (self.epoch, response.now) {
            self.epoch = Some(now.0.saturating_sub(t));
        }
        let wall = capture::wall_clock(t, Timestamp(self.epoch.unwrap_or(0)));
        let at = Moment { mono: u64::try_from(t).unwrap_or(0), wall };
        for message in &response.messages {
            self.write_message(message, at, None)?;
        }
        for _ in 0..response.broken {
            self.write_unreadable("(message)", 0, "its envelope could not be read")?;
        }
        Ok(())
    }

    fn write_message(&mut self, message: &Message, at: Moment, room_id: Option<RoomId>) -> std::io::Result<()> {
        self.messages += 1;
        let event = self.decoder.decode(message, at);
        self.current = event.room_id.or(room_id).or(self.current);
        if let EventKind::Unknown(unknown) = &event.kind {
            match unknown.error {
                Some(_) => self.unreadable += 1,
                None => *self.unknown.entry(unknown.method.to_string()).or_default() += 1,
            }
        }
        let current = self.current;
        let room = self.rooms.entry(current).or_insert_with(|| room_watched_from(current, at));
        let closed = room.tick(at);
        let verdict = room.apply(&event);
        self.print(current, &closed)?;
        match verdict {
            Applied::Fresh(tally) => self.print(current, &[TalliedEvent::new(event, tally)]),
            Applied::Duplicate | Applied::Foreign => {
                self.repeated += 1;
                Ok(())
            }
        }
    }

    fn write_unreadable(&mut self, what: &str, bytes: usize, error: &str) -> std::io::Result<()> {
        self.unreadable += 1;
        let kind = EventKind::Unknown(Unknown { method: Text::new(what), bytes, error: Some(Text::new(error)) });
        let tallied = TalliedEvent::new(own(Moment::default(), kind), None);
        self.print(self.current, &[tallied])
    }

    /// The capture is over: streaks that never ended close.
    fn finish(&mut self) -> Result<(), DecodeFailure> {
        let mut rooms = std::mem::take(&mut self.rooms);
        for (room_id, room) in &mut rooms {
            let last = room.chat.iter().next_back().map_or_else(Moment::default, |entry| entry.at);
            let closed = room.end_live(last + Duration::from_secs(10));
            self.print(*room_id, &closed)?;
        }
        Ok(self.out.flush()?)
    }

    fn print(&mut self, room_id: Option<RoomId>, tallied: &[TalliedEvent]) -> std::io::Result<()> {
        let label = room_id.map_or_else(|| "capture".to_owned(), |room_id| format!("room {room_id}"));
        let ctx = LineContext { room: &label, room_id, live_seq: 1 };
        for tallied in tallied {
            let tally = tallied.tally.map(|tally| JsonTally {
                added: tally.added,
                count: tally.count,
                streak: tally.streak.into(),
                diamonds: tally.diamonds,
            });
            writeln!(self.out, "{}", json::line(&ctx, &tallied.event, tally))?;
        }
        Ok(())
    }

    fn summary(&self) -> String {
        let kinds: Vec<_> = self.unknown.iter().map(|(method, count)| format!("{method} {count}")).collect();
        let unknown: u64 = self.unknown.values().sum();
        let named = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
        format!(
            "{} in {}; {} could not be read; {} came again; {unknown} of kinds we have no reading for{named}",
            counted(self.messages, "message", "messages"),
            counted(self.lines, "line", "lines"),
            self.unreadable,
            self.repeated
        )
    }
}

/// A room as if we had been in it from `at` on.
fn room_watched_from(room_id: Option<RoomId>, at: Moment) -> Room {
    let mut room = Room::new(1);
    if let Some(room_id) = room_id {
        room.apply(&own(at, EventKind::Live(LiveStart { room_id, live_seq: 1 })));
    }
    room.apply(&own(at, EventKind::State(Phase::new(PhaseKind::Live))));
    room
}

fn own(at: Moment, kind: EventKind) -> RoomEvent {
    RoomEvent { at, server_at: None, id: None, room_id: None, history: false, kind }
}

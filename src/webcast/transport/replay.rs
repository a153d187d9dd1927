//! Captured traffic as a transport: what a file holds, in its order, with the time of its capture.
//!
//! It does not keep the pace: whoever plays it knows when each thing was captured and waits, or does not. A capture may have
//! been made by anybody: a line that cannot be read costs itself.
//!
//! Invariants: time never runs backwards; no line is longer than [`MAX_LINE`] in memory.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};

use futures_util::future::{BoxFuture, FutureExt};
use serde_json::Value;
use tokio::fs::File;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncSeekExt, BufReader};

use super::{BrokenFrame, FrameSource, Incoming};
use crate::clock::Timestamp;
use crate::ids::RoomId;
use crate::text::Text;
use crate::webcast::error::{ServiceError, ServiceErrorKind};
use crate::webcast::socket::read_frame;
use crate::wire::capture::{CaptureLine, wall_clock};
use crate::wire::capture_file::{self, UnreadableLine};
use crate::wire::{DecodeError, Inflater, Response};

/// Longest line read; a frame of 16 MB in base64 fits.
const MAX_LINE: usize = 32 << 20;
/// Bytes read at once: a disk is asked seldom.
const READ_BYTES: usize = 256 << 10;
/// Lines looked at to learn when a capture was made.
const SURVEY_LINES: usize = 1_000;

/// A capture of one room, or a file of bare messages of several.
#[derive(Debug)]
pub struct CaptureReader {
    /// Its files, in order.
    parts: Vec<PathBuf>,
    /// Which of them comes next.
    next_part: usize,
    reader: Option<BufReader<File>>,
    /// Bytes of the open part that were read, in whole lines.
    offset: u64,
    /// The reader stands at the first line of its file.
    at_first_line: bool,
    line: Vec<u8>,
    /// Lines of a file that was read whole, such as a HAR.
    whole: VecDeque<Result<CaptureLine, UnreadableLine>>,
    /// Lines read so far.
    lines: u64,
    /// The wall clock of `t` = 0, where `t` counts from there.
    opened: Timestamp,
    last: Timestamp,
    inflater: Inflater,
}

/// A place in a capture, to be come back to.
#[derive(Clone, Debug)]
pub struct CapturePlace {
    next_part: usize,
    /// Of the open part, where one is open.
    offset: Option<u64>,
    lines: u64,
    last: Timestamp,
}

/// One thing of a capture.
#[derive(Clone, Debug, PartialEq)]
pub struct CapturedItem {
    /// When it was captured.
    pub at: Timestamp,
    /// What it is.
    pub what: CapturedKind,
}

/// The kinds of things in a capture.
#[derive(Clone, Debug, PartialEq)]
pub enum CapturedKind {
    /// The room of what follows is called so.
    Name(Text),
    /// What tiktop itself said about the room then: an event, as it wrote it.
    OwnEvent(Value),
    /// A frame.
    Incoming(Incoming),
    /// A message without its frame; and the live it belongs to, where the line says so.
    Message(Box<Response>, Option<RoomId>),
    /// A line that cannot be read.
    Unreadable {
        /// Its length in bytes.
        bytes: usize,
        /// Which and why.
        why: String,
    },
}

impl CaptureReader {
    /// Opens a capture: a file, or a folder with a file for each room, maybe in parts (`ana.0001.jsonl`). At least one. A
    /// file may have any of the forms of [`capture_file`]. Fails where nothing in it can be read.
    pub async fn open(path: &Path) -> Result<Vec<Self>, ServiceError> {
        let parts = if path.is_dir() { rooms_in(path).await } else { Ok(vec![vec![path.to_owned()]]) };
        let rooms = parts.map_err(|error| unreadable(path, error))?;
        if rooms.is_empty() {
            let folder = path.display();
            return Err(ServiceError::new(
                ServiceErrorKind::Setup,
                format!("{folder} holds no capture: name a file or folder of .jsonl lines"),
            ));
        }
        let mut replays = Vec::with_capacity(rooms.len());
        let mut readable = false;
        for parts in rooms {
            let mut replay = Self::of(parts);
            readable |= replay.survey().await?;
            replays.push(replay);
        }
        if !readable {
            return Err(ServiceError::new(
                ServiceErrorKind::Setup,
                capture_file::nothing_readable(&path.to_string_lossy()),
            ));
        }
        Ok(replays)
    }

    fn of(parts: Vec<PathBuf>) -> Self {
        Self {
            parts,
            next_part: 0,
            reader: None,
            offset: 0,
            at_first_line: false,
            line: Vec::new(),
            whole: VecDeque::new(),
            lines: 0,
            opened: Timestamp::default(),
            last: Timestamp::default(),
            inflater: Inflater::default(),
        }
    }

    /// Starts again from the first line.
    pub fn rewind(&mut self) {
        (self.next_part, self.reader, self.lines, self.last) = (0, None, 0, Timestamp::default());
        self.line.clear();
        self.whole.clear();
    }

    /// Where it is; nothing inside a file that had to be read whole.
    pub fn place(&self) -> Option<CapturePlace> {
        let offset = self.reader.as_ref().map(|_| self.offset);
        let Self { next_part, lines, last, .. } = *self;
        (self.whole.is_empty() && self.line.is_empty()).then_some(CapturePlace { next_part, offset, lines, last })
    }

    /// Back to a place of its own.
    pub async fn go_to(&mut self, place: CapturePlace) -> Result<(), ServiceError> {
        self.rewind();
        (self.lines, self.last) = (place.lines, place.last);
        self.next_part = place.next_part;
        if let Some(offset) = place.offset {
            self.next_part = place.next_part.saturating_sub(1);
            self.open_part().await?;
            let path = self.parts.get(self.next_part.saturating_sub(1)).map_or(Path::new(""), PathBuf::as_path);
            if let Some(reader) = &mut self.reader {
                let found = reader.seek(std::io::SeekFrom::Start(offset)).await;
                found.map_err(|error| unreadable(path, error))?;
            }
            (self.offset, self.at_first_line) = (offset, offset == 0);
        }
        Ok(())
    }

    /// Opens the next part; false where there is none.
    async fn open_part(&mut self) -> Result<bool, ServiceError> {
        let Some(path) = self.parts.get(self.next_part) else { return Ok(false) };
        let file = File::open(path).await.map_err(|error| unreadable(path, error))?;
        self.reader = Some(BufReader::with_capacity(READ_BYTES, file));
        (self.offset, self.at_first_line) = (0, true);
        self.next_part += 1;
        Ok(true)
    }

    /// The next thing; nothing at the end. Cancel-safe.
    pub async fn next_captured(&mut self) -> Result<Option<CapturedItem>, ServiceError> {
        loop {
            if let Some(line) = self.whole.pop_front() {
                self.lines += 1;
                return Ok(Some(self.captured(line)));
            }
            if !self.read_line().await? {
                return Ok(None);
            }
            let line = std::mem::take(&mut self.line);
            self.offset += line.len() as u64;
            if !line.trim_ascii().is_empty() {
                self.lines += 1;
                let read = CaptureLine::parse(&String::from_utf8_lossy(&line));
                return Ok(Some(self.captured(read.map_err(|error| UnreadableLine { bytes: line.len(), error }))));
            }
        }
    }

    /// Learns when the capture was made from the server's clock, where its own times only count from the connection. Says
    /// whether anything in it can be read.
    async fn survey(&mut self) -> Result<bool, ServiceError> {
        let (mut surveyed, mut readable) = (0, false);
        // As long as nothing could be read, the rest decides whether this is a capture at all.
        while surveyed < SURVEY_LINES || !readable {
            let Some(captured) = self.next_captured().await? else { break };
            surveyed += 1;
            readable |= !matches!(
                captured.what,
                CapturedKind::Unreadable { .. } | CapturedKind::Incoming(Incoming::Broken { .. })
            );
            let CapturedKind::Incoming(Incoming::Response(response)) = captured.what else { continue };
            if let Some(now) = response.now {
                self.opened = Timestamp(now.0.saturating_sub(captured.at.0));
                break;
            }
        }
        self.rewind();
        Ok(readable)
    }

    /// Reads on to the end of a line, or of a file that has to be read whole; false at the end of the last part.
    async fn read_line(&mut self) -> Result<bool, ServiceError> {
        loop {
            if self.reader.is_none() && !self.open_part().await? {
                return Ok(false);
            }
            let Some(reader) = &mut self.reader else { return Ok(false) };
            let path = self.parts.get(self.next_part.saturating_sub(1)).map_or(Path::new(""), PathBuf::as_path);
            // What was read before a cancelled call is still there.
            let room = MAX_LINE.saturating_sub(self.line.len()) as u64;
            let read = reader.take(room).read_until(b'\n', &mut self.line).await;
            if read.map_err(|error| unreadable(path, error))? == 0 {
                self.reader = None;
            } else if self.at_first_line && capture_file::is_whole(&self.line) {
                // Not cancelled half-way: nobody waits for anything else while a capture is opened.
                let read = reader.take(capture_file::MAX_WHOLE as u64).read_to_end(&mut self.line).await;
                read.map_err(|error| unreadable(path, error))?;
                self.reader = None;
                self.whole = capture_file::lines(&self.line).into();
                self.line.clear();
                return Ok(true);
            }
            self.at_first_line = false;
            if !self.line.is_empty() {
                return Ok(true);
            }
        }
    }

    fn captured(&mut self, line: Result<CaptureLine, UnreadableLine>) -> CapturedItem {
        let (t, what) = match line {
            Ok(CaptureLine::Frame { t, bytes }) => {
                let (incoming, _) = read_frame(&bytes, &mut self.inflater);
                (wall_clock(t, self.opened), CapturedKind::Incoming(incoming))
            }
            Ok(CaptureLine::Message { message, created, room_id }) => {
                let response = Response { messages: vec![message], ..Response::default() };
                (created.unwrap_or_default(), CapturedKind::Message(Box::new(response), room_id))
            }
            Ok(CaptureLine::Name { t, name }) => (wall_clock(t, self.opened), CapturedKind::Name(Text::new(&name))),
            Ok(CaptureLine::Said { t, event }) => (wall_clock(t, self.opened), CapturedKind::OwnEvent(event)),
            Err(UnreadableLine { bytes, error }) => {
                let why = format!("line {}: {error}", self.lines);
                (Timestamp::default(), CapturedKind::Unreadable { bytes, why })
            }
        };
        self.last = self.last.max(t);
        CapturedItem { at: self.last, what }
    }
}

impl FrameSource for CaptureReader {
    /// What came then, without waiting. The end of the capture ends it like a socket that was closed.
    fn next(&mut self) -> BoxFuture<'_, Result<Incoming, ServiceError>> {
        async {
            while let Some(captured) = self.next_captured().await? {
                match captured.what {
                    CapturedKind::Incoming(incoming) => return Ok(incoming),
                    CapturedKind::Message(response, _) => return Ok(Incoming::Response(response)),
                    CapturedKind::Unreadable { why, .. } => {
                        let what = BrokenFrame::Unreadable(DecodeError::BadCapture(why.into()));
                        return Ok(Incoming::Broken { what, bytes: bytes::Bytes::new() });
                    }
                    CapturedKind::Name(_) | CapturedKind::OwnEvent(_) => {}
                }
            }
            Err(ServiceError::new(ServiceErrorKind::Closed, "the capture ends here"))
        }
        .boxed()
    }
}

/// The files of a folder, by room, each room's parts in order.
async fn rooms_in(folder: &Path) -> io::Result<Vec<Vec<PathBuf>>> {
    let mut rooms: BTreeMap<String, Vec<(u64, PathBuf)>> = BTreeMap::new();
    let mut entries = tokio::fs::read_dir(folder).await?;
    while let Some(entry) = entries.next_entry().await? {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(stem) = name.strip_suffix(".jsonl") else { continue };
        let (room, part) =
            stem.rsplit_once('.').and_then(|(room, part)| Some((room, part.parse().ok()?))).unwrap_or((stem, 0));
        rooms.entry(room.to_owned()).or_default().push((part, entry.path()));
    }
    let in_order = |mut parts: Vec<(u64, PathBuf)>| {
        parts.sort();
        parts.into_iter().map(|(_, path)| path).collect()
    };
    Ok(rooms.into_values().map(in_order).collect())
}

fn unreadable(path: &Path, error: io::Error) -> ServiceError {
    ServiceError::new(ServiceErrorKind::Setup, format!("cannot read {}: {error}", path.display())).caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webcast::Session;
    use crate::wire::{Frame, FrameKind, pb};
    use prost::Message as _;

    fn frame(t: i64, now: i64) -> String {
        let body = pb::Response { now, ..Default::default() }.encode_to_vec();
        CaptureLine::Frame { t, bytes: Frame::serve(&FrameKind::Message, 1, 0, &body, true) }.to_json()
    }

    fn chat(t: i64) -> String {
        let message = pb::Message { method: "WebcastChatMessage".to_owned(), msg_id: t, ..Default::default() };
        let body = pb::Response { messages: vec![message], ..Default::default() }.encode_to_vec();
        CaptureLine::Frame { t, bytes: Frame::serve(&FrameKind::Message, 1, 0, &body, true) }.to_json()
    }

    async fn all(replay: &mut CaptureReader) -> Vec<CapturedItem> {
        let mut all = Vec::new();
        while let Some(captured) = replay.next_captured().await.unwrap() {
            all.push(captured);
        }
        all
    }

    async fn only(path: &Path) -> CaptureReader {
        let mut replays = CaptureReader::open(path).await.unwrap();
        assert_eq!(replays.len(), 1);
        replays.remove(0)
    }

    #[tokio::test]
    async fn times_since_the_connection_are_dated_by_the_servers_clock() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("x.jsonl");
        let lines = [frame(50, 0), frame(100, 1_700_000_000_100), frame(90, 0), frame(300, 1_700_000_009_000)];
        std::fs::write(&file, lines.join("\n")).unwrap();
        let mut replay = only(&file).await;
        for _ in 0..2 {
            let at: Vec<_> = all(&mut replay).await.iter().map(|captured| captured.at.0 - 1_700_000_000_000).collect();
            assert_eq!(at, [50, 100, 100, 300], "and never run backwards");
            replay.rewind();
        }
    }

    #[tokio::test]
    async fn a_bad_line_costs_itself_and_so_does_a_cut_one() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("x.jsonl");
        let good = frame(1_700_000_000_000, 0);
        let cut = &good[..good.len() - 9];
        std::fs::write(&file, format!("{good}\n\nnonsense \u{1b}[31m\n{{\"b64\":\"AAAA\"}}\n{good}\n{cut}")).unwrap();
        let mut session = Session::new(RoomId(7), None, Box::new(only(&file).await));
        let mut heard = Vec::new();
        let end = loop {
            match session.next().await {
                Ok(Incoming::Response(_)) => heard.push("response"),
                Ok(Incoming::Broken { .. }) => heard.push("broken"),
                Ok(Incoming::Alive | Incoming::Gap { .. }) => heard.push("nothing"),
                Err(error) => break error,
            }
        };
        assert_eq!(heard, ["response", "broken", "broken", "response", "broken"]);
        assert_eq!((end.kind(), end.to_string().as_str()), (ServiceErrorKind::Closed, "the capture ends here"));
    }

    #[tokio::test]
    async fn a_folder_is_its_rooms_and_their_parts_in_order() {
        let dir = tempfile::tempdir().unwrap();
        for (name, t) in [("ana.10000.jsonl", 3), ("ana.9999.jsonl", 2), ("ana.0001.jsonl", 1), ("bo.live.jsonl", 4)] {
            std::fs::write(dir.path().join(name), frame(1_700_000_000_000 + t, 0)).unwrap();
        }
        std::fs::write(dir.path().join("notes.txt"), "mine").unwrap();
        let mut replays = CaptureReader::open(dir.path()).await.unwrap();
        let mut times = Vec::new();
        for replay in &mut replays {
            times.push(all(replay).await.iter().map(|captured| captured.at.0 % 10).collect::<Vec<_>>());
        }
        assert_eq!(times, [vec![1, 2, 3], vec![4]]);
    }

    #[tokio::test]
    async fn every_form_of_a_capture_plays() {
        let dir = tempfile::tempdir().unwrap();
        let b64 = |at: i64| {
            let record: Value = serde_json::from_str(&chat(at)).unwrap();
            record["b64"].as_str().unwrap().to_owned()
        };
        let lines = format!("{}\n{}\n", chat(1_700_000_000_001), chat(1_700_000_000_002));
        let message = |at: i64| serde_json::json!({ "type": "receive", "time": at as f64 / 1e3, "data": b64(at) });
        let messages = [message(1_700_000_000_002), message(1_700_000_000_001)];
        let har = serde_json::json!({ "log": { "entries": [{ "_webSocketMessages": messages }] } });
        let array = format!("[{}]", lines.trim_end().replace('\n', ","));
        let wide: Vec<u8> = format!("\u{feff}{lines}").encode_utf16().flat_map(u16::to_be_bytes).collect();
        for form in [
            format!("\u{feff}{lines}").into_bytes(),
            har.to_string().into_bytes(),
            serde_json::to_vec_pretty(&har).unwrap(),
            array.into_bytes(),
            wide,
            crate::wire::compress(lines.as_bytes()),
            format!("{{\"b64\": \"cut\n{lines}").into_bytes(),
        ] {
            let file = dir.path().join("x.jsonl");
            std::fs::write(&file, &form).unwrap();
            let mut replay = only(&file).await;
            for _ in 0..2 {
                let all = all(&mut replay).await;
                let is_frame = |captured: &&CapturedItem| matches!(&captured.what, CapturedKind::Incoming(Incoming::Response(response)) if response.messages.len() == 1);
                let at: Vec<_> = all.iter().filter(is_frame).map(|captured| captured.at.0 % 10).collect();
                assert_eq!(at, [1, 2], "{}", String::from_utf8_lossy(&form));
                replay.rewind();
            }
        }
    }

    #[tokio::test]
    async fn what_holds_nothing_readable_is_no_capture() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("x.jsonl");
        for garbage in [
            &b""[..],
            b"\n\n",
            b"nonsense\nmore\n",
            b"\x00\xff\x01",
            b"{\"b64\":\"AAAA\"}",
            b"[1, 2]",
            b"{\"log\":{\"entries\":[]}}",
        ] {
            std::fs::write(&file, garbage).unwrap();
            for path in [file.as_path(), dir.path()] {
                let error = CaptureReader::open(path).await.unwrap_err();
                assert_eq!(error.kind(), ServiceErrorKind::Setup);
                assert!(error.to_string().contains("HAR"), "{error}");
            }
        }
    }

    #[tokio::test]
    async fn what_is_no_capture_is_said_so() {
        let dir = tempfile::tempdir().unwrap();
        for path in [dir.path().to_owned(), dir.path().join("missing.jsonl")] {
            let error = CaptureReader::open(&path).await.unwrap_err();
            assert_eq!(error.kind(), ServiceErrorKind::Setup);
        }
    }
}

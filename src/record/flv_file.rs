//! Writer of an FLV file: where there is no ffmpeg, where it cannot read the codec, and where the set-up changes in the
//! changes in the middle, which no other container survives.

use std::io::{self, SeekFrom};
use std::path::Path;

use bytes::{BufMut, BytesMut};
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

use super::flv::{FILE_HEADER, Tag, TagKind, last_time};
use super::timeline::PartHead;

/// A file being written.
#[derive(Debug)]
pub(super) struct FlvFile {
    file: File,
    /// Its metadata, written behind the file's header.
    metadata: Option<BytesMut>,
    /// Where the duration stands, which is known at the end only.
    duration_at: u64,
    /// Time of the last tag, in milliseconds.
    last: u32,
}

impl FlvFile {
    /// Opens a file that is there and empty.
    pub(super) async fn open(path: &Path, head: &PartHead) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).open(path).await?;
        let (metadata, duration_at) = metadata(head);
        Ok(Self { file, metadata: Some(metadata), duration_at, last: 0 })
    }

    /// Writes whole tags; the first ones come behind a file header.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        if let Some(metadata) = self.metadata.take() {
            let (header, tags) = bytes.split_at(FILE_HEADER.min(bytes.len()));
            self.file.write_all(header).await?;
            self.file.write_all(&metadata).await?;
            rest = tags;
        }
        self.file.write_all(rest).await?;
        self.last = last_time(rest).unwrap_or(self.last);
        self.file.flush().await
    }

    /// Writes the duration where players look for it.
    pub(super) async fn finish(mut self) -> io::Result<()> {
        if self.metadata.is_none() {
            self.file.seek(SeekFrom::Start(self.duration_at)).await?;
            self.file.write_all(&(f64::from(self.last) / 1_000.0).to_be_bytes()).await?;
        }
        self.file.flush().await
    }
}

/// The tag `onMetaData`, and where in the file its duration stands.
fn metadata(head: &PartHead) -> (BytesMut, u64) {
    const NUMBER: u8 = 0;
    const TEXT: u8 = 2;
    const MAP: u8 = 8;
    const TAG_HEADER: usize = 11;
    fn text(body: &mut BytesMut, text: &str) {
        body.put_u16(text.len() as u16);
        body.put_slice(text.as_bytes());
    }
    let mut body = BytesMut::new();
    body.put_u8(TEXT);
    text(&mut body, "onMetaData");
    let size = head.video.and_then(|video| video.size);
    body.put_u8(MAP);
    body.put_u32(if size.is_some() { 3 } else { 1 });
    text(&mut body, "duration");
    body.put_u8(NUMBER);
    let duration_at = (FILE_HEADER + TAG_HEADER + body.len()) as u64;
    body.put_f64(0.0);
    for (name, value) in size.map(|(width, height)| [("width", width), ("height", height)]).into_iter().flatten() {
        text(&mut body, name);
        body.put_u8(NUMBER);
        body.put_f64(f64::from(value));
    }
    body.put_slice(&[0, 0, 9]);
    let mut out = BytesMut::new();
    Tag { kind: TagKind::Script, at: 0, body: body.freeze() }.write(0, &mut out);
    (out, duration_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::flv::{Reader, write_header};
    use bytes::Bytes;

    #[tokio::test]
    async fn the_duration_is_in_the_file_at_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.flv");
        std::fs::write(&path, "").unwrap();
        let mut bytes = BytesMut::new();
        write_header(true, true, &mut bytes);
        let picture = Tag { kind: TagKind::Video, at: 0, body: Bytes::from_static(&[0x17, 1, 0, 0, 0, 1]) };
        picture.write(0, &mut bytes);
        let mut file = FlvFile::open(&path, &PartHead::default()).await.unwrap();
        file.write(&bytes).await.unwrap();
        let mut more = BytesMut::new();
        picture.write(2_500, &mut more);
        file.write(&more).await.unwrap();
        file.finish().await.unwrap();
        let mut reader = Reader::default();
        reader.push(&std::fs::read(&path).unwrap());
        let metadata = reader.next_tag().unwrap().unwrap();
        assert!(metadata.body.windows(8).any(|part| part == 2.5_f64.to_be_bytes()));
        assert_eq!(reader.next_tag().unwrap().unwrap().at, 0);
        assert_eq!(reader.next_tag().unwrap().unwrap().at, 2_500);
        assert_eq!(reader.next_tag().unwrap(), None);
    }
}

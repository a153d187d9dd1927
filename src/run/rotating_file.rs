//! Log file that begins anew when it is full, and keeps a few of the older ones: `tiktop.log`, `tiktop.log.1`, …

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::config::LogSettings;

/// An open log. Nobody but the user may read it.
#[derive(Debug)]
pub struct RotatingFile {
    path: PathBuf,
    file: File,
    bytes: u64,
    max_bytes: u64,
    /// Older ones that are kept.
    kept: u64,
}

impl RotatingFile {
    /// Opens or begins a log in a folder that is there.
    pub fn open(path: &Path, settings: &LogSettings) -> io::Result<Self> {
        let (max_bytes, kept) = (settings.max_mb.saturating_mul(1_000_000), settings.files.saturating_sub(1));
        let file = open(path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file, bytes, max_bytes, kept })
    }

    fn rotate(&mut self) -> io::Result<()> {
        let older = |number: u64| {
            let mut name = self.path.clone().into_os_string();
            name.push(format!(".{number}"));
            PathBuf::from(name)
        };
        if self.kept == 0 {
            self.file.set_len(0)?;
        } else {
            // One that is not there moves nowhere.
            (1..self.kept).rev().for_each(|number| drop(std::fs::rename(older(number), older(number + 1))));
            std::fs::rename(&self.path, older(1))?;
            self.file = open(&self.path)?;
        }
        self.bytes = 0;
        Ok(())
    }
}

impl Write for RotatingFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.bytes > 0 && self.bytes.saturating_add(line.len() as u64) > self.max_bytes {
            self.rotate()?;
        }
        let written = self.file.write(line)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_is_begun_anew_and_the_oldest_goes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.log");
        let mut log = RotatingFile::open(&path, &LogSettings { max_mb: 1, files: 3 }).unwrap();
        let line = "x".repeat(400_000);
        for number in 0..8 {
            log.write_all(format!("{number}{line}").as_bytes()).unwrap();
        }
        let first = |name: &str| std::fs::read_to_string(dir.path().join(name)).map(|text| text[..1].to_owned()).ok();
        let held = ["x.log", "x.log.1", "x.log.2", "x.log.3"].map(first);
        assert_eq!(held, [Some("6".into()), Some("4".into()), Some("2".into()), None]);
        let mut log = RotatingFile::open(&path, &LogSettings { max_mb: 1, files: 1 }).unwrap();
        log.write_all(format!("9{line}").as_bytes()).unwrap();
        assert_eq!(first("x.log").as_deref(), Some("9"));
        assert_eq!(first("x.log.1").as_deref(), Some("4"), "what is kept is not touched");
    }
}

//! Captures on disk: the bytes of the rooms, kept so that a live can be played again.
//!
//! Off unless somebody asks for it. Knows files and limits; refuses to know sockets, tasks and screens: it is handed what
//! came, on a thread that may wait for a disk.
//!
//! Invariants: everything is the user's alone (files 0600 in folders 0700); never more on disk than the limits say, and
//! nothing older; no signed parameter, key or cookie is ever written.
//!
//! ```
//! use tiktop::clock::Clock;
//! use tiktop::ids::RoomKey;
//! use tiktop::journal::{CaptureLimits, CaptureWriter, CapturesDir};
//!
//! # let home = tempfile::tempdir()?;
//! # let folder = home.path();
//! let captures = CapturesDir::new(folder.join("captures"));
//! let limits = CaptureLimits::new(1 << 30, std::time::Duration::from_secs(7 * 86_400));
//! let now = Clock::system().now();
//! let mut capture = CaptureWriter::begin(captures.clone(), limits, now)?;
//! capture.add(RoomKey(1), "@ana.live".into());
//! capture.frame(RoomKey(1), now, b"the bytes of a frame")?;
//! capture.end()?;
//! assert_eq!(captures.purge().files, 1);
//! # Ok::<_, std::io::Error>(())
//! ```

mod capture;
mod captures_dir;
mod private_fs;
mod run_lock;

pub use capture::{CaptureLimits, CaptureWriter};
pub use captures_dir::{CapturesDir, Purged};
#[allow(unused_imports, reason = "the program uses it")]
pub(crate) use private_fs::make_folder;
#[cfg(feature = "cli")]
pub(crate) use private_fs::write_private;

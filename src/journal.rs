//! What lasts: the bytes of the rooms, kept on disk so that a live can be played again.
//!
//! Off unless somebody asks for it. Knows files and limits; refuses to know sockets, tasks and screens: it is handed what
//! came, on a thread that may wait for a disk.
//!
//! Invariants: everything is the user's alone (files 0600 in folders 0700); never more on disk than the limits say, and
//! nothing older; no signed parameter, key or cookie is ever written.
//!
//! ```
//! use tiktop::journal::Shelf;
//!
//! let shelf = Shelf::new("/tmp/no/captures/here");
//! assert_eq!(shelf.purge().files, 0);
//! ```

mod capture;
mod private;
mod shelf;

pub use capture::{Capture, Limits};
pub use private::make_folder;
pub use shelf::{Purged, Shelf};

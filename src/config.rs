//! Settings: defaults, then the file, then `--set`; every mistake named with its place and the nearest right word.
//!
//! Knows no screen and no network: key names and theme names stay text here, and the screen judges them.

mod schema;

pub use schema::{Keys, Provider, Record, Screen, Secret, Service, Session, Settings, TransportKind};

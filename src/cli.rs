//! cli.

pub mod config;

//! Commands.
pub mod config;

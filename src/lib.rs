//! tiktop.

pub mod clock;
pub mod ids;
pub mod text;

pub mod wire;

pub mod webcast;

pub mod events;

pub mod room;

pub mod track;

pub mod record;

pub mod journal;

pub mod client;

pub mod config;

pub mod tui;

pub mod sim;

pub mod cli;

pub mod run;

pub use client::{Client, Error, Event, Live};

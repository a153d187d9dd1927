//! What people say.

use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::Viewer;
use crate::clock::Timestamp;
use crate::text::Text;

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chat {
    /// Who.
    pub from: Arc<Viewer>,
    /// What; empty when it is emotes only.
    pub text: Text,
    /// Emotes inside the text.
    pub emotes: Vec<Emote>,
    /// Who is answered or mentioned.
    pub to: Option<Arc<Viewer>>,
    /// Language tag the service guessed, such as `en`.
    pub language: CompactString,
}

/// A custom emote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emote {
    /// Place in the comment, counted in characters from 0.
    pub index: u32,
    /// Its id.
    pub id: Text,
    /// Address of its picture.
    pub picture: Option<Box<str>>,
}

/// A message of stickers only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmoteChat {
    /// Who.
    pub from: Arc<Viewer>,
    /// Which.
    pub emotes: Vec<Emote>,
}

/// A question to the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Its id, as text.
    pub id: CompactString,
    /// Who asked.
    pub from: Arc<Viewer>,
    /// What.
    pub text: Text,
    /// When it was asked.
    pub asked_at: Option<Timestamp>,
}

/// The host's welcome line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intro {
    /// The host.
    pub from: Arc<Viewer>,
    /// The line.
    pub text: Text,
}

/// What the host said, as the service's speech recognition wrote it down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caption {
    /// The words, in the spoken language and perhaps in others.
    pub texts: Vec<CaptionText>,
    /// When it was said.
    pub spoken_at: Option<Timestamp>,
    /// How long it took, in milliseconds; 0 when not told.
    pub lasts_ms: u64,
    /// Which sentence: a later caption of the same one replaces it. 0 in every recording.
    pub sentence: u64,
    /// Will not be replaced; no recording ever sets it, so `false` says nothing.
    pub definite: bool,
}

/// A caption in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptionText {
    /// Language tag, such as `en`.
    pub language: CompactString,
    /// The words.
    pub text: Text,
}

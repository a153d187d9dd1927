//! Events of talk: comments, emotes, questions, introductions, captions.

use super::EventKind;
use super::Viewer;
use super::decode::Common;
use super::decode::DecodeContext;
use super::decode::EventBody;
use super::decode::people::Sender;
use super::decode::people::is_somebody;
use super::decode::people::picture;
use super::decode::people::viewer;
use super::json::JsonTally;
use super::json::views::User;
use super::json::views::id;
use super::json::views::time;
use crate::clock::Timestamp;
use crate::text::Text;
use crate::wire::DecodeError;
use crate::wire::Fields;
use compact_str::{CompactString, ToCompactString};
use serde::Deserialize;
use serde::Serialize;
use serde::ser::SerializeMap;
use std::sync::Arc;

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
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
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
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
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct EmoteChat {
    /// Who.
    pub from: Arc<Viewer>,
    /// Which.
    pub emotes: Vec<Emote>,
}

/// A question to the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
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
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Intro {
    /// The host.
    pub from: Arc<Viewer>,
    /// The line.
    pub text: Text,
}

/// What the host said, as the service's speech recognition wrote it down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
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
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct CaptionText {
    /// Language tag, such as `en`.
    pub language: CompactString,
    /// The words.
    pub text: Text,
}

/// Most emotes kept of one message; the app lets nobody send more than a few.
const MAX_EMOTES: usize = 32;
/// Most languages kept of one caption.
const MAX_LANGUAGES: usize = 8;

pub(super) fn chat<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut sender = Sender::default();
    let (mut text, mut language) = (Text::default(), CompactString::default());
    let (mut emotes, mut to) = (Vec::new(), None);
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => sender.user = Some(field.message()?),
            3 => text = field.text()?,
            12 => to = Some(viewer(field.message()?)?),
            13 if emotes.len() < MAX_EMOTES => emotes.push(emote_at(field.message()?)?),
            14 => language = Text::from_bytes(field.bytes()?).as_str().into(),
            18 => sender.identity = Some(field.message()?),
            _ => {}
        }
    }
    // An empty `at_user` is common and means nobody.
    let to = to.filter(is_somebody).map(Arc::new);
    Ok(EventKind::Chat(Chat { from: sender.read()?, text, emotes, to, language }))
}

pub(super) fn emote_chat<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut sender = Sender::default();
    let mut emotes = Vec::new();
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => sender.user = Some(field.message()?),
            3 if emotes.len() < MAX_EMOTES => emotes.push(emote(field.message()?, emotes.len() as u32)?),
            5 => sender.identity = Some(field.message()?),
            _ => {}
        }
    }
    Ok(EventKind::Emote(EmoteChat { from: sender.read()?, emotes }))
}

fn emote_at(fields: Fields<'_>) -> Result<Emote, DecodeError> {
    let (mut index, mut inner) = (0, None);
    for field in fields {
        let field = field?;
        match field.number {
            1 => index = u32::try_from(field.int()?).unwrap_or(0),
            2 => inner = Some(field.message()?),
            _ => {}
        }
    }
    match inner {
        Some(inner) => emote(inner, index),
        None => Ok(Emote { index, id: Text::default(), picture: None }),
    }
}

fn emote(fields: Fields<'_>, index: u32) -> Result<Emote, DecodeError> {
    let mut emote = Emote { index, id: Text::default(), picture: None };
    for field in fields {
        let field = field?;
        match field.number {
            1 => emote.id = field.text()?,
            2 => emote.picture = picture(field.message()?)?,
            _ => {}
        }
    }
    Ok(emote)
}

pub(super) fn question<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let QuestionFields { id, text, asked_at, sender } = QuestionFields::of(context, message)?;
    Ok(EventKind::Question(Question { id: id.to_compact_string(), from: sender.read()?, text, asked_at }))
}

/// `Question`, which comes when it is asked and again when the host shows it.
#[derive(Default)]
pub(super) struct QuestionFields<'a> {
    pub(super) id: u64,
    pub(super) text: Text,
    pub(super) asked_at: Option<Timestamp>,
    pub(super) sender: Sender<'a>,
}

impl<'a> QuestionFields<'a> {
    /// The question of a message, under its header.
    pub(super) fn of(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<Self, DecodeError> {
        let mut question = Self::default();
        for field in message {
            let field = field?;
            match field.number {
                1 => context.common = Common::read(field.message()?)?,
                2 => question.read(field.message()?)?,
                _ => {}
            }
        }
        Ok(question)
    }

    fn read(&mut self, fields: Fields<'a>) -> Result<(), DecodeError> {
        for field in fields {
            let field = field?;
            match field.number {
                1 => self.id = field.count()?,
                2 => self.text = field.text()?,
                4 => self.asked_at = Timestamp::from_wire(field.int()?),
                5 => self.sender.user = Some(field.message()?),
                _ => {}
            }
        }
        Ok(())
    }
}

pub(super) fn caption<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut caption = Caption { texts: Vec::new(), spoken_at: None, lasts_ms: 0, sentence: 0, definite: false };
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => caption.spoken_at = Timestamp::from_wire(field.int()?),
            // -1 was recorded: not told.
            3 => caption.lasts_ms = field.count()?,
            4 if caption.texts.len() < MAX_LANGUAGES => caption.texts.push(caption_text(field.message()?)?),
            5 => caption.sentence = field.count()?,
            7 => caption.definite = field.flag()?,
            _ => {}
        }
    }
    Ok(EventKind::Caption(caption))
}

fn caption_text(fields: Fields<'_>) -> Result<CaptionText, DecodeError> {
    let mut caption = CaptionText { language: CompactString::default(), text: Text::default() };
    for field in fields {
        let field = field?;
        match field.number {
            1 => caption.language = field.text()?.as_str().into(),
            2 => caption.text = field.text()?,
            _ => {}
        }
    }
    Ok(caption)
}

pub(super) fn intro<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let (mut host, mut text) = (Viewer::default(), Text::default());
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            4 => text = field.text()?,
            5 => host = viewer(field.message()?)?,
            _ => {}
        }
    }
    host.host = true;
    Ok(EventKind::Intro(Intro { from: Arc::new(host), text }))
}

/// An emote.
#[derive(Serialize)]
struct EmoteView<'a> {
    index: u32,
    id: &'a str,
    picture: Option<&'a str>,
}

impl<'a> EmoteView<'a> {
    fn list(emotes: &'a [Emote]) -> Vec<Self> {
        let view =
            |emote: &'a Emote| Self { index: emote.index, id: emote.id.original(), picture: emote.picture.as_deref() };
        emotes.iter().map(view).collect()
    }
}

impl EventBody for Chat {
    fn person(&self) -> Option<&Viewer> {
        Some(&self.from)
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("text", self.text.original())?;
        map.serialize_entry("emotes", &EmoteView::list(&self.emotes))?;
        map.serialize_entry("to", &self.to.as_deref().map(User::new))?;
        map.serialize_entry("language", &self.language)
    }
}

impl EventBody for EmoteChat {
    fn person(&self) -> Option<&Viewer> {
        Some(&self.from)
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("emotes", &EmoteView::list(&self.emotes))
    }
}

impl EventBody for Question {
    fn person(&self) -> Option<&Viewer> {
        Some(&self.from)
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("question_id", &self.id)?;
        map.serialize_entry("text", self.text.original())?;
        map.serialize_entry("asked_at", &time(self.asked_at))
    }
}

impl EventBody for Intro {
    fn person(&self) -> Option<&Viewer> {
        Some(&self.from)
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("text", self.text.original())
    }
}

impl EventBody for Caption {
    fn person(&self) -> Option<&Viewer> {
        None
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        #[derive(Serialize)]
        struct InLanguage<'a> {
            language: &'a str,
            text: &'a str,
        }
        let text = self.texts.first().map(|text| text.text.original());
        let texts = self.texts.iter().map(|text| InLanguage { language: &text.language, text: text.text.original() });
        map.serialize_entry("text", text.unwrap_or_default())?;
        map.serialize_entry("texts", &texts.collect::<Vec<_>>())?;
        map.serialize_entry("spoken_at", &time(self.spoken_at))?;
        map.serialize_entry("milliseconds", &self.lasts_ms)?;
        map.serialize_entry("sentence", &id(Some(self.sentence).filter(|&sentence| sentence != 0)))?;
        map.serialize_entry("definite", &self.definite)
    }
}

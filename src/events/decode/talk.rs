//! What people say: comments, stickers, questions, the host's welcome line.

use std::sync::Arc;

use compact_str::{CompactString, ToCompactString};

use super::people::{Sender, is_somebody, picture, viewer};
use super::{Common, Context, DecodeError, EventKind, Fields};
use crate::clock::Timestamp;
use crate::events::{Caption, CaptionText, Chat, Emote, EmoteChat, Intro, Question, Viewer};
use crate::text::Text;

/// Most emotes kept of one message; the app lets nobody send more than a few.
const MAX_EMOTES: usize = 32;
/// Most languages kept of one caption.
const MAX_LANGUAGES: usize = 8;

pub(super) fn chat<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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

pub(super) fn emote_chat<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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

pub(super) fn question<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut question = QuestionFields::default();
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => question.read(field.message()?)?,
            _ => {}
        }
    }
    let QuestionFields { id, text, asked_at, sender } = question;
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
    pub(super) fn read(&mut self, fields: Fields<'a>) -> Result<(), DecodeError> {
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

pub(super) fn caption<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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

pub(super) fn intro<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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

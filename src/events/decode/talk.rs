//! Stub.
#![allow(unused, reason = "filled next")]
use super::{Context, DecodeError, EventKind, Fields};
use crate::events::Unknown;
pub(super) fn chat<'a>(_: &mut Context<'a>, _: Fields<'a>) -> Result<EventKind, DecodeError> {
    Ok(EventKind::Unknown(Unknown { method: "".into(), bytes: 0, error: None }))
}
pub(super) fn emote_chat<'a>(_: &mut Context<'a>, _: Fields<'a>) -> Result<EventKind, DecodeError> {
    Ok(EventKind::Unknown(Unknown { method: "".into(), bytes: 0, error: None }))
}
pub(super) fn question<'a>(_: &mut Context<'a>, _: Fields<'a>) -> Result<EventKind, DecodeError> {
    Ok(EventKind::Unknown(Unknown { method: "".into(), bytes: 0, error: None }))
}
pub(super) fn intro<'a>(_: &mut Context<'a>, _: Fields<'a>) -> Result<EventKind, DecodeError> {
    Ok(EventKind::Unknown(Unknown { method: "".into(), bytes: 0, error: None }))
}

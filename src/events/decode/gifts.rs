//! Stub.
#![allow(unused, reason = "filled next")]
use super::{Context, DecodeError, EventKind, Fields};
use crate::events::Unknown;
pub(super) fn gift<'a>(_: &mut Context<'a>, _: Fields<'a>) -> Result<EventKind, DecodeError> {
    Ok(EventKind::Unknown(Unknown { method: "".into(), bytes: 0, error: None }))
}
pub(super) fn envelope<'a>(_: &mut Context<'a>, _: Fields<'a>) -> Result<EventKind, DecodeError> {
    Ok(EventKind::Unknown(Unknown { method: "".into(), bytes: 0, error: None }))
}
pub(super) fn subscribe<'a>(_: &mut Context<'a>, _: Fields<'a>) -> Result<EventKind, DecodeError> {
    Ok(EventKind::Unknown(Unknown { method: "".into(), bytes: 0, error: None }))
}
pub(super) fn barrage<'a>(_: &mut Context<'a>, _: Fields<'a>) -> Result<EventKind, DecodeError> {
    Ok(EventKind::Unknown(Unknown { method: "".into(), bytes: 0, error: None }))
}

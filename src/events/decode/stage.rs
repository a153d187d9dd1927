//! Stub.
#![allow(unused, reason = "filled next")]
use super::{Context, DecodeError, EventKind, Fields};
use crate::events::Unknown;
pub(super) fn control<'a>(_: &mut Context<'a>, _: Fields<'a>) -> Result<EventKind, DecodeError> {
    Ok(EventKind::Unknown(Unknown { method: "".into(), bytes: 0, error: None }))
}
pub(super) fn system<'a>(_: &mut Context<'a>, _: Fields<'a>) -> Result<EventKind, DecodeError> {
    Ok(EventKind::Unknown(Unknown { method: "".into(), bytes: 0, error: None }))
}
pub(super) fn room<'a>(_: &mut Context<'a>, _: Fields<'a>) -> Result<EventKind, DecodeError> {
    Ok(EventKind::Unknown(Unknown { method: "".into(), bytes: 0, error: None }))
}
pub(super) fn bottom<'a>(_: &mut Context<'a>, _: Fields<'a>) -> Result<EventKind, DecodeError> {
    Ok(EventKind::Unknown(Unknown { method: "".into(), bytes: 0, error: None }))
}
pub(super) fn delete<'a>(_: &mut Context<'a>, _: Fields<'a>) -> Result<EventKind, DecodeError> {
    Ok(EventKind::Unknown(Unknown { method: "".into(), bytes: 0, error: None }))
}

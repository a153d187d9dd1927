//! Stub.
#![allow(unused, reason = "filled next")]
use super::{Context, DecodeError, EventKind, Fields};
use crate::events::Unknown;
pub(super) fn member<'a>(_: &mut Context<'a>, _: Fields<'a>) -> Result<EventKind, DecodeError> {
    Ok(EventKind::Unknown(Unknown { method: "".into(), bytes: 0, error: None }))
}
pub(super) fn social<'a>(_: &mut Context<'a>, _: Fields<'a>) -> Result<EventKind, DecodeError> {
    Ok(EventKind::Unknown(Unknown { method: "".into(), bytes: 0, error: None }))
}
pub(super) fn like<'a>(_: &mut Context<'a>, _: Fields<'a>) -> Result<EventKind, DecodeError> {
    Ok(EventKind::Unknown(Unknown { method: "".into(), bytes: 0, error: None }))
}
pub(super) fn viewers<'a>(_: &mut Context<'a>, _: Fields<'a>) -> Result<EventKind, DecodeError> {
    Ok(EventKind::Unknown(Unknown { method: "".into(), bytes: 0, error: None }))
}

//! Stub.
#![allow(unused, reason = "filled next")]
use super::{Context, DecodeError, EventKind, Fields};
use crate::events::Unknown;
pub(super) fn battle<'a>(_: &mut Context<'a>, _: Fields<'a>) -> Result<EventKind, DecodeError> {
    Ok(EventKind::Unknown(Unknown { method: "".into(), bytes: 0, error: None }))
}
pub(super) fn points<'a>(_: &mut Context<'a>, _: Fields<'a>) -> Result<EventKind, DecodeError> {
    Ok(EventKind::Unknown(Unknown { method: "".into(), bytes: 0, error: None }))
}
pub(super) fn punish_finish<'a>(_: &mut Context<'a>, _: Fields<'a>) -> Result<EventKind, DecodeError> {
    Ok(EventKind::Unknown(Unknown { method: "".into(), bytes: 0, error: None }))
}

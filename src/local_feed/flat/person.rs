//! Fields that every flat frame about somebody has: the person, and the head of the message.

use serde::{Serialize, Serializer};

use super::{FlatContext, Limits};
use crate::clock::Moment;
use crate::events::{RoomEvent, Viewer};
use crate::ids::UserId;

/// A number as text: those above 2^53 do not survive JavaScript.
pub(super) struct AsText<T>(pub(super) T);

impl<T: std::fmt::Display> Serialize for AsText<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// An account as text; `0` for somebody without one.
pub(super) fn user_id(id: Option<UserId>) -> AsText<u64> {
    AsText(id.map_or(0, |id| id.0))
}

/// A person, flat in `data`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FlatPerson<'a> {
    #[serde(flatten)]
    basics: Basics<'a>,
    follow_role: u8,
    follow_info: FollowInfo,
}

/// The same without what they are to the host, as lists of people have it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Basics<'a> {
    user_id: AsText<u64>,
    sec_uid: &'static str,
    unique_id: &'a str,
    nickname: &'a str,
    profile_picture_url: Option<&'a str>,
    user_badges: Vec<UserBadge>,
    user_scene_types: Vec<u32>,
    user_details: UserDetails<'a>,
    is_moderator: bool,
    is_new_gifter: bool,
    is_subscriber: bool,
    top_gifter_rank: Option<u8>,
    gifter_level: u16,
    team_member_level: u16,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserBadge {
    r#type: &'static str,
    privilege_id: &'static str,
    level: u16,
    badge_scene_type: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserDetails<'a> {
    create_time: &'static str,
    bio_description: &'static str,
    profile_picture_urls: Vec<&'a str>,
}

/// What messages do not tell is 0.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FollowInfo {
    following_count: u32,
    follower_count: u32,
    follow_status: u8,
    push_status: u8,
}

impl<'a> FlatPerson<'a> {
    pub(super) fn new(limits: Limits, viewer: &'a Viewer) -> Self {
        let follow_role = if viewer.friend { 2 } else { u8::from(viewer.follower) };
        let follow_info =
            FollowInfo { following_count: 0, follower_count: 0, follow_status: follow_role, push_status: 0 };
        Self { basics: Basics::new(limits, viewer), follow_role, follow_info }
    }
}

impl<'a> Basics<'a> {
    pub(super) fn new(limits: Limits, viewer: &'a Viewer) -> Self {
        let picture = limits.address(viewer.picture.as_deref());
        let badges = viewer.badges.iter().take(limits.list);
        Self {
            user_id: user_id(viewer.id),
            sec_uid: "",
            unique_id: limits.text(viewer.unique_id.original()),
            nickname: limits.text(viewer.nickname.original()),
            profile_picture_url: picture,
            user_badges: badges
                .clone()
                .map(|badge| UserBadge {
                    r#type: "privilege",
                    privilege_id: "",
                    level: badge.level,
                    badge_scene_type: badge.scene,
                })
                .collect(),
            user_scene_types: badges.map(|badge| badge.scene).collect(),
            user_details: UserDetails {
                create_time: "0",
                bio_description: "",
                profile_picture_urls: picture.into_iter().collect(),
            },
            is_moderator: viewer.moderator,
            is_new_gifter: viewer.new_gifter,
            is_subscriber: viewer.subscriber,
            top_gifter_rank: Some(viewer.top_gifter).filter(|&rank| rank > 0),
            gifter_level: viewer.gifter_level,
            team_member_level: viewer.team_level,
        }
    }
}

/// The message's own id and time, and whose live it is.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Head<'a> {
    #[serde(serialize_with = "as_text")]
    msg_id: u64,
    #[serde(serialize_with = "as_text")]
    create_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'static str>,
    #[serde(flatten)]
    streamer: Streamer<'a>,
}

/// Whose live it is, in two fields.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Streamer<'a> {
    tikfinity_user_id: u32,
    tikfinity_username: &'a str,
}

impl<'a> Head<'a> {
    pub(super) fn new(
        context: &FlatContext<'a>,
        event: &RoomEvent,
        display: Option<(&'static str, &'static str)>,
    ) -> Self {
        let ours = Self::ours(context, event.at, display);
        Self {
            msg_id: event.id.map_or(ours.msg_id, |id| id.0),
            create_time: event.server_at.map_or(ours.create_time, |at| at.0),
            ..ours
        }
    }

    /// The head of what no message stands behind.
    pub(super) fn ours(context: &FlatContext<'a>, at: Moment, display: Option<(&'static str, &'static str)>) -> Self {
        let (display_type, label) = display.unzip();
        // Readers drop what has an id that they know: the time makes ours new over restarts, the serial number within one.
        let millis = u64::try_from(at.wall.0).unwrap_or(0);
        let msg_id = millis.saturating_mul(100_000).saturating_add(context.serial % 100_000);
        Self { msg_id, create_time: at.wall.0, display_type, label, streamer: Streamer::new(context) }
    }
}

impl<'a> Streamer<'a> {
    pub(super) fn new(context: &FlatContext<'a>) -> Self {
        // Any stable number will do. FNV-1a, 31 bits of it, so that it is one for every reader's kind of integer.
        let hash =
            context.host.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        Self { tikfinity_user_id: hash & 0x7fff_ffff, tikfinity_username: context.host }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn as_text<S: Serializer, T: std::fmt::Display>(number: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

//! Strict reader of the flat shape, written from its table and not from our encoder: a text where a number belongs is refused.

use std::collections::BTreeSet;

use serde_json::Value;

/// What a field holds.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Text,
    TextOrNull,
    Digits,
    Int,
    IntOrNull,
    Flag,
    Bit,
    List,
    Ints,
    Object,
}

use Kind::{Bit, Digits, Flag, Int, IntOrNull, Ints, List, Object, Text, TextOrNull};

const PERSON: &[(&str, Kind)] = &[
    ("userId", Digits),
    ("secUid", Text),
    ("uniqueId", Text),
    ("nickname", Text),
    ("profilePictureUrl", TextOrNull),
    ("userBadges", List),
    ("userSceneTypes", Ints),
    ("userDetails", Object),
    ("isModerator", Flag),
    ("isNewGifter", Flag),
    ("isSubscriber", Flag),
    ("topGifterRank", IntOrNull),
    ("gifterLevel", Int),
    ("teamMemberLevel", Int),
];
const FOLLOWS: &[(&str, Kind)] = &[("followRole", Int), ("followInfo", Object)];
const HEAD: &[(&str, Kind)] = &[("msgId", Digits), ("createTime", Digits)];
const STREAMER: &[(&str, Kind)] = &[("tikfinityUserId", Int), ("tikfinityUsername", Text)];
const DISPLAY: &[(&str, Kind)] = &[("displayType", Text), ("label", Text)];
const GIFT: &[(&str, Kind)] = &[
    ("giftId", Int),
    ("giftName", Text),
    ("giftPictureUrl", Text),
    ("giftType", Int),
    ("diamondCount", Int),
    ("repeatCount", Int),
    ("repeatEnd", Flag),
    ("groupId", Digits),
    ("describe", Text),
    ("originalName", Text),
    ("originalDescribe", Text),
    ("receiverUserId", Digits),
    ("timestamp", Int),
    ("gift", Object),
];

/// What is wrong with a frame.
pub(super) fn check(frame: &Value) -> Result<(), String> {
    let object = frame.as_object().ok_or("a frame is an object")?;
    let keys: Vec<_> = object.keys().map(String::as_str).collect();
    if keys != ["data", "event"] {
        return Err(format!("a frame has event and data: {keys:?}"));
    }
    let (event, data) = (frame["event"].as_str().ok_or("event is a text")?, &frame["data"]);
    let person = || [PERSON, FOLLOWS, HEAD, STREAMER];
    let own: &[(&str, Kind)] = match event {
        "chat" => &[("comment", Text), ("emotes", List)],
        "gift" => GIFT,
        "like" => &[("likeCount", Int), ("totalLikeCount", Int)],
        "member" => &[("actionId", Int)],
        "follow" | "share" => &[],
        "subscribe" => &[("subMonth", Int), ("oldSubscribeStatus", Int), ("subscribingStatus", Int)],
        "envelope" => &[("coins", Int), ("canOpen", Int), ("timestamp", Int)],
        "emote" => &[("emoteId", Text), ("emoteImageUrl", Text)],
        "questionNew" => &[("questionText", Text)],
        "liveIntro" => &[("id", Text), ("description", Text)],
        "roomUser" => &[("viewerCount", Int), ("topGifterRank", Int), ("topViewers", List)],
        "linkMicBattle" => &[("battleUsers", List)],
        "linkMicArmies" => &[("battleStatus", Int), ("battleArmies", List)],
        "streamEnd" => return fields(data, &[("action", Int)]),
        other => return Err(format!("there is no event '{other}'")),
    };
    fields(data, own)?;
    match event {
        "roomUser" => {
            if data.get("msgId").is_some() {
                return Err("roomUser has no msgId".to_owned());
            }
            for row in data["topViewers"].as_array().into_iter().flatten() {
                fields(row, &[("coinCount", Int), ("user", Object)])?;
                fields(&row["user"], PERSON)?;
                if row["user"].get("followRole").is_some() {
                    return Err("people in lists have no followRole".to_owned());
                }
            }
        }
        "linkMicBattle" => {
            for user in data["battleUsers"].as_array().into_iter().flatten() {
                fields(user, &[("userId", Digits), ("uniqueId", Text), ("nickname", Text)])?;
            }
        }
        "linkMicArmies" => {
            for army in data["battleArmies"].as_array().into_iter().flatten() {
                fields(army, &[("hostUserId", Digits), ("points", Int), ("participants", List)])?;
            }
        }
        _ => person().into_iter().try_for_each(|part| fields(data, part))?,
    }
    if matches!(event, "gift" | "like" | "member" | "follow" | "share" | "subscribe") {
        fields(data, DISPLAY)?;
    }
    if event == "chat" && data.get("displayType").is_some() {
        return Err("chat has no displayType".to_owned());
    }
    if event == "gift" {
        let inner = &data["gift"];
        fields(inner, &[("gift_id", Int), ("repeat_count", Int), ("repeat_end", Bit), ("gift_type", Int)])?;
        if inner["repeat_end"] != u8::from(data["repeatEnd"] == true) || inner["repeat_count"] != data["repeatCount"] {
            return Err(format!("the inner gift says something else: {data}"));
        }
    }
    if event == "member" && data["actionId"] != 1 {
        return Err("who enters has action 1".to_owned());
    }
    for badge in data["userBadges"].as_array().into_iter().flatten() {
        fields(badge, &[("type", Text), ("privilegeId", Text), ("level", Int), ("badgeSceneType", Int)])?;
    }
    Ok(())
}

fn fields(data: &Value, wanted: &[(&str, Kind)]) -> Result<(), String> {
    for (name, kind) in wanted {
        let value = data.get(name).ok_or_else(|| format!("'{name}' is missing in {data}"))?;
        let int = value.as_i64().is_some() || value.as_u64().is_some();
        let right = match kind {
            Text => value.is_string(),
            TextOrNull => value.is_string() || value.is_null(),
            Digits => {
                value.as_str().is_some_and(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
            }
            Int => int,
            IntOrNull => int || value.is_null(),
            Flag => value.is_boolean(),
            Bit => value == 0 || value == 1,
            List => value.is_array(),
            Ints => value.as_array().is_some_and(|items| items.iter().all(Value::is_u64)),
            Object => value.is_object(),
        };
        if !right {
            return Err(format!("'{name}' is no {kind:?}: {value}"));
        }
    }
    Ok(())
}

/// What a reader makes of the gifts, as overlays do it.
#[derive(Debug, Default)]
pub(super) struct Bill {
    pub(super) units: u64,
    pub(super) coins: u64,
    /// The end of the live was told.
    pub(super) ended: bool,
    /// Message ids, and ended streaks: neither comes twice.
    messages: BTreeSet<String>,
    streaks: BTreeSet<(String, u64, String)>,
}

impl Bill {
    /// Takes in a frame; panics where it is not what the table says.
    pub(super) fn add(&mut self, frame: &Value) {
        check(frame).unwrap_or_else(|error| panic!("{error}"));
        let (event, data) = (frame["event"].as_str().unwrap(), &frame["data"]);
        if let Some(id) = data["msgId"].as_str() {
            assert!(self.messages.insert(id.to_owned()), "told twice: {frame}");
        }
        if event == "streamEnd" {
            self.ended = true;
        }
        if event != "gift" || (data["giftType"] == 1 && data["repeatEnd"] == false) {
            return;
        }
        if data["giftType"] == 1 {
            let texts = ["userId", "groupId"].map(|name| data[name].as_str().unwrap().to_owned());
            let [user, group] = texts;
            let streak = (user, data["giftId"].as_u64().unwrap(), group);
            assert!(self.streaks.insert(streak), "a streak ends twice: {frame}");
        } else {
            assert_eq!(data["repeatEnd"], false, "a gift that comes once has no end");
        }
        let count = data["repeatCount"].as_u64().unwrap();
        self.units += count;
        self.coins += count * data["diamondCount"].as_u64().unwrap();
    }
}

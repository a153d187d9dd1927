//! Notation of scenario files: `SECONDS VERB WORDS… KEY=VALUE… FLAG…`, one event a line.
//!
//! ```text
//!  0    live 71                          a new live; `seq=` its number
//!  0    state live                       a phase
//!  1    gift mia Rose x3 g=5 coins=3     a streak of group 5; `price=` (1; `price=?` unknown), `kind=` (1), `end`
//!  2    chat mia hello there             and: join like follow share viewers control unknown emote
//!  2.5  delete mia | delete msg=7        what mia said, or one message
//!  3    battle started b=9 for=300 until=303 ana ben     sides: HOST[+HOST][:POINTS[:RESULT]], teams as 1/ana+ben
//!  4    points b=9 ana:120 ben:40 over
//!  5    gap 41                           41 s missed until now
//!  6    info host=ana watching=7 likes=9 followers=3 skew=-500
//!  7    tick | end                       time passes | the live ends
//! ```
//!
//! Everywhere: `id=` message id, `room=` the live it says it belongs to, `server=` its own time in seconds (the time of
//! receipt when left out), `history`. A name is a person with an id made of it; `?name` has none; in battles `*name` has an
//! id but is not named.

mod board;
mod world;

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use tiktop::clock::{Moment, Timestamp};
use tiktop::events::{
    BattleEvent, BattleKind, BattlePoints, BattleSide, BattleTimes, Chat, Control, Delete, EmoteChat, EventKind,
    Follow, Gap, Gift, GiftFacts, GiftTo, Host, Info, Join, Like, LiveStart, Phase, PhaseKind, RoomEvent, Share,
    Unknown, Viewer, Viewers,
};
use tiktop::ids::{BattleId, GiftId, MsgId, RoomId, UserId};
use tiktop::text::Text;

/// Second 0 of every scenario.
pub(super) const START: Moment = Moment { mono: 4_000_000, wall: Timestamp(1_700_000_000_000) };

/// One line of a scenario.
pub(super) enum Step {
    Event(Box<RoomEvent>),
    Tick,
    EndLive,
}

/// A second of the scenario.
pub(super) fn moment(seconds: f64) -> Moment {
    START + Duration::from_secs_f64(seconds)
}

/// Reads one line.
pub(super) fn parse(line: &str) -> Result<(f64, Step), String> {
    let mut words = line.split_whitespace();
    let seconds: f64 = number(words.next().unwrap_or_default())?;
    let verb = words.next().ok_or("no verb")?;
    let line = Words::new(words);
    let kind = match verb {
        "tick" => return Ok((seconds, Step::Tick)),
        "end" => return Ok((seconds, Step::EndLive)),
        "gap" => EventKind::Gap(gap(&line, seconds)?),
        verb => kind(verb, &line)?,
    };
    let at = moment(seconds);
    let server_at = line.key::<f64>("server")?.map(|seconds| moment(seconds).wall).or(Some(at.wall));
    let event = RoomEvent {
        at,
        server_at,
        id: line.key("id")?.map(MsgId),
        room_id: line.key("room")?.map(RoomId),
        history: line.flag("history"),
        kind,
    };
    Ok((seconds, Step::Event(Box::new(event))))
}

fn kind(verb: &str, line: &Words) -> Result<EventKind, String> {
    Ok(match verb {
        "live" => EventKind::Live(LiveStart {
            room_id: RoomId(number(line.word(0)?)?),
            live_seq: line.key("seq")?.unwrap_or(1),
        }),
        "state" => EventKind::State(Phase::new(phase(line.word(0)?)?)),
        "info" => EventKind::Info(Box::new(info(line)?)),
        "gift" => EventKind::Gift(Box::new(gift(line)?)),
        "chat" => EventKind::Chat(Chat {
            from: viewer(line.word(0)?),
            text: Text::from(line.plain.get(1..).unwrap_or_default().join(" ")),
            emotes: Vec::new(),
            to: None,
            language: "en".into(),
        }),
        "emote" => EventKind::Emote(EmoteChat { from: viewer(line.word(0)?), emotes: Vec::new() }),
        "like" => EventKind::Like(Like {
            from: Some(viewer(line.word(0)?)),
            count: line.key("count")?.unwrap_or(1),
            total: line.key("total")?.unwrap_or(0),
        }),
        "join" => EventKind::Join(Join {
            from: viewer(line.word(0)?),
            watching: line.key("watching")?,
            source: Text::default(),
        }),
        "follow" => EventKind::Follow(Follow { from: viewer(line.word(0)?), followers: line.key("followers")? }),
        "share" => EventKind::Share(Share { from: viewer(line.word(0)?), shares: None, friends: 0 }),
        "viewers" => EventKind::Viewers(Viewers {
            watching: number(line.word(0)?)?,
            total: line.key("total")?,
            anonymous: 0,
            top: Vec::new(),
        }),
        "control" => EventKind::Control(control(line.word(0)?)?),
        "delete" => EventKind::Delete(Delete {
            messages: line.key("msg")?.map(MsgId).into_iter().collect(),
            users: line.plain.iter().filter_map(|name| viewer(name).id).collect(),
        }),
        "unknown" => EventKind::Unknown(Unknown {
            method: line.word(0)?.into(),
            bytes: 9,
            error: line.flag("broken").then(|| "cut off".into()),
        }),
        "battle" => EventKind::Battle(Box::new(battle(line)?)),
        "points" => EventKind::BattlePoints(Box::new(points(line)?)),
        other => {
            let known = match board::kind(other, line)? {
                Some(kind) => Some(kind),
                None => world::kind(other, line)?,
            };
            return known.ok_or_else(|| format!("no verb '{other}'"));
        }
    })
}

fn gift(line: &Words) -> Result<Gift, String> {
    let name = line.word(1)?;
    let price = line.keys.get("price").map_or("1", String::as_str);
    Ok(Gift {
        from: viewer(line.word(0)?),
        to: line.keys.get("to").map(|name| GiftTo { id: UserId(number_of(name)), nickname: name.into() }),
        gift: Arc::new(GiftFacts {
            id: GiftId(number_of(name)),
            name: name.into(),
            describe: Text::default(),
            diamonds: if price == "?" { None } else { Some(number(price)?) },
            kind: line.key("kind")?.unwrap_or(1),
            picture: None,
        }),
        count: number(line.word(2)?.trim_start_matches('x'))?,
        group: line.key("g")?.unwrap_or(0),
        coins: line.key("coins")?,
        ends: line.flag("end"),
    })
}

fn info(line: &Words) -> Result<Info, String> {
    Ok(Info {
        host: line.keys.get("host").map(|name| host(name)).unwrap_or_default(),
        watching: line.key("watching")?,
        likes: line.key("likes")?,
        followers: line.key("followers")?,
        skew_ms: line.key("skew")?,
        ..Info::default()
    })
}

fn gap(line: &Words, seconds: f64) -> Result<Gap, String> {
    let length: f64 = number(line.word(0)?)?;
    Ok(Gap { from: moment(seconds - length), length: Duration::from_secs_f64(length), reason: "socket dropped".into() })
}

fn phase(word: &str) -> Result<PhaseKind, String> {
    serde_json::from_value(word.into()).map_err(|error| error.to_string())
}

fn control(word: &str) -> Result<Control, String> {
    let action = serde_json::from_value(word.into()).map_err(|error| error.to_string())?;
    Ok(Control { action, source: Text::default(), tips: Text::default() })
}

fn battle(line: &Words) -> Result<BattleEvent, String> {
    let action = serde_json::from_value(line.word(0)?.into()).map_err(|error| error.to_string())?;
    let sides = line.plain.iter().skip(1).map(|word| side(word)).collect::<Result<_, _>>()?;
    Ok(BattleEvent { battle: line.key("b")?.map(BattleId), action, kind: form(line), times: times(line)?, sides })
}

fn points(line: &Words) -> Result<BattlePoints, String> {
    Ok(BattlePoints {
        battle: line.key("b")?.map(BattleId),
        kind: form(line),
        times: times(line)?,
        sides: line.plain.iter().map(|word| side(word)).collect::<Result<_, _>>()?,
        cause: None,
        over: line.flag("over"),
    })
}

fn form(line: &Words) -> BattleKind {
    if line.flag("teams") { BattleKind::Teams } else { BattleKind::OneToOne }
}

fn times(line: &Words) -> Result<BattleTimes, String> {
    Ok(BattleTimes {
        started_at: None,
        seconds: line.key("for")?.unwrap_or(0),
        ends_at: line.key::<f64>("until")?.map(|seconds| moment(seconds).wall),
    })
}

/// `1/ana+ben:120:won`
fn side(word: &str) -> Result<BattleSide, String> {
    let (team, rest) = word.split_once('/').map_or((None, word), |(team, rest)| (Some(team), rest));
    let mut parts = rest.split(':');
    let hosts = parts.next().unwrap_or_default().split('+').map(host).collect();
    let result = |word: &str| serde_json::from_value(word.into()).map_err(|error| error.to_string());
    Ok(BattleSide {
        team: team.map(number).transpose()?,
        hosts,
        points: parts.next().map(number).transpose()?,
        result: parts.next().map(result).transpose()?,
        supporters: Vec::new(),
        wins: 0,
    })
}

fn host(name: &str) -> Host {
    match name.strip_prefix('*') {
        Some(name) => Host { id: Some(UserId(number_of(name))), ..Host::default() },
        None => Host { id: Some(UserId(number_of(name))), unique_id: name.into(), nickname: name.into() },
    }
}

fn viewer(name: &str) -> Arc<Viewer> {
    let (id, name) = name.strip_prefix('?').map_or((Some(UserId(number_of(name))), name), |name| (None, name));
    Arc::new(Viewer { id, unique_id: name.into(), nickname: name.into(), ..Viewer::default() })
}

/// An id made of a name: the same everywhere.
fn number_of(name: &str) -> u64 {
    name.bytes().fold(7_000u64, |id, byte| id.wrapping_mul(31).wrapping_add(u64::from(byte)))
}

fn number<T: FromStr>(word: &str) -> Result<T, String> {
    word.parse().map_err(|_| format!("'{word}' is no number"))
}

/// The words of a line: plain ones, `key=value` and flags.
struct Words {
    plain: Vec<String>,
    keys: BTreeMap<String, String>,
    flags: Vec<String>,
}

const FLAGS: [&str; 7] = ["history", "end", "over", "teams", "broken", "gifted", "cohost"];

impl Words {
    fn new<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        let mut line = Self { plain: Vec::new(), keys: BTreeMap::new(), flags: Vec::new() };
        for word in words {
            match word.split_once('=').filter(|(key, _)| !key.is_empty()) {
                Some((key, value)) => _ = line.keys.insert(key.to_owned(), value.to_owned()),
                None if FLAGS.contains(&word) => line.flags.push(word.to_owned()),
                None => line.plain.push(word.to_owned()),
            }
        }
        line
    }

    fn word(&self, index: usize) -> Result<&str, String> {
        self.plain.get(index).map(String::as_str).ok_or_else(|| format!("word {index} is missing"))
    }

    fn key<T: FromStr>(&self, key: &str) -> Result<Option<T>, String> {
        self.keys.get(key).map(|value| number(value)).transpose()
    }

    fn flag(&self, flag: &str) -> bool {
        self.flags.iter().any(|word| word == flag)
    }
}

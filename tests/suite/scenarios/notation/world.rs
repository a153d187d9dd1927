//! Verbs of the notation for guests, cards, subscriptions and ranks.
//!
//! ```text
//! link list ana! ben:25 | link leave who=ben | link close     `!` marks the host; `cohost` makes them co-hosts
//! tickets ben:40 total=45
//! card glove mia times=5 from=13 for=30 b=9 | card award mia  from= a second of the scenario
//! task started | task settled failed
//! subscribe mia months=3 | subscribe mia gifted | barrage mia
//! rank 17 Weekly Ranking | became mia 2
//! ```

use std::sync::Arc;

use tiktop::events::{
    Barrage, BarrageKind, BattleItem, BattleTask, EventKind, Guest, GuestCoins, GuestTickets, Link, LinkScene,
    LinkSource, Rank, RankKind, RankRow, Subscribe, Viewer,
};
use tiktop::ids::{BattleId, UserId};
use tiktop::text::Text;

use super::{Words, host, moment, number, number_of, viewer};

/// The event of a verb of this family; nothing for other verbs.
pub(super) fn kind(verb: &str, line: &Words) -> Result<Option<EventKind>, String> {
    Ok(Some(match verb {
        "link" => EventKind::Link(Box::new(link(line)?)),
        "tickets" => EventKind::GuestTickets(GuestTickets {
            guests: line.plain.iter().map(|word| coins(word)).collect::<Result<_, _>>()?,
            total: line.key("total")?.unwrap_or(0),
            whole: false,
        }),
        "card" => EventKind::BattleItem(Box::new(card(line)?)),
        "task" => EventKind::BattleTask(BattleTask {
            battle: None,
            stage: word(line.word(0)?)?,
            progress: None,
            from: None,
            outcome: line.plain.get(1).map(|outcome| word(outcome)).transpose()?,
        }),
        "subscribe" => EventKind::Subscribe(Subscribe {
            from: viewer(line.word(0)?),
            months: line.key("months")?.unwrap_or(0),
            gifted: line.flag("gifted"),
        }),
        "barrage" => EventKind::Barrage(Barrage {
            kind: BarrageKind::Subscribe,
            code: 4,
            from: Some(viewer(line.word(0)?)),
            level: 0,
            text: "somebody subscribed for the first time".into(),
            scene: Text::default(),
        }),
        "rank" => EventKind::Rank(Box::new(Rank {
            rows: vec![RankRow { title: rest(line, 1), place: number(line.word(0)?)?, ..RankRow::default() }],
            ..rank(RankKind::Room)
        })),
        "became" => EventKind::Rank(Box::new(Rank {
            text: Text::from(format!("{} became the No. {} viewer", line.word(0)?, line.word(1)?)),
            ..rank(RankKind::Viewer)
        })),
        _ => return Ok(None),
    }))
}

fn rest(line: &Words, from: usize) -> Text {
    Text::from(line.plain.get(from..).unwrap_or_default().join(" "))
}

fn word<T: serde::de::DeserializeOwned>(word: &str) -> Result<T, String> {
    serde_json::from_value(word.into()).map_err(|error| error.to_string())
}

fn rank(kind: RankKind) -> Rank {
    Rank { kind, text: Text::default(), from: None, who: None, before: 0, place: 0, rows: Vec::new() }
}

fn coins(word: &str) -> Result<GuestCoins, String> {
    let (name, coins) = word.split_once(':').ok_or("no NAME:COINS")?;
    Ok(GuestCoins { id: UserId(number_of(name)), coins: number(coins)? })
}

fn link(line: &Words) -> Result<Link, String> {
    let guest = |word: &String| {
        let (name, coins) = word.split_once(':').map_or((word.as_str(), None), |(name, coins)| (name, Some(coins)));
        let (name, role) = name.strip_suffix('!').map_or((name, 0), |name| (name, 1));
        let person = match name.strip_prefix('*') {
            Some(name) => Arc::new(Viewer { id: Some(UserId(number_of(name))), ..Viewer::default() }),
            None => viewer(name),
        };
        Ok(Guest { person, coins: coins.map(number).transpose()?, since: None, role })
    };
    let guests: Vec<Guest> = line.plain.iter().skip(1).map(guest).collect::<Result<_, String>>()?;
    Ok(Link {
        source: LinkSource::Message,
        action: word(line.word(0)?)?,
        code: 0,
        scene: if line.flag("cohost") { LinkScene::CoHost } else { LinkScene::Guests },
        channel: None,
        guests: Some(guests).filter(|guests| !guests.is_empty()),
        waiting: line.key("waiting")?,
        who: line.keys.get("who").map(|name| UserId(number_of(name))),
    })
}

fn card(line: &Words) -> Result<BattleItem, String> {
    let name = line.word(1)?;
    Ok(BattleItem {
        battle: line.key("b")?.map(BattleId),
        kind: word(line.word(0)?)?,
        code: 0,
        from: Some(host(name)),
        side: None,
        text: Text::from(format!("{name} played a card")),
        multiplier: line.key("times")?.unwrap_or(0),
        starts_at: line.key::<f64>("from")?.map(|seconds| moment(seconds).wall),
        seconds: line.key("for")?.unwrap_or(0),
        extra_seconds: line.key("extra")?.unwrap_or(0),
    })
}

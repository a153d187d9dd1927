//! Verbs of the notation for what a host puts up.
//!
//! ```text
//! poll started p=5 until=60 blue red | poll votes p=5 blue:12 red:3 | poll ended p=5 blue:14 red:5
//! goal g=6 Rose:62/100 a new string
//! pin mia p=8 msg=7 for=60 hello there | unpin p=8
//! ask mia q=5 which song? | question shown|answered|deleted|turned_on q=5
//! caption and this is the second verse
//! ```

use tiktop::clock::Timestamp;
use tiktop::events::{
    Caption, CaptionText, EventKind, Goal, GoalPart, Pin, PinnedWhat, Poll, PollOption, Question, QuestionUpdate,
};
use tiktop::ids::{GoalId, MsgId, PinId, PollId};
use tiktop::text::Text;

use super::{Words, moment, number, viewer};

/// The event of a verb of this family; nothing for other verbs.
pub(super) fn kind(verb: &str, line: &Words) -> Result<Option<EventKind>, String> {
    Ok(Some(match verb {
        "poll" => EventKind::Poll(Box::new(poll(line)?)),
        "goal" => EventKind::Goal(Box::new(goal(line)?)),
        "pin" | "unpin" => EventKind::Pin(Box::new(pin(line, verb == "pin")?)),
        "ask" => EventKind::Question(Question {
            id: line.keys["q"].as_str().into(),
            from: viewer(line.word(0)?),
            text: rest(line, 1),
            asked_at: None,
        }),
        "question" => EventKind::QuestionUpdate(QuestionUpdate {
            id: line.keys.get("q").map(String::as_str).unwrap_or_default().into(),
            change: serde_json::from_value(line.word(0)?.into()).map_err(|error| error.to_string())?,
            from: None,
            text: rest(line, 1),
            by: None,
        }),
        "caption" => EventKind::Caption(Caption {
            texts: vec![CaptionText { language: "en".into(), text: rest(line, 0) }],
            spoken_at: None,
            lasts_ms: 0,
            sentence: 0,
            definite: false,
        }),
        _ => return Ok(None),
    }))
}

fn rest(line: &Words, from: usize) -> Text {
    Text::from(line.plain.get(from..).unwrap_or_default().join(" "))
}

fn poll(line: &Words) -> Result<Poll, String> {
    let option = |(index, word): (usize, &String)| {
        let (text, votes) = word.split_once(':').unwrap_or((word, "0"));
        Ok(PollOption { index: index as u32, text: text.into(), votes: number(votes)? })
    };
    let ends_at: Option<Timestamp> = line.key::<f64>("until")?.map(|seconds| moment(seconds).wall);
    Ok(Poll {
        id: line.key("p")?.map(PollId),
        stage: serde_json::from_value(line.word(0)?.into()).map_err(|error| error.to_string())?,
        title: Text::default(),
        options: line.plain.iter().skip(1).enumerate().map(option).collect::<Result<_, String>>()?,
        starts_at: None,
        ends_at,
        by: None,
    })
}

fn goal(line: &Words) -> Result<Goal, String> {
    let (name, numbers) = line.word(0)?.split_once(':').ok_or("no NAME:PROGRESS/TARGET")?;
    let (progress, target) = numbers.split_once('/').ok_or("no PROGRESS/TARGET")?;
    let (progress, target) = (number(progress)?, number(target)?);
    Ok(Goal {
        id: line.key("g")?.map(GoalId),
        text: rest(line, 1),
        parts: vec![GoalPart { kind: 1, name: name.into(), progress, target, ..GoalPart::default() }],
        ..Goal::default()
    })
}

fn pin(line: &Words, pinned: bool) -> Result<Pin, String> {
    Ok(Pin {
        id: line.key("p")?.map(PinId),
        pinned,
        message: line.key("msg")?.map(MsgId),
        what: PinnedWhat::Chat,
        from: line.plain.first().map(|name| viewer(name)),
        text: rest(line, 1),
        pinned_at: None,
        seconds: line.key("for")?.unwrap_or(0),
        by: None,
    })
}

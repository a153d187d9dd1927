//! Command `tiktop people [@name]`: who was seen, what they gave, and all that is known of one of them.

use std::process::ExitCode;

use clap::Args;
use color_eyre::eyre::Result;
use serde_json::json;

use super::history::{reader, settings};
use super::query::{UNPRICED, WHOLE, print_facts, print_fitted_table, print_json, print_legend, print_table};
use super::{SettingsArgs, UsageError, output};
use crate::history::{HistoryReader, KnownPerson, PersonRow, PersonSort, annotate, coins, coins_in_words, local_time};
use crate::run;
use crate::text::{Text, clip, counted};

/// Columns of a name in a list.
const NAME: usize = 24;
/// What yields where a terminal is narrow, and to how many columns: who it is and what they gave comes first.
const YIELDING: [(usize, usize); 7] = [(5, WHOLE), (7, 6), (6, WHOLE), (2, WHOLE), (3, WHOLE), (1, 8), (0, 12)];

/// Show people of the history.
#[derive(Debug, Args)]
pub(super) struct PeopleArgs {
    /// Somebody: @name, now or once, a user id, or a part of a name. Without: who was seen last.
    #[arg(value_name = "@NAME")]
    name: Option<String>,
    /// Who gave most first.
    #[arg(long)]
    top: bool,
    /// So many at most.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// Write a note about the person; an empty one takes it away.
    #[arg(long, value_name = "TEXT", requires = "name")]
    note: Option<String>,
    /// Give the person a tag; an empty one takes it away.
    #[arg(long, value_name = "WORD", requires = "name")]
    tag: Option<String>,
    /// Print one JSON object instead.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &PeopleArgs, settings_args: &SettingsArgs) -> Result<ExitCode> {
    let reader = reader(settings_args)?;
    let Some(name) = &args.name else {
        let sort = if args.top { PersonSort::Coins } else { PersonSort::Seen };
        let people = reader.list_people(sort, args.limit)?;
        return list(&people, args.json);
    };
    let writes = args.note.is_some() || args.tag.is_some();
    // One of many is nobody in particular, however few are to be listed.
    let found = reader.people_called(name, if writes { args.limit.max(2) } else { args.limit })?;
    match found.as_slice() {
        [] => {
            output::warn(&format!("nobody called {name} was seen"));
            Ok(ExitCode::FAILURE)
        }
        &[id] => {
            if writes {
                let folder = run::history_folder(&settings(settings_args)?)?;
                annotate(&folder, id, args.note.as_deref(), args.tag.as_deref())?;
            }
            one(&reader, id, args.json)
        }
        many => {
            let mut people = Vec::new();
            for &id in many {
                people.extend(reader.person(id)?);
            }
            if writes {
                choice(&people, args.json)?;
                let sentence = format!(
                    "several people fit {name}, and nothing was written: name one of these by @handle or by id"
                );
                return Err(UsageError(sentence).into());
            }
            list(&people, args.json)
        }
    }
}

fn list(people: &[PersonRow], as_json: bool) -> Result<ExitCode> {
    if as_json {
        print_json(&json!({ "people": people }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let cell = |text: &str| clip(Text::new(text).as_str(), NAME).into_owned();
    let rows: Vec<_> = people
        .iter()
        .map(|person| {
            [
                format!("@{}", cell(&person.handle)),
                cell(&person.nickname),
                person.lives.to_string(),
                person.chats.to_string(),
                coins(person.coins, person.unpriced),
                local_time(person.first_seen),
                local_time(person.last_seen),
                cell(person.tag.as_deref().unwrap_or_default()),
            ]
        })
        .collect();
    let head = ["person", "name", "lives", "said", "coins", "first seen", "last seen", "tag"];
    print_fitted_table(head, [false, false, true, true, true, false, false, false], &YIELDING, &rows)?;
    print_legend(&[(people.iter().any(|person| person.unpriced > 0), UNPRICED)])?;
    Ok(ExitCode::SUCCESS)
}

/// Whom a name may mean, with what each is named by.
fn choice(people: &[PersonRow], as_json: bool) -> Result<ExitCode> {
    if as_json {
        return list(people, true);
    }
    let handle = |person: &PersonRow| match person.handle.as_str() {
        "" => String::new(),
        handle => format!("@{}", Text::new(handle)),
    };
    let name = |person: &PersonRow| clip(Text::new(&person.nickname).as_str(), NAME).into_owned();
    let rows: Vec<_> = people
        .iter()
        .map(|person| [handle(person), name(person), person.id.to_string(), local_time(person.last_seen)])
        .collect();
    print_fitted_table(["person", "name", "id", "last seen"], [false, false, true, false], &[(3, 16), (1, 8)], &rows)?;
    Ok(ExitCode::SUCCESS)
}

fn one(reader: &HistoryReader, id: i64, as_json: bool) -> Result<ExitCode> {
    let Some(KnownPerson { person, past, here, said, .. }) = reader.person_card(id)? else {
        return Ok(ExitCode::FAILURE);
    };
    if as_json {
        print_json(&json!({ "person": person, "past_handles": past, "rooms": here, "said": said }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let names: Vec<_> =
        past.iter().map(|past| format!("@{} (until {})", past.handle, local_time(past.until))).collect();
    print_facts(&[
        ("person", format!("@{}  {}", person.handle, person.nickname)),
        ("id", person.id.to_string()),
        ("was called", names.join(", ")),
        ("first seen", local_time(person.first_seen)),
        ("last seen", local_time(person.last_seen)),
        ("lives", person.lives.to_string()),
        ("said", person.chats.to_string()),
        ("gave", {
            let gifts = counted(person.gifts, "gift", "gifts");
            format!("{gifts}, {}", coins_in_words(person.coins, person.unpriced))
        }),
        ("tag", person.tag.clone().unwrap_or_default()),
        ("note", person.note.clone().unwrap_or_default()),
    ])?;
    if !here.is_empty() {
        let rows: Vec<_> = here
            .iter()
            .map(|here| {
                let is = [(here.moderator, "moderator"), (here.subscriber, "subscriber"), (here.follower, "follower")];
                let is: Vec<_> = is.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
                [
                    format!("@{}", here.room),
                    here.lives.to_string(),
                    here.chats.to_string(),
                    here.coins.to_string(),
                    local_time(here.last_at),
                    is.join(", "),
                ]
            })
            .collect();
        output::print_line("")?;
        print_table(
            ["room", "lives", "said", "coins", "last seen", "is"],
            [false, true, true, true, false, false],
            &rows,
        )?;
    }
    if !said.is_empty() {
        output::print_line("")?;
        for line in said.iter().rev() {
            let text = Text::new(&line.text);
            let text = if text.is_empty() { "(a sticker)" } else { text.as_str() };
            output::print_line(&format!("{}  @{}  {text}", local_time(line.at), line.room))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::query::fitted;

    #[test]
    fn names_and_coins_stay_where_a_terminal_is_narrow() {
        let [usual, long] = [[16, 14, 5, 4, 7, 16, 16, 4], [25, 24, 5, 6, 12, 16, 16, 12]];
        assert_eq!(fitted(usual, &YIELDING, 80), [16, 14, 5, 4, 7, 0, 16, 4]);
        assert_eq!(fitted(long, &YIELDING, 80), [25, 24, 5, 6, 12, 0, 0, 0]);
        assert_eq!(fitted(long, &YIELDING, 60), [25, 19, 0, 0, 12, 0, 0, 0], "no number is cut");
        assert_eq!(fitted(long, &YIELDING, 120), [25, 24, 5, 6, 12, 0, 16, 12]);
    }
}

//! Desk of the service for the screen: rosters and searches, asked one after the other, so that a slow answer holds up nothing
//! else.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::events::{TopViewer, Viewer};
use crate::text::Text;
use crate::tui::{ListedLive, LiveSearch, RosterAnswer, RosterQuestion, ServiceAnswer, ServiceQuestion, ShownRoster};
use crate::webcast::{self, RoomInfo, RosterPerson, Service};

/// Questions that may wait; the screen asks once a minute, and when somebody searches.
const QUEUE: usize = 4;

/// Answers questions until nobody asks any more.
pub(super) fn serve(service: Arc<Service>) -> (mpsc::Sender<ServiceQuestion>, mpsc::Receiver<ServiceAnswer>) {
    let (questions, mut asked) = mpsc::channel::<ServiceQuestion>(QUEUE);
    let (answers, answered) = mpsc::channel(QUEUE);
    tokio::spawn(async move {
        while let Some(question) = asked.recv().await {
            let answer = match question {
                ServiceQuestion::Roster(RosterQuestion { room, room_id, host }) => {
                    let roster = service.roster(room_id, host).await;
                    let roster = roster.map(on_screen).map_err(|error| Text::from(error.to_string()));
                    ServiceAnswer::Roster(RosterAnswer { room, roster })
                }
                ServiceQuestion::Lives(words) => {
                    let found = service.search_live(&words).await;
                    let lives = found.map(|lives| lives.into_iter().map(listed).collect());
                    let lives = lives.map_err(|error| Text::from(error.to_string()));
                    ServiceAnswer::Lives(LiveSearch { words, lives })
                }
            };
            if answers.send(answer).await.is_err() {
                return;
            }
        }
    });
    (questions, answered)
}

/// A live that was found, as the screen lists it.
fn listed(live: RoomInfo) -> ListedLive {
    let target = live.unique_id.map_or_else(|| live.room_id.to_string(), |name| format!("@{name}"));
    ListedLive { target, title: live.title, watching: live.watching }
}

/// What the service told, as the screen shows it.
fn on_screen(told: webcast::Roster) -> ShownRoster {
    let person = |person: RosterPerson| {
        let RosterPerson { rank, score, id, unique_id, nickname, .. } = person;
        TopViewer { rank, score, viewer: Arc::new(Viewer { id, unique_id, nickname, ..Viewer::default() }) }
    };
    ShownRoster { total: told.total, anonymous: told.anonymous, ranks: told.people.into_iter().map(person).collect() }
}

//! Rosters for the screen: asked of the service one after the other, so that a slow answer holds up nothing else.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::events::{TopViewer, Viewer};
use crate::text::Text;
use crate::tui::{RosterAnswer, RosterQuestion, ShownRoster};
use crate::webcast::{self, RosterPerson, Service};

/// Questions that may wait; the screen asks once a minute.
const QUEUE: usize = 4;

/// Answers questions until nobody asks any more.
pub(super) fn serve(service: Arc<Service>) -> (mpsc::Sender<RosterQuestion>, mpsc::Receiver<RosterAnswer>) {
    let (questions, mut asked) = mpsc::channel::<RosterQuestion>(QUEUE);
    let (answers, answered) = mpsc::channel(QUEUE);
    tokio::spawn(async move {
        while let Some(RosterQuestion { room, room_id, host }) = asked.recv().await {
            let roster = service.roster(room_id, host).await;
            let roster = roster.map(on_screen).map_err(|error| Text::from(error.to_string()));
            if answers.send(RosterAnswer { room, roster }).await.is_err() {
                return;
            }
        }
    });
    (questions, answered)
}

/// What the service told, as the screen shows it.
fn on_screen(told: webcast::Roster) -> ShownRoster {
    let person = |person: RosterPerson| {
        let RosterPerson { rank, score, id, unique_id, nickname, .. } = person;
        TopViewer { rank, score, viewer: Arc::new(Viewer { id, unique_id, nickname, ..Viewer::default() }) }
    };
    ShownRoster { total: told.total, anonymous: told.anonymous, ranks: told.people.into_iter().map(person).collect() }
}

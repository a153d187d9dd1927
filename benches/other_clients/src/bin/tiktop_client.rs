//! Our client as our commands without a screen have it, with one reader: look-ups, gunzip, repeats, the room's state.

use std::sync::atomic::Ordering;

use other_clients::{Measure, READ, Server};
use tiktop::clock::Clock;
use tiktop::config::Secrets;
use tiktop::track::{RoomUpdate, Tracker, TrackerCommand, TrackerUpdate};
use tiktop::webcast::Service;

fn main() {
    let measure = Measure::of_this_program();
    let server = Server::start(measure, true);
    other_clients::runtime().block_on(async {
        let service = Service::headless(server.settings(), Secrets::default()).expect("the settings are good");
        let tracker = Tracker::start(service, Clock::system()).expect("the settings are good");
        let mut updates = tracker.subscribe(1 << 16, false);
        let name = server.name().parse().expect("a name of the simulator");
        tracker.commands().send(TrackerCommand::Add(name)).await.expect("the tracker runs");
        tokio::spawn(async move {
            while let Some(update) = updates.recv().await {
                if let TrackerUpdate::Room(_, RoomUpdate::Events(events)) = update {
                    READ.fetch_add(
                        events.iter().filter(|tallied| tallied.event.id.is_some()).count(),
                        Ordering::Relaxed,
                    );
                }
            }
        });
        measure.run().await;
        tracker.finish().await;
    });
}

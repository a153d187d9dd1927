//! Publisher of the transports' health: an update when it changed.

use std::sync::Arc;

use super::subscribers::Subscribers;
use super::update::TrackerUpdate;
use crate::clock::Clock;
use crate::webcast::{Failover, Health};

/// Tells every reader how the transports fare, and keeps what is left of their budgets fresh. Never returns.
pub(super) async fn publish_changes(failover: Failover, subscribers: Subscribers, clock: Clock) {
    let mut known = Vec::new();
    let mut changes = failover.changes();
    // Our own failover keeps the sender alive.
    while changes.changed().await.is_ok() {
        publish_if_changed(&mut known, &failover, &subscribers, &clock);
        // May take as long as a request does; what changes meanwhile is known after it.
        failover.refresh().await;
        publish_if_changed(&mut known, &failover, &subscribers, &clock);
    }
    std::future::pending::<()>().await;
}

fn publish_if_changed(known: &mut Vec<Health>, failover: &Failover, subscribers: &Subscribers, clock: &Clock) {
    let health = failover.health();
    if *known != health {
        known.clone_from(&health);
        subscribers.publish(&TrackerUpdate::Health(Arc::from(health)), clock.now());
    }
}

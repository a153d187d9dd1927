//! How the transports fare, for whoever looks: told when it changed.

use std::sync::Arc;

use super::outlet::Outlets;
use super::update::UpdateKind;
use crate::clock::Clock;
use crate::ids::RoomKey;
use crate::webcast::{Chooser, Health};

/// Tells every reader how the transports fare, and keeps what is left of their budgets fresh. Never returns.
pub(super) async fn tell(chooser: Chooser, outlets: Outlets, clock: Clock) {
    let mut told = Vec::new();
    let mut changes = chooser.changes();
    // Our own chooser keeps the sender alive.
    while changes.changed().await.is_ok() {
        tell_news(&mut told, &chooser, &outlets, &clock);
        // May take as long as a request does; what changes meanwhile is told after it.
        chooser.refresh().await;
        tell_news(&mut told, &chooser, &outlets, &clock);
    }
    std::future::pending::<()>().await;
}

fn tell_news(told: &mut Vec<Health>, chooser: &Chooser, outlets: &Outlets, clock: &Clock) {
    let health = chooser.health();
    if *told != health {
        told.clone_from(&health);
        outlets.publish(RoomKey::default(), &UpdateKind::Health(Arc::from(health)), clock.now());
    }
}

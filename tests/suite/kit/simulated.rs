//! Simulated service and the settings that point everything at it.

use std::sync::Arc;
use std::time::Duration;

use tiktop::config::{Secret, Secrets, Settings, TransportKind};
use tiktop::sim::{Sim, SimFault, SimOptions};
use tiktop::webcast::{Proxies, Service, point_at};

/// A simulator with so many messages a second in its first room, and these faults.
pub(crate) async fn sim(rate: f64, faults: &[SimFault]) -> Sim {
    sim_with(SimOptions { rate, faults: faults.to_vec(), ..SimOptions::default() }).await
}

pub(crate) async fn sim_with(options: SimOptions) -> Sim {
    Sim::start(options).await.expect("loopback has a free port")
}

/// Settings that lead every look-up and every transport to the simulator, by these transports.
pub(crate) fn settings(sim: &Sim, transports: &[TransportKind]) -> Settings {
    let mut settings = Settings { transports: transports.to_vec(), ..Settings::default() };
    point_at(&mut settings, &sim.base_url(), &sim.socket_url());
    settings.service.timeout_seconds = 5;
    settings.poll.interval_ms = 500;
    settings
}

/// The service of these settings with a key for the relay, and without a proxy.
pub(crate) fn keyed(settings: &Settings) -> Arc<Service> {
    let secrets = Secrets { cloud_key: Secret::new("k3y"), ..Secrets::default() };
    Service::with_proxies(settings, secrets, Proxies::None).unwrap()
}

/// Between two connections of rooms that come back together; people have half a second.
pub(crate) const TURN: Duration = Duration::from_millis(20);

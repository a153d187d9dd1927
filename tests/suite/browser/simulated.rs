//! Tests of the simulated service's own browser: what its pages go through reaches a room as over a socket of ours.

use rstest::rstest;
use tiktop::config::TransportKind;
use tiktop::events::PhaseKind;
use tiktop::sim::SimFault;

use crate::kit::{Scene, Setting};

/// One room heard through the browser.
async fn open(faults: &[SimFault]) -> Scene {
    Scene::open(Setting::with(&[TransportKind::Browser], faults)).await
}

#[rstest]
#[case(&[])]
#[case(&[SimFault::InvalidUtf8, SimFault::UnknownMethod, SimFault::WrongType, SimFault::EscapeNames])]
#[tokio::test(flavor = "multi_thread")]
async fn what_the_page_hears_is_counted_like_the_service_counts(#[case] faults: &[SimFault]) {
    let mut scene = open(faults).await;
    scene.hear(250).await;
    assert_eq!(scene.told().phases, [PhaseKind::LookingUp, PhaseKind::Connecting, PhaseKind::Live]);
    scene.end().await;
}

#[rstest]
#[case(&[SimFault::Drop])]
#[case(&[SimFault::Drop, SimFault::Duplicates])]
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_loses_its_socket_leaves_gaps_and_keeps_the_session(#[case] faults: &[SimFault]) {
    let mut scene = open(faults).await;
    scene.until_room("the second gap", |room| room.stats.gaps >= 2).await;
    scene.sim.set_faults(Vec::new());
    scene.hear(100).await;
    assert!(!scene.told().phases.contains(&PhaseKind::Reconnecting) && scene.room().stats.gap_ms > 0);
    scene.end().await;
}

//! Tests with a sender that gives a clip in one go and closes the line, every time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rstest::rstest;
use tiktop::clock::{Clock, Moment};
use tiktop::record::{FoundStreams, RecorderLimits, RecordingJob, StreamFailure, StreamSource};

use super::scene::{COPY, Ffmpeg, Play, Scene, Then, impatient, stream};

/// A script whose connections are written down, with so many addresses.
#[derive(Clone)]
struct Asked {
    play: Play,
    addresses: usize,
    clock: Clock,
    opened: Arc<Mutex<Vec<Moment>>>,
}

impl StreamSource for Asked {
    type Address = ();
    type Media = <Play as StreamSource>::Media;

    async fn resolve(&self, job: &RecordingJob) -> Result<FoundStreams<()>, StreamFailure> {
        let mut found = self.play.resolve(job).await?;
        found.offers = found.offers.iter().cycle().take(self.addresses).cloned().collect();
        Ok(found)
    }

    fn refer(&self, address: &(), media: &Self::Media, to: &str) -> Option<()> {
        self.play.refer(address, media, to)
    }

    async fn open(&self, address: &()) -> Result<Self::Media, StreamFailure> {
        self.opened.lock().unwrap().push(self.clock.now());
        self.play.open(address).await
    }
}

#[rstest]
#[case::one_address(1, |_| 0)]
#[case::four_addresses(4, |_| 0)]
#[case::a_little_new_each_time(1, |nth| nth * 40)]
#[tokio::test]
async fn a_sender_of_clips_is_asked_more_and_more_seldom(#[case] addresses: usize, #[case] from: fn(u32) -> u32) {
    const CLIPS: u32 = 7;
    let clips = (0..CLIPS).map(|nth| (stream(1, from(nth), from(nth) + 3_000), Then::End));
    let opened = Arc::<Mutex<Vec<Moment>>>::default();
    let source = Asked { play: Play::new(clips), addresses, clock: Clock::system(), opened: Arc::clone(&opened) };
    let short = Duration::from_millis(40);
    let limits = RecorderLimits { short, round: short * 32, ..impatient() };
    let mut scene = Scene::with(source, &Ffmpeg::Script(COPY), limits).await;
    scene.done().await;
    let opened = opened.lock().unwrap();
    assert!(opened.len() >= CLIPS as usize, "{}", opened.len());
    // A slow machine makes pauses longer, never shorter; each may be a quarter shorter than meant.
    for (nth, pair) in opened.windows(2).take(4).enumerate() {
        let pause = pair[1].since(pair[0]);
        assert!(pause >= short.mul_f64(0.7) * (1 << nth), "pause {nth}: {pause:?}");
    }
}

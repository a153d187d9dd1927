//! Tests of the timeline: overlaps, clocks that step, parts.

use proptest::prelude::*;

use super::super::flv::Reader;
use super::*;

/// A sender whose pictures are a group of 25 to the second, named by the second they belong to.
struct Sender {
    timeline: Timeline,
    now: Duration,
    /// TagKind and time of each tag written, by part.
    parts: Vec<Vec<(TagKind, u32)>>,
    heads: Vec<Arc<PartHead>>,
    holes: Vec<Hole>,
    millis: u64,
}

impl Sender {
    fn new() -> Self {
        Self::limited(PartLimits::default())
    }

    fn limited(limits: PartLimits) -> Self {
        let timeline = Timeline::new(limits);
        Self { timeline, now: Duration::ZERO, parts: Vec::new(), heads: Vec::new(), holes: Vec::new(), millis: 0 }
    }

    fn send(&mut self, tag: &Tag) {
        self.timeline.push(tag, self.now);
        self.receive();
    }

    fn finish(&mut self) {
        self.timeline.finish();
        self.receive();
    }

    fn receive(&mut self) {
        for piece in self.timeline.drain_pieces() {
            assert!(piece.millis >= self.millis, "recorded time never shrinks");
            self.millis = piece.millis;
            self.holes.extend(&piece.holes);
            let mut bytes = BytesMut::new();
            if piece.part as usize > self.parts.len() {
                self.parts.push(Vec::new());
                self.heads.push(Arc::clone(&piece.head));
                assert!(piece.bytes.starts_with(b"FLV") && piece.keyframe, "a part begins with a header");
            } else {
                write_header(true, true, &mut bytes);
            }
            bytes.extend_from_slice(&piece.bytes);
            let mut reader = Reader::default();
            reader.push(&bytes);
            while let Some(tag) = reader.next_tag().unwrap() {
                if tag.role() != TagRole::Config {
                    self.parts.last_mut().unwrap().push((tag.kind, tag.at));
                }
            }
        }
    }

    fn setup(&mut self, picture: u8) {
        self.send(&video(0, &[0x17, 0, 0, 0, 0, picture]));
        self.send(&audio(0, &[0xaf, 0, 0x12]));
    }

    /// Media from `from` to `to`, in milliseconds, on a clock that is `offset` ahead, content named by the time.
    fn media(&mut self, from: u32, to: u32, offset: u32) {
        for at in (from..to).step_by(40) {
            let name = at.to_be_bytes();
            let head = if at % 1_000 == 0 { 0x17 } else { 0x27 };
            self.send(&video(at + offset, &[&[head, 1, 0, 0, 0], &name[..]].concat()));
            self.send(&audio(at + offset + 3, &[&[0xaf, 1], &name[..]].concat()));
        }
    }

    fn pass(&mut self, millis: u64) {
        self.now += Duration::from_millis(millis);
    }

    fn pictures(&self, part: usize) -> Vec<u32> {
        self.times(part, TagKind::Video)
    }

    fn times(&self, part: usize, kind: TagKind) -> Vec<u32> {
        let tags = &self.parts[part - 1];
        tags.iter().filter(|(is, _)| *is == kind).map(|&(_, at)| at).collect()
    }

    /// Widest distance between two pictures of a part.
    fn hole(&self, part: usize) -> u32 {
        let pictures = self.pictures(part);
        pictures.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0)
    }
}

fn video(at: u32, body: &[u8]) -> Tag {
    Tag { kind: TagKind::Video, at, body: Bytes::copy_from_slice(body) }
}

fn audio(at: u32, body: &[u8]) -> Tag {
    Tag { kind: TagKind::Audio, at, body: Bytes::copy_from_slice(body) }
}

#[test]
fn a_part_begins_at_zero_and_loses_no_sound() {
    let mut sender = Sender::new();
    sender.setup(1);
    sender.media(360, 3_000, 5_000_000);
    assert_eq!(sender.parts[0][0], (TagKind::Audio, 0), "sound that came before the first whole picture is kept");
    assert_eq!(sender.pictures(1), (637..2_637).step_by(40).collect::<Vec<_>>());
    assert_eq!(sender.times(1, TagKind::Audio).len(), 66);
    assert_eq!(sender.millis, 2_600);
}

#[test]
fn a_new_connection_drops_what_was_written_already() {
    let mut sender = Sender::new();
    sender.setup(1);
    sender.media(0, 6_200, 100);
    sender.pass(300);
    sender.timeline.reconnected(false);
    sender.setup(1);
    sender.media(3_000, 9_000, 100);
    assert_eq!(sender.pictures(1), (0..9_000).step_by(40).collect::<Vec<_>>());
    assert_eq!(sender.parts.len(), 1);
}

#[test]
fn an_overlap_is_found_though_the_clock_restarted() {
    let mut sender = Sender::new();
    sender.setup(1);
    sender.media(0, 6_200, 0);
    sender.pass(300);
    sender.timeline.reconnected(false);
    sender.setup(1);
    sender.media(4_000, 9_000, 700_000);
    assert_eq!(sender.pictures(1), (0..9_000).step_by(40).collect::<Vec<_>>());
}

#[test]
fn an_outage_leaves_a_hole_of_its_length() {
    let mut sender = Sender::new();
    sender.setup(1);
    sender.media(0, 5_000, 0);
    sender.pass(4_000);
    sender.timeline.reconnected(false);
    sender.setup(1);
    sender.media(9_000, 12_000, 0);
    assert_eq!(sender.hole(1), 4_040);
    assert_eq!(sender.millis, 11_963);
}

#[test]
fn other_content_on_a_restarted_clock_is_kept_whole() {
    let mut sender = Sender::new();
    sender.setup(1);
    sender.media(20_000, 25_000, 0);
    sender.pass(70);
    sender.timeline.reconnected(false);
    sender.setup(1);
    sender.media(0, 3_000, 0);
    assert_eq!(sender.pictures(1).len(), 125 + 75);
    assert!(sender.hole(1) < 200, "{}", sender.hole(1));
}

#[test]
fn a_still_picture_is_joined_by_its_time() {
    let mut sender = Sender::new();
    sender.setup(1);
    let still = |at| video(at, &[0x17, 1, 0, 0, 0, 7]);
    (0..5).for_each(|second| sender.send(&still(second * 1_000)));
    sender.timeline.reconnected(false);
    sender.setup(1);
    (2..8).for_each(|second| sender.send(&still(second * 1_000)));
    assert_eq!(sender.pictures(1), [0, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000]);
}

#[test]
fn a_still_picture_after_an_outage_is_no_repetition() {
    let mut sender = Sender::new();
    sender.setup(1);
    let still = |at| video(at, &[0x17, 1, 0, 0, 0, 7]);
    (0..5).for_each(|second| sender.send(&still(second * 1_000)));
    sender.pass(3_000);
    sender.timeline.reconnected(false);
    sender.setup(1);
    (6..9).for_each(|second| sender.send(&still(second * 1_000)));
    assert_eq!(sender.pictures(1), [0, 1_000, 2_000, 3_000, 4_000, 6_000, 7_000, 8_000]);
}

#[test]
fn a_small_step_of_the_clock_is_no_hole_but_what_was_not_sent_is_one() {
    for (step, silence) in [(900, 0), (0, 900)] {
        let mut sender = Sender::new();
        sender.setup(1);
        let mut offset = 0;
        for nth in 0..60 {
            sender.pass(200);
            if nth == 30 {
                sender.pass(silence);
                offset = step + silence as u32;
            }
            sender.media(nth * 200, nth * 200 + 200, offset);
        }
        assert_eq!(sender.pictures(1).len(), 300);
        assert_eq!((sender.hole(1), sender.holes.len()), if step > 0 { (40, 0) } else { (940, 1) });
    }
    // What is kept for newcomers comes at once: a hole in it is one.
    let mut sender = Sender::new();
    sender.setup(1);
    sender.media(0, 2_000, 0);
    sender.media(2_000, 4_000, 900);
    assert_eq!(sender.hole(1), 940);
}

#[test]
fn a_clock_that_jumps_does_not_stretch_the_file() {
    let mut sender = Sender::new();
    sender.setup(1);
    sender.media(0, 3_000, 200_000);
    sender.pass(50);
    sender.media(3_000, 6_000, 3_800_000);
    sender.pass(50);
    sender.media(6_000, 9_000, 0);
    assert_eq!(sender.pictures(1).len(), 225);
    assert!((8_900..9_200).contains(&sender.millis), "{}", sender.millis);
}

#[test]
fn a_slow_reader_leaves_no_hole() {
    let mut sender = Sender::new();
    sender.setup(1);
    sender.media(0, 3_000, 0);
    sender.pass(30_000);
    sender.media(3_000, 6_000, 0);
    assert_eq!(sender.pictures(1), (0..6_000).step_by(40).collect::<Vec<_>>());
}

#[test]
fn a_clock_that_steps_back_a_little_loses_no_time() {
    let mut sender = Sender::new();
    sender.setup(1);
    sender.media(0, 5_000, 0);
    sender.pass(40);
    sender.media(3_000, 6_000, 0);
    assert!((7_900..8_100).contains(&sender.millis), "{}", sender.millis);
}

#[test]
fn a_new_setup_begins_a_part() {
    let mut sender = Sender::new();
    sender.setup(1);
    sender.media(0, 6_000, 0);
    sender.setup(2);
    sender.media(6_040, 9_000, 0);
    assert_eq!(sender.parts.len(), 2);
    assert_eq!(sender.pictures(1).len(), 150);
    assert_eq!(sender.pictures(2).len(), 50, "from the next keyframe");
    assert_eq!(sender.parts[1][0], (TagKind::Video, 0));
}

#[test]
fn a_new_setup_on_a_new_connection_begins_a_part() {
    let mut sender = Sender::new();
    sender.setup(1);
    sender.media(0, 6_000, 0);
    sender.timeline.reconnected(false);
    sender.setup(2);
    sender.media(5_000, 8_000, 0);
    assert_eq!(sender.parts.len(), 2);
    assert_eq!(sender.pictures(2).len(), 75);
}

#[test]
fn a_flickering_setup_does_not_leave_a_heap_of_files() {
    let mut sender = Sender::new();
    for second in 0..10 {
        sender.setup((second % 2) as u8);
        sender.media(second * 1_000, second * 1_000 + 1_000, 0);
    }
    assert!(sender.parts.len() <= 3, "{}", sender.parts.len());
}

#[test]
fn a_live_without_pictures_is_recorded_too() {
    let mut sender = Sender::new();
    sender.send(&audio(0, &[0xaf, 0, 0x12]));
    (0..400).for_each(|n| sender.send(&audio(n * 23, &[0xaf, 1, n as u8])));
    assert_eq!(sender.times(1, TagKind::Audio), (0..400).map(|n| n * 23).collect::<Vec<_>>());
    sender.timeline.reconnected(false);
    sender.send(&audio(0, &[0xaf, 1, 1]));
    assert_eq!(sender.parts.len(), 1);
}

fn any_tag() -> impl Strategy<Value = (Tag, u32, bool)> {
    let body = prop_oneof![
        Just(vec![0x17, 0, 0, 0, 0, 1]),
        Just(vec![0x17, 0, 0, 0, 0, 2]),
        Just(vec![0x17, 1, 0, 0, 0, 3]),
        Just(vec![0x27, 1, 0, 0, 0, 4]),
    ];
    let sound = prop_oneof![Just(vec![0xaf, 0, 5]), Just(vec![0xaf, 1, 6])];
    let tag = prop_oneof![
        (body, any::<u32>()).prop_map(|(body, at)| video(at, &body)),
        (sound, any::<u32>()).prop_map(|(body, at)| audio(at, &body)),
    ];
    (tag, any::<u32>(), prop::bool::weighted(0.1))
}

proptest! {
    #[test]
    fn whatever_comes_times_grow_within_a_part(tags in prop::collection::vec(any_tag(), 0..120)) {
        let mut sender = Sender::new();
        for (tag, pause, reconnect) in tags {
            if reconnect {
                sender.timeline.reconnected(false);
            }
            sender.pass(u64::from(pause % 20_000));
            sender.send(&tag);
        }
        for part in &sender.parts {
            for kind in [TagKind::Video, TagKind::Audio] {
                let times: Vec<_> = part.iter().filter(|(is, _)| *is == kind).map(|&(_, at)| at).collect();
                prop_assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
            }
        }
    }
}

/// Sound `skew` behind (or ahead of) the pictures it belongs to, both complete.
#[rstest::rstest]
#[case(5_000)]
#[case(-5_000)]
fn sound_sent_apart_from_its_picture_wrecks_no_clock(#[case] skew: i64) {
    let mut sender = Sender::new();
    sender.setup(1);
    for step in 0..400_i64 {
        sender.pass(40);
        let (picture, sound) = (20_000 + step * 40, 20_000 + step * 40 - skew);
        let head = if step % 25 == 0 { 0x17 } else { 0x27 };
        sender.send(&video(picture as u32, &[&[head, 1, 0, 0, 0], &picture.to_be_bytes()[..]].concat()));
        sender.send(&audio(sound as u32, &[&[0xaf, 1], &sound.to_be_bytes()[..]].concat()));
    }
    assert_eq!(sender.pictures(1), (0..16_000).step_by(40).collect::<Vec<_>>());
    let sounds: Vec<i64> =
        sender.parts[0].iter().filter(|(kind, _)| *kind == TagKind::Audio).map(|&(_, at)| i64::from(at)).collect();
    let expected: Vec<i64> = (0..16_000).step_by(40).map(|at| at - skew).filter(|&at| at >= 0).collect();
    assert_eq!(sounds, expected);
}

#[rstest::rstest]
#[case::half_a_second_back(-500)]
#[case::a_little_back(-100)]
#[case::ahead(5_000)]
#[case::far_ahead(3_600_000)]
fn a_step_of_the_clock_leaves_neither_a_hole_nor_a_crowd(#[case] by: i64) {
    let mut sender = Sender::new();
    sender.setup(1);
    for step in 0..200_i64 {
        sender.pass(40);
        let at = (10_000 + step * 40 + if step >= 100 { by } else { 0 }) as u32;
        let head = if step % 25 == 0 { 0x17 } else { 0x27 };
        sender.send(&video(at, &[&[head, 1, 0, 0, 0], &step.to_be_bytes()[..]].concat()));
        sender.send(&audio(at + 3, &[&[0xaf, 1], &step.to_be_bytes()[..]].concat()));
    }
    let pictures = sender.pictures(1);
    assert_eq!(pictures.len(), 200);
    assert!(pictures.windows(2).all(|pair| (30..60).contains(&(pair[1] - pair[0]))), "{pictures:?}");
}

#[test]
fn an_overlap_is_dropped_where_only_sound_comes() {
    let mut sender = Sender::new();
    let sound = |sender: &mut Sender, from: u32, to: u32, offset: u32| {
        for at in (from..to).step_by(20) {
            sender.send(&audio(at + offset, &[&[0xaf, 1], &at.to_be_bytes()[..]].concat()));
        }
    };
    sender.timeline.reconnected(true);
    sound(&mut sender, 0, 6_000, 0);
    sender.pass(500);
    sender.timeline.reconnected(true);
    sound(&mut sender, 4_000, 8_000, 700_000);
    let times: Vec<u32> = sender.parts[0].iter().map(|&(_, at)| at).collect();
    assert_eq!(times, (0..8_000).step_by(20).collect::<Vec<_>>());
}

#[test]
fn sound_that_is_stopped_before_it_is_known_to_be_alone_is_kept() {
    let mut sender = Sender::new();
    sender.send(&audio(0, &[0xaf, 0, 0x12]));
    (0..40).for_each(|n| sender.send(&audio(n * 23, &[0xaf, 1, n as u8])));
    assert!(sender.parts.is_empty());
    sender.finish();
    assert_eq!(sender.times(1, TagKind::Audio).len(), 40);
}

#[test]
fn a_flicker_loses_no_picture() {
    let mut sender = Sender::new();
    for second in 0..10 {
        sender.setup((second % 2) as u8);
        sender.media(second * 1_000, second * 1_000 + 1_000, 0);
        sender.pass(1_000);
    }
    assert!(sender.parts.len() <= 3, "{}", sender.parts.len());
    assert_eq!((1..=3).map(|part| sender.pictures(part).len()).sum::<usize>(), 250);
    assert_eq!((1..=3).map(|part| sender.times(part, TagKind::Audio).len()).sum::<usize>(), 250);
    assert_eq!(sender.heads.iter().map(|head| head.mixed).collect::<Vec<_>>(), [false, false, true]);
    // It has stayed for long enough: Matroska again.
    for second in 10..30 {
        sender.media(second * 1_000, second * 1_000 + 1_000, 0);
        sender.pass(1_000);
    }
    assert_eq!(sender.heads.iter().map(|head| head.mixed).collect::<Vec<_>>(), [false, false, true, false]);
    assert_eq!((1..=4).map(|part| sender.pictures(part).len()).sum::<usize>(), 750);
}

#[test]
fn a_new_setup_of_the_sound_loses_none_of_it() {
    let mut sender = Sender::new();
    sender.setup(1);
    sender.media(0, 6_400, 0);
    sender.send(&audio(6_400, &[0xaf, 0, 0x11]));
    sender.media(6_400, 9_000, 0);
    assert_eq!(sender.parts.len(), 2);
    assert_eq!(sender.pictures(1).len() + sender.pictures(2).len(), 225);
    assert_eq!(sender.times(1, TagKind::Audio).len() + sender.times(2, TagKind::Audio).len(), 225);
}

/// Sound that is sent `late` behind the picture it belongs to.
#[rstest::rstest]
#[case(0)]
#[case(90)]
#[case(3_000)]
fn a_cut_loses_nothing(#[case] late: u32) {
    let mut sender = Sender::limited(PartLimits { length: Some(5_000), bytes: None });
    sender.setup(1);
    let name = |at: u32| at.to_be_bytes();
    for at in (20_000..40_000).step_by(40) {
        sender.pass(40);
        let head = if at % 2_000 == 0 { 0x17 } else { 0x27 };
        sender.send(&video(at, &[&[head, 1, 0, 0, 0], &name(at)[..]].concat()));
        if at - late >= 20_000 {
            sender.send(&audio(at - late + 3, &[&[0xaf, 1], &name(at)[..]].concat()));
        }
    }
    sender.finish();
    assert_eq!(sender.parts.len(), 4);
    assert_eq!((1..=4).map(|part| sender.pictures(part).len()).sum::<usize>(), 500);
    let sounds = (1..=4).map(|part| sender.times(part, TagKind::Audio).len()).sum::<usize>();
    assert_eq!(sounds as u32, 500 - late.div_ceil(40));
    assert_eq!(sender.pictures(2)[0], 0);
}

#[test]
fn only_sound_went_on_and_its_overlap_is_dropped_on_another_clock() {
    let mut sender = Sender::new();
    sender.setup(1);
    sender.media(0, 3_000, 0);
    let sound = |sender: &mut Sender, from: u32, to: u32, offset: u32| {
        (from..to)
            .step_by(40)
            .for_each(|at| sender.send(&audio(at + offset + 3, &[&[0xaf, 1], &at.to_be_bytes()[..]].concat())));
    };
    sound(&mut sender, 3_000, 9_000, 0);
    sender.pass(400);
    sender.timeline.reconnected(false);
    sender.setup(1);
    sound(&mut sender, 7_000, 9_400, 800_000);
    sender.media(9_400, 9_500, 800_000);
    sender.media(10_000, 12_000, 800_000);
    sender.finish();
    let sounds = sender.times(1, TagKind::Audio);
    assert_eq!(sounds[..225], (3..9_000).step_by(40).collect::<Vec<_>>());
    assert_eq!(sounds.len(), 225 + 10 + 3 + 50, "{sounds:?}");
    assert!(sounds.windows(2).all(|pair| pair[1] - pair[0] == 40 || pair[1] - pair[0] == 520), "{sounds:?}");
}

#[test]
fn a_hole_is_told_with_its_place_and_length() {
    let mut sender = Sender::new();
    sender.setup(1);
    sender.media(0, 5_000, 0);
    sender.pass(4_000);
    sender.timeline.reconnected(false);
    sender.setup(1);
    sender.media(9_000, 12_000, 0);
    assert_eq!(sender.holes, [Hole { at: 4_963, length: 4_037 }]);
}

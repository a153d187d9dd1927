//! Recording of the demo for `asciinema play`, written by the program itself.

use std::path::PathBuf;
use std::time::Instant;

use serde_json::json;

use super::{Duration, RecvTimeoutError, open_sized};

/// Rows and columns.
const SIZE: (u16, u16) = (34, 118);
/// Bytes that it may have: it lies in the repository.
const LARGEST: usize = 600_000;

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/demo.cast")
}

/// Keys of the tour, and the second at which each is pressed.
const TOUR: [(u64, &str); 15] = [
    (14, "W"),
    (20, "W"),
    (21, "v"),
    (25, "v"),
    (26, "k"),
    (27, "k"),
    (28, "\r"),
    (32, "\x1b"),
    (33, "G"),
    (34, "i"),
    (37, "\x1b"),
    (38, "]"),
    (43, "["),
    (44, "F"),
    (48, "F"),
];
const END: Duration = Duration::from_secs(58);

#[test]
#[ignore = "takes a minute: records assets/demo.cast anew, for when the screen changed"]
#[allow(clippy::disallowed_methods, reason = "a recording has the times at which it was made")]
fn the_demo_is_recorded() {
    let mut seen = open_sized(&["demo"], SIZE, &[]);
    let mut tour = TOUR.iter().peekable();
    let mut lines = vec![json!({
        "version": 2, "width": SIZE.1, "height": SIZE.0, "title": "tiktop demo",
        "env": { "TERM": "xterm-256color" },
    })];
    let (mut rest, began) = (Vec::new(), Instant::now());
    while began.elapsed() < END {
        let next = tour.peek().map_or(END, |(second, _)| Duration::from_secs(*second));
        match seen.chunks.recv_timeout(next.saturating_sub(began.elapsed())) {
            Ok(chunk) => {
                rest.extend(chunk);
                // A character that is not whole yet waits for its end.
                let whole = match std::str::from_utf8(&rest) {
                    Ok(_) => rest.len(),
                    Err(error) => error.valid_up_to(),
                };
                let text = String::from_utf8_lossy(&rest[..whole]).into_owned();
                rest.drain(..whole);
                let millis = u64::try_from(began.elapsed().as_millis()).unwrap();
                lines.push(json!([millis as f64 / 1e3, "o", text]));
            }
            Err(RecvTimeoutError::Timeout) => {
                if let Some((_, keys)) = tour.next() {
                    seen.press(keys);
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    seen.press("\u{3}");
    let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    std::fs::write(file(), lines.join("\n") + "\n").unwrap();
}

#[test]
fn the_recording_of_the_demo_can_be_played() {
    let text = std::fs::read_to_string(file()).unwrap();
    assert!(text.len() < LARGEST, "{} bytes", text.len());
    let mut lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    assert_eq!(lines.next().unwrap()["version"], 2);
    let mut screen = vt100::Parser::new(super::cells(SIZE.0), super::cells(SIZE.1), 0);
    let (mut last, mut shown) = (0.0, String::new());
    for line in lines {
        let at = line[0].as_f64().unwrap();
        assert!(at >= last, "time runs backwards at {at}");
        last = at;
        screen.process(line[2].as_str().unwrap().as_bytes());
        shown.push_str(&screen.screen().contents());
    }
    for words in ["ana.live", "Battle", "ahead", "Inbox"] {
        assert!(shown.contains(words), "{words} is never seen");
    }
}

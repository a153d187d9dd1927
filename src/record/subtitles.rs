//! Subtitles made of chat: SubRip for every player, ASS as a rolling chat in a corner. Pure.

use std::fmt::Write;

use super::companion_files::CueLine;

/// A line stays this long.
const SHOWN_MS: u64 = 4_000;
/// Lines at a time in SubRip, whose players put them over the picture.
const SRT_LINES: usize = 3;
/// Lines of the rolling chat.
const ASS_LINES: usize = 8;
/// How long a line of the rolling chat stays when nothing follows.
const ROLL_MS: u64 = 10_000;

/// SubRip: one cue a line of chat, a few at a time at most, none longer than the part of `length` milliseconds.
pub(super) fn srt(cues: &[&CueLine], length: u64) -> String {
    let mut text = String::new();
    for (nth, cue) in cues.iter().enumerate() {
        let from = cue.part_ms;
        let end = (from + SHOWN_MS).min(length.max(from + 1));
        // One that would be too many makes the oldest go.
        let until = cues.get(nth + SRT_LINES).map_or(end, |next| next.part_ms.clamp(from + 1, end));
        let words = spoken(cue).replace("-->", "->").replace('<', "\u{2039}").replace('>', "\u{203a}");
        let _ = write!(text, "{}\n{} --> {}\n{words}\n\n", nth + 1, time(from, ','), time(until, ','));
    }
    text
}

/// ASS: the last lines bottom left, gifts in colour; none is shown longer than the part of `length` milliseconds.
pub(super) fn ass(cues: &[&CueLine], length: u64) -> String {
    let mut text = String::from(
        "[Script Info]\nScriptType: v4.00+\nPlayResX: 720\nPlayResY: 1280\nWrapStyle: 1\n\n[V4+ Styles]\n\
         Format: Name, Fontname, Fontsize, PrimaryColour, OutlineColour, Outline, Alignment, MarginL, MarginR, MarginV\n\
         Style: Chat,sans-serif,30,&H00FFFFFF,&H80000000,2,1,24,160,40\n\n[Events]\n\
         Format: Layer, Start, End, Style, Text\n",
    );
    for (nth, cue) in cues.iter().enumerate() {
        let from = cue.part_ms;
        let until = (from + ROLL_MS).min(length.max(from));
        let next = cues.get(nth + 1).map_or(until, |next| next.part_ms.clamp(from, until));
        // Counted in hundredths.
        if next / 10 == from / 10 {
            continue;
        }
        let first = (nth + 1).saturating_sub(ASS_LINES);
        let shown =
            cues.get(first..=nth).unwrap_or_default().iter().filter(|line| from - line.part_ms.min(from) < ROLL_MS);
        let lines: Vec<_> = shown.map(|line| ass_line(line)).collect();
        let (start, end) = (time(from, '.'), time(next, '.'));
        // Hundredths, not thousandths.
        let cut = |time: &str| time.get(1..time.len() - 1).unwrap_or_default().to_owned();
        let _ = writeln!(text, "Dialogue: 0,{},{},Chat,{}", cut(&start), cut(&end), lines.join("\\N"));
    }
    text
}

fn ass_line(cue: &CueLine) -> String {
    let words = spoken(cue).replace('\\', "\u{2216}").replace('{', "(").replace('}', ")");
    if cue.kind == "gift" { format!("{{\\c&H00D7FF&}}{words}{{\\c}}") } else { words }
}

/// Who said or did what, in one line.
fn spoken(cue: &CueLine) -> String {
    let name = if cue.nickname.trim().is_empty() { &cue.user } else { &cue.nickname };
    let said = match cue.kind.as_str() {
        "chat" => format!("{name}: {}", cue.text),
        "gift" => format!("{name} gave {}", cue.text),
        kind => format!("{name}: {kind}"),
    };
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `00:01:02,345`.
fn time(millis: u64, point: char) -> String {
    let seconds = millis / 1_000;
    format!("{:02}:{:02}:{:02}{point}{:03}", seconds / 3_600, seconds / 60 % 60, seconds % 60, millis % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cue(part_ms: u64, kind: &str, text: &str) -> CueLine {
        let (user, nickname) = ("ben".to_owned(), "Ben".to_owned());
        let (kind, text, t) = (kind.to_owned(), text.to_owned(), String::new());
        CueLine { rec_ms: part_ms, part: 1, part_ms, t, kind, user, nickname, text }
    }

    #[test]
    fn lines_of_subrip_are_few_at_a_time_and_hold_no_markup() {
        let cues = [
            cue(0, "chat", "a <b>--> c\nd"),
            cue(500, "gift", "Rose x5"),
            cue(900, "chat", "x"),
            cue(1_500, "chat", "y"),
        ];
        insta::assert_snapshot!(srt(&cues.iter().collect::<Vec<_>>(), 60_000), @"
        1
        00:00:00,000 --> 00:00:01,500
        Ben: a ‹b›-› c d

        2
        00:00:00,500 --> 00:00:04,500
        Ben gave Rose x5

        3
        00:00:00,900 --> 00:00:04,900
        Ben: x

        4
        00:00:01,500 --> 00:00:05,500
        Ben: y
        ");
    }

    #[test]
    fn the_rolling_chat_shows_the_last_lines_and_escapes_what_ass_would_read() {
        let cues = [cue(0, "chat", r"{\b1}hi\N"), cue(3_000, "gift", "Rose x5")];
        let made = ass(&cues.iter().collect::<Vec<_>>(), 60_000);
        let events: Vec<_> = made.lines().filter(|line| line.starts_with("Dialogue")).collect();
        assert_eq!(
            events,
            [
                "Dialogue: 0,0:00:00.00,0:00:03.00,Chat,Ben: (∖b1)hi∖N",
                r"Dialogue: 0,0:00:03.00,0:00:13.00,Chat,Ben: (∖b1)hi∖N\N{\c&H00D7FF&}Ben gave Rose x5{\c}",
            ]
        );
    }
}

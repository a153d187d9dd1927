//! Picture of the README, drawn from the screen itself: it cannot show what the program does not.

use std::fmt::Write as _;
use std::path::Path;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::stage::{self, Stage};

/// Size of a cell in the picture.
const CELL: (usize, usize) = (8, 17);
const TEXT: &str = "#d8dee9";
const GROUND: &str = "#1c2028";
/// Set to draw the picture anew after the screen changed on purpose.
const UPDATE: &str = "TIKTOP_UPDATE_PICTURES";

#[test]
fn the_pictures_in_the_readme_are_the_screen() {
    // A picture, the keys that lead to it, and its size.
    let pictures = [
        ("room", "", (120, 36)),
        ("wide", "", (180, 48)),
        ("wall", "W", (150, 38)),
        ("rooms", "v", (120, 12)),
        ("person", "k enter", (90, 24)),
        ("inbox", "i", (100, 16)),
        ("graphs", "tab tab z", (100, 24)),
    ];
    for (name, keys, (width, height)) in pictures {
        let mut stage = Stage::new();
        stage::evening(&mut stage);
        stage::battle(&mut stage);
        stage.picture(width, height);
        if matches!(name, "wall" | "wide") {
            lively(&mut stage);
        }
        if name == "person" {
            let mia = std::sync::Arc::new(stage::viewer(102, "mia"));
            stage.say(2, &mia, "is anybody else coming over from ana's live?");
            stage.say(1, &mia, "thank you all for tonight");
        }
        stage.press(keys);
        let drawn = svg(stage.picture(width, height).backend().buffer());
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("assets/screenshots/{name}.svg"));
        if std::env::var_os(UPDATE).is_some() {
            std::fs::write(&path, &drawn).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == drawn, "the screen changed: run the test once with {UPDATE}=1 and look at {}", path.display());
    }
}

/// All four rooms on air, each with people who talk and give.
fn lively(stage: &mut Stage) {
    stage.go_live(3, "cleo", "reading at night", 311);
    stage.go_live(4, "dave", "fixing an old radio", 96);
    let people = ["mia", "Kit", "Joon", "ola", "Sam", "zoe", "pat", "lia", "Tomás", "Noor"];
    let said = [
        "hello from Lisbon",
        "what song is this?",
        "that colour suits you",
        "so good",
        "can you say hi to my sister?",
        "first time here, I stay",
        "the light is beautiful",
        "who wins tonight?",
        "one more, please!",
        "see you all tomorrow",
        "this made my day",
    ];
    let swan = stage::gift(7_001, "Swan", 699, 2);
    for (nth, text) in (0..84).zip(said.iter().cycle()) {
        let name = people[nth * 7 % people.len()];
        let who = stage::viewer(600 + i64::try_from(nth * 7 % people.len()).unwrap(), name);
        let who = std::sync::Arc::new(tiktop::events::Viewer {
            moderator: name == "Kit",
            subscriber: name == "pat",
            gifter_level: if name == "mia" { 31 } else { 0 },
            ..who
        });
        let room = 1 + nth as u64 % 4;
        let nth = u64::try_from(nth).unwrap();
        stage.say(room, &who, &format!("{text}{}", ["", " :)", "!"][usize::try_from(nth / 11 % 3).unwrap()]));
        if nth % 13 == 5 {
            stage.give(room, &who, &swan, 1, true);
        }
        stage.watching(room, [1_300, 842, 311, 96][usize::try_from(room - 1).unwrap()] + nth * 3 % 40);
    }
}

fn svg(buffer: &Buffer) -> String {
    let (width, height) = (usize::from(buffer.area.width), usize::from(buffer.area.height));
    let (wide, high) = (width * CELL.0 + 16, height * CELL.1 + 16);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {wide} {high}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{GROUND}\"/>\n\
         <g font-family=\"ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"13\" xml:space=\"preserve\">\n"
    );
    for (y, row) in buffer.content().chunks(width).enumerate() {
        let mut from = 0;
        while from < row.len() {
            let run = row[from..].iter().take_while(|cell| look(cell) == look(&row[from])).count();
            let text = visible(&row[from..from + run]);
            ground(&mut svg, (from, y), run, &row[from]);
            // Each word stands at its own column, whatever the viewer's font makes of blanks and wide characters.
            let mut column = from;
            for word in text.split_inclusive(' ') {
                if !word.trim().is_empty() {
                    paint(&mut svg, (column, y), word.trim_end(), &row[from]);
                }
                column += tiktop::text::width(word);
            }
            from += run;
        }
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// The symbols of a run; the second cell of a wide character holds none.
fn visible(run: &[Cell]) -> String {
    let mut text = String::new();
    let mut skip = 0;
    for cell in run {
        if skip > 0 {
            skip -= 1;
            continue;
        }
        text.push_str(cell.symbol());
        skip = tiktop::text::width(cell.symbol()).saturating_sub(1);
    }
    text
}

/// What a run stands on, where that is not the ground of the picture.
fn ground(svg: &mut String, (x, y): (usize, usize), columns: usize, cell: &Cell) {
    let is_reversed = cell.modifier.contains(Modifier::REVERSED);
    let fill = match cell.bg {
        _ if is_reversed => colour(cell.fg),
        Color::Reset => return,
        bg => colour(bg),
    };
    let (left, top, wide, high) = (8 + x * CELL.0, 8 + y * CELL.1, columns * CELL.0, CELL.1);
    writeln!(svg, "<rect x=\"{left}\" y=\"{top}\" width=\"{wide}\" height=\"{high}\" fill=\"{fill}\"/>").unwrap();
}

fn paint(svg: &mut String, (x, y): (usize, usize), text: &str, cell: &Cell) {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut style = String::new();
    if cell.modifier.contains(Modifier::BOLD) {
        style.push_str(" font-weight=\"bold\"");
    }
    if cell.modifier.contains(Modifier::DIM) {
        style.push_str(" opacity=\"0.6\"");
    }
    if cell.modifier.contains(Modifier::CROSSED_OUT) {
        style.push_str(" text-decoration=\"line-through\"");
    }
    let columns = tiktop::text::width(text);
    let (left, base, length) = (8 + x * CELL.0, 8 + y * CELL.1 + 13, columns * CELL.0);
    let fill = if cell.modifier.contains(Modifier::REVERSED) { GROUND } else { colour(cell.fg) };
    writeln!(
        svg,
        "<text x=\"{left}\" y=\"{base}\" textLength=\"{length}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{fill}\"{style}>{escaped}</text>"
    )
    .unwrap();
}

fn look(cell: &Cell) -> (Color, Color, Modifier) {
    (cell.fg, cell.bg, cell.modifier)
}

/// The terminal's own 16 colours, as a dark theme has them.
fn colour(colour: Color) -> &'static str {
    match colour {
        Color::Black => "#4c566a",
        Color::Red => "#bf616a",
        Color::Green => "#a3be8c",
        Color::Yellow => "#ebcb8b",
        Color::Blue => "#81a1c1",
        Color::Magenta => "#b48ead",
        Color::Cyan => "#88c0d0",
        Color::LightRed => "#d57780",
        Color::LightGreen => "#b9d39f",
        Color::LightYellow => "#f2dba6",
        Color::LightBlue => "#9fb8d6",
        Color::LightMagenta => "#caa6c3",
        Color::LightCyan => "#a3d4e0",
        Color::DarkGray => "#707a8c",
        Color::Rgb(0, 0, 0) => "#000000",
        Color::Rgb(255, 255, 255) => "#ffffff",
        _ => TEXT,
    }
}

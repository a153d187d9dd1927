//! Pictures of the README, drawn from the screen itself: they cannot show what the program does not.

use std::fmt::Write as _;
use std::path::Path;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::stage::Stage;

mod scene;
mod shape;

/// Size of a cell in the picture.
const CELL: (usize, usize) = (8, 17);
const TEXT: &str = "#d8dee9";
const GROUND: &str = "#1c2028";
/// Set to draw the picture anew after the screen changed on purpose.
const UPDATE: &str = "TIKTOP_UPDATE_PICTURES";

/// A picture, the keys that lead to it, and its size; what was opened is closed again after it.
const PICTURES: [(&str, &str, (u16, u16)); 7] = [
    ("room", "", (120, 34)),
    ("wide", "", (190, 50)),
    ("wall", "W", (150, 42)),
    ("rooms", "v", (120, 26)),
    ("person", "/ f r o m : m i a enter enter", (100, 30)),
    ("inbox", "i", (110, 22)),
    ("graphs", "tab tab z", (120, 34)),
];

#[test]
fn the_pictures_in_the_readme_are_the_screen() {
    let mut stage = Stage::new();
    stage.picture(120, 34);
    scene::evening(&mut stage);
    let mut changed = Vec::new();
    for (name, keys, (width, height)) in PICTURES {
        if name == "rooms" {
            scene::troubles(&mut stage);
        }
        stage.picture(width, height);
        stage.press(keys);
        let drawn = svg(stage.picture(width, height).backend().buffer());
        stage.press("esc esc esc");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("assets/screenshots/{name}.svg"));
        if std::env::var_os(UPDATE).is_some() {
            std::fs::write(&path, &drawn).unwrap();
        }
        if std::fs::read_to_string(&path).unwrap_or_default() != drawn {
            changed.push(name);
        }
    }
    assert!(changed.is_empty(), "the screen changed: run the test once with {UPDATE}=1 and look at {changed:?}");
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
            ground(&mut svg, (from, y), run, &row[from]);
            let mut shapes = String::new();
            // Each word stands at its own column, whatever the viewer's font makes of blanks and wide characters.
            let mut word = (from, String::new());
            let mut column = from;
            for symbol in visible(&row[from..from + run]) {
                let is_shape = shape::of(&symbol, (8 + column * CELL.0, 8 + y * CELL.1), CELL, &mut shapes);
                if is_shape || symbol == " " {
                    paint(&mut svg, (word.0, y), &std::mem::take(&mut word.1), &row[from]);
                } else {
                    if word.1.is_empty() {
                        word.0 = column;
                    }
                    word.1.push_str(&symbol);
                }
                column += tiktop::text::width(&symbol).max(1);
            }
            paint(&mut svg, (word.0, y), &word.1, &row[from]);
            if !shapes.is_empty() {
                let cell = &row[from];
                let dim = if cell.modifier.contains(Modifier::DIM) { " opacity=\"0.6\"" } else { "" };
                writeln!(svg, "<path fill=\"{}\"{dim} d=\"{shapes}\"/>", front(cell)).unwrap();
            }
            from += run;
        }
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// The symbols of a run; the second cell of a wide character holds none.
fn visible(run: &[Cell]) -> Vec<String> {
    let mut text = Vec::new();
    let mut skip = 0;
    for cell in run {
        if skip > 0 {
            skip -= 1;
            continue;
        }
        text.push(cell.symbol().to_owned());
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

/// The colour of what stands in a cell.
fn front(cell: &Cell) -> &'static str {
    if cell.modifier.contains(Modifier::REVERSED) { GROUND } else { colour(cell.fg) }
}

fn paint(svg: &mut String, (x, y): (usize, usize), text: &str, cell: &Cell) {
    if text.is_empty() {
        return;
    }
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
    let fill = front(cell);
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

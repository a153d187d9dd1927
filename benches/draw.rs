//! Bench of one frame of a busy 200x60 screen: drawn again as it stands, scrolled by one new comment, and without the cache;
//! the same with few rows behind it and with many; and a search through many rows.

#![allow(clippy::unwrap_used, dead_code, missing_docs, reason = "the evening is shared with the tests")]

#[path = "../tests/suite/stage.rs"]
mod stage;

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use stage::Stage;

fn draw(bench: &mut Criterion) {
    let mut stage = Stage::new();
    stage::evening(&mut stage);
    stage::battle(&mut stage);
    let kit = Arc::new(stage::viewer(101, "Kit"));
    for n in 0..5_000 {
        stage.say(1, &kit, &format!("line {n}: what a long and lively evening this is, one could go on and on"));
    }
    let Ok(mut terminal) = Terminal::new(TestBackend::new(200, 60));
    let mut group = bench.benchmark_group("draw 200x60");
    group.bench_function("as it stands", |bench| {
        bench.iter(|| black_box(terminal.draw(|frame| stage.dashboard.draw(frame)).is_ok()));
    });
    group.bench_function("one comment more", |bench| {
        let mut nth = 0;
        bench.iter(|| {
            nth += 1;
            stage.say(1, &kit, &format!("comment {nth} more"));
            black_box(terminal.draw(|frame| stage.dashboard.draw(frame)).is_ok())
        });
    });
    group.bench_function("without the cache", |bench| {
        bench.iter(|| {
            stage.dashboard.clear_cache();
            black_box(terminal.draw(|frame| stage.dashboard.draw(frame)).is_ok())
        });
    });
    group.finish();
}

/// The cost of a frame must not grow with what lies behind it.
fn draw_with_rows(bench: &mut Criterion) {
    let kit = Arc::new(stage::viewer(101, "Kit"));
    let mut group = bench.benchmark_group("draw 200x60 with rows behind it");
    for rows in [500, 500_000] {
        let mut stage = Stage::new();
        stage::evening(&mut stage);
        (0..rows).for_each(|n| stage.say(1, &kit, &format!("line {n}")));
        let Ok(mut terminal) = Terminal::new(TestBackend::new(200, 60));
        group.bench_function(format!("{rows} rows"), |bench| {
            bench.iter(|| black_box(terminal.draw(|frame| stage.dashboard.draw(frame)).is_ok()));
        });
    }
    group.finish();
}

/// From the last key of a search to the frame that shows it, through all rows that a room keeps.
fn search(bench: &mut Criterion) {
    let kit = Arc::new(stage::viewer(101, "Kit"));
    let mut stage = Stage::new();
    stage::evening(&mut stage);
    (0..100_000).for_each(|n| stage.say(1, &kit, &format!("line {n}")));
    let Ok(mut terminal) = Terminal::new(TestBackend::new(200, 60));
    let kept = stage.dashboard.room(tiktop::ids::RoomKey(1)).map_or(0, |room| room.chat.len());
    bench.bench_function(&format!("search through {kept} rows"), |bench| {
        bench.iter(|| {
            stage.press("/");
            stage.dashboard.paste("line 99", stage.now);
            stage.press("enter");
            black_box(terminal.draw(|frame| stage.dashboard.draw(frame)).is_ok());
            stage.press("esc");
        });
    });
}

criterion_group!(benches, draw, draw_with_rows, search);
criterion_main!(benches);

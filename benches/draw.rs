//! Bench of one frame of a busy 200x60 screen: drawn again as it stands, scrolled by one new comment, and without the cache.

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
        bench.iter(|| {
            stage.say(1, &kit, "one more");
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

criterion_group!(benches, draw);
criterion_main!(benches);

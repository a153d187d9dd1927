//! Bench of frames that become events, on a mix of messages as a busy room sends it.
//!
//! `inflate` is the floor: nothing but libdeflate into a buffer that is there already. The gates, in the same run:
//! `gzipped` reaches at least 65 % of `inflate`, and `plain` at least 850 000 messages a second.
//!
//! What the messages are: `shared/mix.rs`.

#![allow(clippy::unwrap_used, reason = "a bench that cannot read its own frames should stop")]

#[path = "shared/mix.rs"]
mod mix;

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tiktop::clock::Moment;
use tiktop::events::{Decoder, EventKind};
use tiktop::text::Text;
use tiktop::wire::{Frame, FrameKind, Inflater, Response};

fn decode(c: &mut Criterion) {
    let bodies = mix::bodies(1, 7_300_000_000_000_000_001);
    let count: usize = bodies.iter().map(|(_, count)| count).sum();
    let frames = |compressed| -> Vec<Bytes> {
        let serve = |(body, _): &(Vec<u8>, usize)| Frame::serve(&FrameKind::Message, 1, 7, body, compressed);
        bodies.iter().map(serve).collect()
    };
    let (gzipped, plain) = (frames(true), frames(false));
    let size = |frames: &[Bytes]| frames.iter().map(Bytes::len).sum::<usize>() / count;
    let title = format!("decode ({} bytes a message, {} gzipped)", size(&plain), size(&gzipped));

    let mut group = c.benchmark_group(title);
    group.throughput(Throughput::Elements(count as u64));
    group.bench_function("inflate", |b| {
        let bodies: Vec<Bytes> = gzipped.iter().map(|bytes| Frame::decode(bytes.clone()).unwrap().payload).collect();
        let mut inflater = libdeflater::Decompressor::new();
        let mut buffer = vec![0; 1 << 20];
        b.iter(|| {
            for body in &bodies {
                black_box(inflater.gzip_decompress(body, &mut buffer).unwrap());
            }
        });
    });
    let decoder = Decoder::default();
    for (name, frames) in [("gzipped", &gzipped), ("plain", &plain)] {
        group.bench_function(name, |b| {
            let mut inflater = Inflater::default();
            b.iter(|| read_all(frames, &mut inflater, &decoder));
        });
    }
    group.bench_function("text", |b| {
        let names = texts(&plain, &decoder);
        b.iter(|| names.iter().for_each(|name| drop(black_box(Text::new(name)))));
    });
    group.finish();
}

fn read_all(frames: &[Bytes], inflater: &mut Inflater, decoder: &Decoder) {
    for bytes in frames {
        let frame = Frame::decode(bytes.clone()).unwrap();
        let response = Response::decode(&frame.body(inflater).unwrap()).unwrap();
        for message in &response.messages {
            black_box(decoder.decode(message, Moment::default()));
        }
    }
}

/// What cleaning costs alone: every name, handle and comment of the mix.
fn texts(frames: &[Bytes], decoder: &Decoder) -> Vec<String> {
    let mut texts = Vec::new();
    for bytes in frames {
        let response = Response::decode(&Frame::decode(bytes.clone()).unwrap().payload).unwrap();
        for message in &response.messages {
            let viewer = match decoder.decode(message, Moment::default()).kind {
                EventKind::Join(join) => join.from,
                EventKind::Like(like) => like.from.unwrap_or_default(),
                EventKind::Chat(chat) => {
                    texts.push(chat.text.original().to_owned());
                    chat.from
                }
                _ => continue,
            };
            texts.extend([&viewer.nickname, &viewer.unique_id].map(|text| text.original().to_owned()));
        }
    }
    texts
}

criterion_group!(benches, decode);
criterion_main!(benches);

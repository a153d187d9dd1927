//! Bench of the best other client beside ours, on the same frames in one run: `tiktoklive` of crates.io.
//!
//! It reads plain frames and keeps nothing; ours gets them gzipped, drops repeats and keeps the room's state. Each is a program of its own,
//! so that the pages of the one are not counted with the other's, and each measure runs in a fresh process against a server in another.
//! `cargo build --release && cargo run --release` in this folder (the second alone builds none of the clients); Linux only.

use std::process::Command;

fn main() {
    let here = std::env::current_exe().expect("a program has a path");
    for measure in ["flood", "steady"] {
        for client in ["tiktop_client", "tiktoklive_client"] {
            println!("{client}, {measure}");
            let measured = Command::new(here.with_file_name(client))
                .arg(measure)
                .status()
                .expect("`cargo build --release` made the clients");
            assert!(measured.success(), "{client} failed");
        }
    }
}

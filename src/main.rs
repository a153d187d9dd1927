//! The `tiktop` program.

fn main() {}

//! Build script: compiles `proto/` to Rust with protox, so that no `protoc` is needed.

use std::error::Error;

const SCHEMAS: [&str; 5] = [
    "proto/webcast/frame.proto",
    "proto/webcast/common.proto",
    "proto/webcast/message.proto",
    "proto/webcast/board.proto",
    "proto/webcast/link.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    for schema in SCHEMAS {
        println!("cargo:rerun-if-changed={schema}");
    }
    let descriptors = protox::compile(SCHEMAS, ["proto"])?;
    prost_build::Config::new().bytes(["."]).btree_map(["."]).disable_comments(["."]).compile_fds(descriptors)?;
    Ok(())
}

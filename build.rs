//! Build script: guard and generator of `proto/webcast.rs`, the Rust types of `proto/webcast/*.proto`.
//!
//! The types stand in the repository, so that nobody who builds tiktop also builds a protobuf compiler. Every build makes sure
//! that they belong to the schema as it stands; the feature `generate` writes them anew.

use std::error::Error;
use std::fs;

const SCHEMAS: [&str; 5] = [
    "proto/webcast/frame.proto",
    "proto/webcast/common.proto",
    "proto/webcast/message.proto",
    "proto/webcast/board.proto",
    "proto/webcast/link.proto",
];
const TYPES: &str = "proto/webcast.rs";

fn main() -> Result<(), Box<dyn Error>> {
    for file in SCHEMAS.iter().chain([&TYPES]) {
        println!("cargo:rerun-if-changed={file}");
    }
    let header = format!("// Generated from proto/webcast/*.proto, sum {:016x}. Do not edit.\n", checksum()?);
    #[cfg(feature = "generate")]
    generate(&header)?;
    if !fs::read_to_string(TYPES)?.replace("\r\n", "\n").starts_with(&header) {
        return Err(format!(
            "{TYPES} does not belong to proto/webcast/*.proto as they stand: run `cargo check --features generate`"
        )
        .into());
    }
    Ok(())
}

/// FNV-1a over all schemas: enough to notice a change, and the same on every machine.
fn checksum() -> Result<u64, Box<dyn Error>> {
    let mut sum = 0xcbf2_9ce4_8422_2325_u64;
    for schema in SCHEMAS {
        // A checkout with Windows' line ends is the same schema.
        for byte in fs::read(schema)?.into_iter().filter(|byte| *byte != b'\r') {
            sum = (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    Ok(sum)
}

#[cfg(feature = "generate")]
fn generate(header: &str) -> Result<(), Box<dyn Error>> {
    let descriptors = protox::compile(SCHEMAS, ["proto"])?;
    prost_build::Config::new().bytes(["."]).btree_map(["."]).disable_comments(["."]).compile_fds(descriptors)?;
    let types = fs::read_to_string(std::path::Path::new(&std::env::var("OUT_DIR")?).join("webcast.rs"))?;
    Ok(fs::write(TYPES, format!("{header}{types}"))?)
}

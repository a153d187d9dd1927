//! Program `tiktop`: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    tiktop::run_program()
}

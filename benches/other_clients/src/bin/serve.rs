//! Server of the bench: one room, frames that were made before.

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, rhythm, encoding] = arguments.as_slice() else { panic!("serve flood|steady gzip|plain") };
    other_clients::serve(rhythm, encoding);
}

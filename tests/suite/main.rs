//! The one integration test binary: linking is the slow part.

mod layers;
mod room_laws;
mod scenarios;

//! The one integration test binary: linking is the slow part.

mod captures;
mod layers;

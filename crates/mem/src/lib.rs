//! The guest address space.
//!
//! One slab of host address space holds the whole guest: host address = slab base + guest address.

pub mod slab;

pub use slab::{AccessError, Scalar, Slab};

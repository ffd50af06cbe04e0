//! The guest address space.
//!
//! One slab of host address space holds the whole guest: host address = slab base + guest address.

mod access;
pub mod slab;

pub use access::Scalar;
pub use slab::{AccessError, Slab};

//! The guest address space.
//!
//! One slab of host address space holds the whole guest: host address = slab base + guest address.
//! [`AddressSpace`] keeps the map of what the guest has mapped in it; [`UserPtr`], [`UserSlice`]
//! and [`UserStr`] are how system calls reach through a guest's pointers.

mod access;
mod pages;
mod placement;
pub mod slab;
pub mod space;
pub mod user;
mod vma;
mod vma_map;

pub use abi::mm::Prot;
pub use access::Scalar;
pub use slab::{AccessError, Slab};
pub use space::{
    AddressSpace, CodeChange, CodeFile, Departure, Limits, MMAP_MIN, MappedFile, Record, Segment,
};
pub use user::{UserPtr, UserSlice, UserStr};
pub use vma::{Object, Stamp, Vma, VmaFlags};
pub use vma_map::Usage;

//! ELF images: from a file to a program that is ready to run.
//!
//! [`elf`] reads headers and trusts nothing in them, [`script`] reads `#!` lines, [`load`] maps an
//! image, and [`stack`] lays out arguments, environment and auxiliary vector. Everything that can
//! be found out about a file is found out before the old program is gone.

#![forbid(unsafe_code)]

pub mod elf;
pub mod load;
pub mod script;
pub mod stack;
pub mod vdso;

pub use elf::{ElfError, Image};
pub use load::{Loaded, load};
pub use stack::StackLayout;

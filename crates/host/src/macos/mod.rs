//! The macOS host.

pub mod fault;

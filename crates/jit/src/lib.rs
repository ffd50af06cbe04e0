//! The software engine.
//!
//! `a64/` decodes, `interp/` is the reference interpreter: complete, independent of any
//! translation, and what everything else is compared with.

pub mod a64;
pub mod interp;

pub use interp::Interpreter;

//! Everything that differs between hosts, behind one API.
//!
//! `linux/` and `macos/` hold the same file names and the same functions; this crate re-exports
//! the ones of the host it is built for. Arguments and results are the *guest's* Linux values from
//! [`abi`]; each host converts at this boundary. A function that a host cannot serve returns
//! `ENOSYS` there, and its documentation says so.

pub mod attention;

pub use attention::Attention;

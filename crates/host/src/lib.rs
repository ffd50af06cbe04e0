//! Everything that differs between hosts, behind one API.
//!
//! `linux/` and `macos/` hold the same file names and the same functions; this crate re-exports
//! the ones of the host it is built for. Arguments and results are the *guest's* Linux values from
//! [`abi`]; each host converts at this boundary. A function that a host cannot serve returns
//! `ENOSYS` there, and its documentation says so.

pub mod attention;
pub mod code;
pub mod event;
pub mod fault;
mod folding;
pub mod fs;
pub mod handoff;
mod interruptible;
pub mod io;
pub mod ipc;
pub mod missing;
pub mod mm;
pub mod net;
pub mod process;
pub mod signal;
pub mod startup;
pub mod sync;
pub mod thread;
pub mod time;

#[cfg(any(target_os = "macos", test))]
mod darwin;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;

#[cfg(target_os = "linux")]
use linux as sys;
#[cfg(target_os = "macos")]
use macos as sys;

pub use attention::Attention;
pub use sys::{clock, futex, machine, numa, shm, term};

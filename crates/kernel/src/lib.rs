//! Linux semantics: what a guest's system calls do.
//!
//! A [`Process`] holds everything that guest threads share; a [`Task`] is one guest thread and the
//! loop that runs it. System calls are listed in one table ([`syscall::table`]) from which
//! dispatch, `--strace` and the coverage page are made; handlers sit in one directory per Linux
//! subsystem, one file per family of calls.
//!
//! This crate knows neither which host it runs on nor which engine executes the guest: it works
//! through [`host`] and [`engine`] only, and reaches guest memory only through [`mem`]'s checked
//! types. It contains no `unsafe`.

#![forbid(unsafe_code)]

// By this name the fuzz targets know it, which the tests run, too.
#[cfg(test)]
extern crate self as kernel;

mod arch;
pub mod debug;
mod diagnostics;
pub mod event;
pub mod fs;
pub mod futex;
pub mod handoff;
pub mod ipc;
pub mod machine;
pub mod mm;
pub mod net;
pub mod poll;
pub mod process;
pub mod robust;
pub mod signal;
pub mod syscall;
mod task;
pub mod time;
pub mod timer;
pub mod tty;

pub use diagnostics::Diagnostics;
pub use process::{Config, Process};
pub use task::{Death, Task};

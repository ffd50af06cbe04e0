//! The remote debugging stub: gdb's side of [`kernel::debug`].
//!
//! [`Server`] listens where `--gdb` says and serves one debugger after the other, on threads of the host that run no guest
//! code; the protocol is the library gdbstub's. [`target`](Target) tells it what a process can do, [`arch`](AArch64) what its registers are
//! called, [`files`](target) gives it the guest's own files, so that gdb finds programs and libraries in a sysroot by itself.
//!
//! Rejected: `gdbserver` in the guest, which takes a `ptrace` that nobody serves.

#![forbid(unsafe_code)]

mod arch;
mod files;
mod server;
mod signals;
mod target;

pub use arch::AArch64;
pub use server::{Address, Server};
pub use target::Target;

//! The Linux host: most functions are one system call of the host's kernel.

pub mod clock;
pub mod event;
pub mod fault;
pub mod fs;
pub mod futex;
pub(crate) mod handoff;
pub mod io;
pub mod ipc;
pub mod machine;
pub mod mm;
pub mod net;
pub mod numa;
pub mod process;
pub mod shm;
pub mod signal;
pub(crate) mod syscall;
pub mod term;
pub mod thread;

/// The host's error numbers are the guest's.
pub(crate) fn errno(number: i32) -> abi::Errno {
    abi::Errno::from_raw(number as u16)
}

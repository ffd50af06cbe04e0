//! The Linux host: most functions are one system call of the host's kernel.

pub mod clock;
pub mod fault;
pub mod fs;
pub mod futex;
pub mod io;
pub mod mm;
pub mod process;
pub mod signal;
pub mod startup;
mod syscall;
pub mod term;

//! What is specific to aarch64 guests.

pub mod epoll;
pub mod hwcap;
pub mod open;
pub mod sigframe;

/// System-call numbers and names (`asm-generic/unistd.h`).
pub use syscalls::aarch64::Sysno;

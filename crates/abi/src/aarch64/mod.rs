//! What is specific to aarch64 guests.

/// System-call numbers and names (`asm-generic/unistd.h`).
pub use syscalls::aarch64::Sysno;

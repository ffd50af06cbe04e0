//! The guest's Linux ABI as data: numbers, flags and struct layouts.
//!
//! Everything here is the same bytes on every host. There is no logic beyond naming and no host
//! call. What differs between guest architectures lives in a module named after the architecture;
//! everything else follows the kernel's `asm-generic` headers, which aarch64 uses almost verbatim.

#![forbid(unsafe_code)]

pub mod aarch64;
pub mod elf;
pub mod errno;
pub mod fs;
pub mod ipc;
pub mod mm;
pub mod net;
pub mod process;
pub mod request;
pub mod shm;
pub mod signal;
pub mod term;

pub use errno::Errno;

//! Settings of the kernel (`/proc/sys`) that differ between the guest's machine and the host.

use crate::Task;
use crate::process::identity;

fn text(value: impl std::fmt::Display) -> Vec<u8> {
    format!("{value}\n").into_bytes()
}

/// `kernel/arch`.
pub(super) fn arch(_: &Task) -> Vec<u8> {
    text("aarch64")
}

/// `kernel/osrelease`, in agreement with uname(2).
pub(super) fn osrelease(_: &Task) -> Vec<u8> {
    text(identity::release())
}

/// `kernel/version`.
pub(super) fn version(_: &Task) -> Vec<u8> {
    text(identity::VERSION)
}

/// `kernel/randomize_va_space`: mappings are where they always are.
pub(super) fn randomize_va_space(_: &Task) -> Vec<u8> {
    text(0)
}

/// `vm/mmap_min_addr`.
pub(super) fn mmap_min_addr(_: &Task) -> Vec<u8> {
    text(mem::MMAP_MIN)
}

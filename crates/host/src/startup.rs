//! What the process looked like before Rust's runtime tidied it up.
//!
//! Before `main`, the standard library opens `/dev/null` in place of closed standard streams and
//! ignores SIGPIPE. Both would be inherited by the guest, which must start with what its parent
//! gave it. An initialiser of the kind that C++ has runs earlier and notes the truth.

use std::sync::atomic::{AtomicU8, Ordering};

/// Bits 0–2: that standard stream is closed. Bit 3: SIGPIPE was ignored.
static FOUND: AtomicU8 = AtomicU8::new(0);
const SIGPIPE_IGNORED: u8 = 1 << 3;

#[used]
#[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
#[cfg_attr(target_os = "macos", unsafe(link_section = "__DATA,__mod_init_func"))]
static NOTE: extern "C" fn() = note;

extern "C" fn note() {
    let mut found = 0;
    for fd in 0..3 {
        // SAFETY: no pointers; fails with EBADF on a closed descriptor.
        if unsafe { libc::fcntl(fd, libc::F_GETFD) } < 0 {
            found |= 1 << fd;
        }
    }
    if crate::signal::is_ignored(abi::signal::Signal::SIGPIPE) {
        found |= SIGPIPE_IGNORED;
    }
    FOUND.store(found, Ordering::Relaxed);
}

/// Whether standard stream `fd` (0–2) was closed when the process started.
pub fn stream_was_closed(fd: i32) -> bool {
    (0..3).contains(&fd) && FOUND.load(Ordering::Relaxed) & 1 << fd != 0
}

/// Whether SIGPIPE was ignored when the process started.
pub fn sigpipe_was_ignored() -> bool {
    FOUND.load(Ordering::Relaxed) & SIGPIPE_IGNORED != 0
}

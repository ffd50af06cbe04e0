//! What a program of ours begins with: a `main` in place of the standard library's.
//!
//! Before a usual `main`, the standard library ignores SIGPIPE, which a guest would inherit, and reads
//! `/proc/self/maps` for a guard page that the guest's fault handler replaces anyway: a tenth of the start of a
//! small program. The standard library needs none of it; arguments it has from the C library.

use std::ffi::c_int;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicU8, Ordering};

/// Bits 0–2: that standard stream was closed.
static CLOSED: AtomicU8 = AtomicU8::new(0);

/// The exit status after a panic, as the standard library has it.
const PANICKED: c_int = 101;

/// Makes the function `$start`, which gives the exit status, what the program executes.
#[macro_export]
macro_rules! start {
    ($start:path) => {
        #[cfg(not(test))]
        #[unsafe(no_mangle)]
        extern "C" fn main(
            _: ::std::ffi::c_int,
            _: *const *const ::std::ffi::c_char,
        ) -> ::std::ffi::c_int {
            $crate::startup::run($start)
        }
        // Unit tests begin otherwise.
        #[cfg(test)]
        const _: fn() -> u8 = $start;
    };
}

/// What `main` does: `start`, and its exit status.
pub fn run(start: fn() -> u8) -> c_int {
    fill_streams();
    catch_unwind(start).map_or(PANICKED, c_int::from)
}

/// Opens `/dev/null` in place of closed standard streams: a file of ours must not be taken for one of them.
fn fill_streams() {
    for fd in 0..3 {
        if !crate::fs::is_open(fd) {
            CLOSED.fetch_or(1 << fd, Ordering::Relaxed);
            // SAFETY: a C string. The lowest descriptor that is free is `fd`.
            unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) };
        }
    }
}

/// Whether standard stream `fd` (0–2) was closed when the process started.
pub fn stream_was_closed(fd: i32) -> bool {
    (0..3).contains(&fd) && CLOSED.load(Ordering::Relaxed) & 1 << fd != 0
}

//! What a program of ours begins with: a `main` in place of the standard library's.
//!
//! Before a usual `main`, the standard library ignores SIGPIPE, which a guest would inherit, and reads
//! `/proc/self/maps` for a guard page that the guest's fault handler replaces anyway: a tenth of the start of a
//! small program. The standard library needs none of it but the arguments, which only some C libraries tell it otherwise.

use std::ffi::{CStr, OsString, c_char, c_int};
use std::os::unix::ffi::OsStringExt;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicU8, Ordering};

/// Bits 0–2: that standard stream was closed.
static CLOSED: AtomicU8 = AtomicU8::new(0);

/// The exit status after a panic, as the standard library has it.
const PANICKED: c_int = 101;

/// Makes the function `$start`, which takes the command line and gives the exit status, what the program executes.
#[macro_export]
macro_rules! start {
    ($start:path) => {
        #[cfg(not(test))]
        #[unsafe(no_mangle)]
        extern "C" fn main(
            count: ::std::ffi::c_int,
            words: *const *const ::std::ffi::c_char,
        ) -> ::std::ffi::c_int {
            // SAFETY: called by the C library, with these arguments.
            unsafe { $crate::startup::run(count, words, $start) }
        }
        // Unit tests begin otherwise.
        #[cfg(test)]
        const _: fn(Vec<::std::ffi::OsString>) -> u8 = $start;
    };
}

/// What `main` does: `start`, and its exit status.
///
/// # Safety
///
/// The arguments are those of a C program's `main`.
pub unsafe fn run(
    count: c_int,
    words: *const *const c_char,
    start: fn(Vec<OsString>) -> u8,
) -> c_int {
    fill_streams();
    // SAFETY: `words` has `count` strings.
    let word = |i| unsafe { CStr::from_ptr(*words.add(i)) };
    let words = (0..count as usize).map(|i| OsString::from_vec(word(i).to_bytes().to_vec()));
    let words = words.collect();
    catch_unwind(move || start(words)).map_or(PANICKED, c_int::from)
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

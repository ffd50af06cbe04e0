//! macOS's numbers and layouts in terms of Linux's: pure functions.
//!
//! They are apart from the calls that use them (`macos/`) because they are where mistakes hide and
//! where nothing but arithmetic happens: compiled for tests on every host, they are tested where no
//! Mac is at hand. Numbers are from the headers of the SDK (`sys/errno.h`, `sys/signal.h`,
//! `sys/fcntl.h`, `sys/termios.h` …), written down here rather than taken from `libc`, which has
//! them for the host being built only; the macOS build compares the two.

pub mod errno;
pub mod file;
pub mod open;
pub mod process;
pub mod signal;
pub mod termios;

/// `bits` that are in `from`'s column of a table of pairs, in the other column's numbers.
fn translate(bits: u64, table: impl IntoIterator<Item = (u64, u64)>) -> u64 {
    table
        .into_iter()
        .filter(|(from, _)| bits & from == *from)
        .fold(0, |translated, (_, to)| translated | to)
}

fn flipped<const N: usize>(table: &[(u64, u64); N]) -> [(u64, u64); N] {
    table.map(|(a, b)| (b, a))
}

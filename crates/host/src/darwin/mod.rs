//! macOS's numbers and layouts in terms of Linux's: pure functions.
//!
//! They are apart from the calls that use them (`macos/`) because they are where mistakes hide and
//! where nothing but arithmetic happens: compiled for tests on every host, they are tested where no
//! Mac is at hand. Numbers are from the headers of the SDK (`sys/errno.h`, `sys/signal.h`,
//! `sys/fcntl.h`, `sys/termios.h` …), written down here rather than taken from `libc`, which has
//! them for the host being built only. The macOS build compares the two (`agree!`).

/// Asserts, where macOS is built for, that `libc` has these numbers for these names.
macro_rules! agree {
    ($($name:ident == $number:expr),* $(,)?) => {
        // Constants of `libc` have various types, some of them this one.
        #[cfg(target_os = "macos")]
        #[allow(clippy::unnecessary_cast)]
        const _: () = { $(assert!(libc::$name as u64 == $number as u64, stringify!($name));)* };
    };
}

/// Makes a table of pairs, Linux's number and macOS's, each by macOS's name.
macro_rules! table {
    ($(#[$meta:meta])* $table:ident: $($name:ident $linux:expr => $host:expr;)*) => {
        $(#[$meta])*
        const $table: &[(u64, u64)] = &[$(($linux, $host)),*];
        agree!($($name == $host),*);
    };
}

pub mod errno;
pub mod file;
pub mod open;
pub mod process;
pub mod signal;
pub mod termios;

/// Linux's flags `bits` in macOS's numbers; what the table lacks goes.
fn to_host(bits: u64, table: &[(u64, u64)]) -> u64 {
    translate(bits, table.iter().copied())
}

/// macOS's flags `bits` in Linux's numbers; what the table lacks goes.
fn from_host(bits: u64, table: &[(u64, u64)]) -> u64 {
    translate(bits, table.iter().map(|(linux, host)| (*host, *linux)))
}

/// `bits` that are in the first column, in the second one's numbers. A flag of several bits counts
/// if all of them are there.
fn translate(bits: u64, pairs: impl Iterator<Item = (u64, u64)>) -> u64 {
    pairs.filter(|(from, _)| bits & from == *from).fold(0, |translated, (_, to)| translated | to)
}

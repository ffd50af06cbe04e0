//! Signals by gdb's numbers, which are the same for all systems (`include/gdb/signals.def` of its sources).

use abi::signal::Signal;
use gdbstub::common::Signal as Gdb;

/// Those of Linux's signals 1 to 31. Nobody else has SIGSTKFLT (16).
const STANDARD: [u8; 31] = [
    1, 2, 3, 4, 5, 6, 10, 8, 9, 30, 11, 31, 13, 14, 15, UNKNOWN, 20, 19, 17, 18, 21, 22, 16, 24,
    25, 26, 27, 28, 23, 32, 12,
];

/// `GDB_SIGNAL_UNKNOWN`.
const UNKNOWN: u8 = 143;

/// gdb's number for a signal.
pub fn to_gdb(signal: Signal) -> Gdb {
    Gdb(match signal.number() {
        number @ 1..=31 => STANDARD[usize::from(number) - 1],
        32 => 77,
        64 => 78,
        number => number + 12,
    })
}

/// The opposite. `None` for what Linux has not.
pub fn from_gdb(signal: Gdb) -> Option<Signal> {
    (1..=64).filter_map(Signal::new).find(|known| to_gdb(*known) == signal && signal.0 != UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_of_linux_that_gdb_knows_comes_back() {
        for signal in (1..=64).filter_map(Signal::new).filter(|signal| signal.number() != 16) {
            assert_eq!(from_gdb(to_gdb(signal)), Some(signal));
        }
        assert_eq!(to_gdb(Signal::SIGUSR1), Gdb::SIGUSR1);
        assert_eq!(to_gdb(Signal::SIGSYS), Gdb::SIGSYS);
        assert_eq!(to_gdb(Signal::new(33).unwrap()), Gdb::SIG33);
        assert_eq!(from_gdb(Gdb::SIGEMT), None);
        assert_eq!(from_gdb(Gdb(UNKNOWN)), None);
    }
}

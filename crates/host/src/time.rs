//! The two clocks that guest code reads without a system call: through the vDSO, and `CNTVCT_EL0`.

fn nanoseconds(clock: libc::clockid_t) -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a valid place for the time. Every host has the two clocks, so it cannot fail.
    unsafe { libc::clock_gettime(clock, &raw mut now) };
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// What Linux's `CLOCK_MONOTONIC` is on this host. On macOS the clock of that name counts time asleep
/// (`host::clock` says the same of the system call).
#[cfg(target_os = "macos")]
const MONOTONIC: libc::clockid_t = libc::CLOCK_UPTIME_RAW;
#[cfg(not(target_os = "macos"))]
const MONOTONIC: libc::clockid_t = libc::CLOCK_MONOTONIC;

/// CLOCK_REALTIME: nanoseconds since 1970, as good as until 2554.
pub fn realtime_ns() -> u64 {
    nanoseconds(libc::CLOCK_REALTIME)
}

/// Linux's CLOCK_MONOTONIC in nanoseconds.
pub fn monotonic_ns() -> u64 {
    nanoseconds(MONOTONIC)
}

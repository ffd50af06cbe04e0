//! `/proc/self/limits`.

use abi::process::rlimit;

use super::line;
use crate::Task;
use crate::process::limits;

/// Names and units, by number of the resource (`lnames` of `fs/proc/base.c`), in that file's order.
const ROWS: [(u32, &str, &str); 16] = [
    (rlimit::CPU, "Max cpu time", "seconds"),
    (rlimit::FSIZE, "Max file size", "bytes"),
    (rlimit::DATA, "Max data size", "bytes"),
    (rlimit::STACK, "Max stack size", "bytes"),
    (rlimit::CORE, "Max core file size", "bytes"),
    (rlimit::RSS, "Max resident set", "bytes"),
    (rlimit::NPROC, "Max processes", "processes"),
    (rlimit::NOFILE, "Max open files", "files"),
    (rlimit::MEMLOCK, "Max locked memory", "bytes"),
    (rlimit::AS, "Max address space", "bytes"),
    (rlimit::LOCKS, "Max file locks", "locks"),
    (rlimit::SIGPENDING, "Max pending signals", "signals"),
    (rlimit::MSGQUEUE, "Max msgqueue size", "bytes"),
    (rlimit::NICE, "Max nice priority", ""),
    (rlimit::RTPRIO, "Max realtime priority", ""),
    (rlimit::RTTIME, "Max realtime timeout", "us"),
];

/// The limits in force for the guest, some of which are not the host's.
pub(super) fn limits(t: &Task) -> Vec<u8> {
    let mut text = String::new();
    let mut row = |cells: [&str; 4]| {
        let [name, soft, hard, unit] = cells;
        line(&mut text, format_args!("{name:<25} {soft:<20} {hard:<20} {unit:<10}"));
    };
    row(["Limit", "Soft Limit", "Hard Limit", "Units"]);
    let shown = |value| match value {
        rlimit::INFINITY => "unlimited".to_owned(),
        value => value.to_string(),
    };
    for (resource, name, unit) in ROWS {
        if let Ok(limit) = limits::of(t, resource) {
            row([name, &shown(limit.current), &shown(limit.max), unit]);
        }
    }
    text.into_bytes()
}

//! What `/proc` and `/sys` say about the processors.
//!
//! How many there are, how they share caches and which node of memory is theirs is the host's, because
//! the guest's threads run there. What kind they are is not: their mitigations and module aliases
//! would be of x86.

use std::fmt::Write;

use abi::aarch64::hwcap::HWCAP;

use super::others;
use super::{Node, line};
use crate::Task;
use crate::process::info;

/// Where the kernel describes them.
const PLACE: &str = "/sys/devices/system/cpu/";

/// What of ours is at a path of `/sys`.
pub(super) fn find(path: &str) -> Option<Node> {
    let entry = path.strip_prefix(PLACE)?;
    if entry == "modalias" {
        return Some(Node::Content(modalias));
    }
    if let Some((cpu, "uevent")) = entry.split_once('/')
        && cpu.strip_prefix("cpu").is_some_and(|number| number.parse::<u32>().is_ok())
    {
        return Some(Node::Content(uevent));
    }
    let name = entry.strip_prefix("vulnerabilities/")?;
    let content: others::Content = match name {
        "spectre_v1" => |_, _| b"Mitigation: __user pointer sanitization\n".to_vec(),
        _ => |_, _| b"Not affected\n".to_vec(),
    };
    let is_there = !name.is_empty() && std::fs::exists(path).unwrap_or(false);
    is_there.then(|| Node::Other(path.to_owned(), content))
}

/// As udev looks for modules: the features by their `AT_HWCAP` bits.
fn modalias(_: &Task) -> Vec<u8> {
    let mut text = alias();
    text.push('\n');
    text.into_bytes()
}

fn alias() -> String {
    let mut text = String::from("cpu:type:aarch64:feature:");
    for bit in (0..u64::BITS).filter(|bit| HWCAP >> bit & 1 != 0) {
        // Writing to a string cannot fail.
        let _ = write!(text, ",{bit:04X}");
    }
    text
}

fn uevent(_: &Task) -> Vec<u8> {
    format!("DRIVER=processor\nMODALIAS={}\n", alias()).into_bytes()
}

/// The numbers of the processors that are on.
fn online() -> Vec<u32> {
    let text = std::fs::read_to_string(format!("{PLACE}online")).unwrap_or_default();
    let known = numbers(text.trim());
    if !known.is_empty() {
        return known;
    }
    // A host without such a list.
    let count = std::thread::available_parallelism().map_or(1, |count| count.get() as u32);
    (0..count).collect()
}

/// The numbers of a list like `0-2,5`.
fn numbers(list: &str) -> Vec<u32> {
    let ranges = list.split(',').filter_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some(first.parse().ok()?..=last.parse().ok()?)
    });
    ranges.flatten().collect()
}

/// `/proc/cpuinfo`: every processor that is on, whichever of them the guest may use.
pub(super) fn cpuinfo(_: &Task) -> Vec<u8> {
    let mut text = String::new();
    for number in online() {
        line(&mut text, format_args!("processor\t: {number}"));
        text.push_str(&info::processor());
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_processors_are_understood() {
        assert_eq!(numbers("0-2,5"), [0, 1, 2, 5]);
        assert_eq!(numbers("3"), [3]);
        assert_eq!(numbers(""), [0; 0]);
        assert_eq!(numbers("x-2,7"), [7]);
    }

    #[test]
    fn nothing_of_x86_is_told() {
        assert!(alias().starts_with("cpu:type:aarch64:feature:,0000,0001"));
        assert!(find("/sys/devices/system/cpu/cpu0/uevent").is_some());
        assert!(find("/sys/devices/system/cpu/cpufreq/uevent").is_none());
        assert!(find("/sys/devices/system/cpu/vulnerabilities/none_such").is_none());
        assert!(find("/sys/devices/system/cpu/online").is_none());
    }
}

//! `/proc/self/smaps` and `smaps_rollup`: how much of each mapping is in memory.
//!
//! The host counts for its own mappings, which join and divide guest mappings as it likes. What it
//! counts for one of them is shared out by size: exact where the borders agree, as they mostly do,
//! and exact in sum.

use std::ops::Range;

use mem::{Prot, Vma, VmaFlags};

use super::line;
use crate::Task;
use crate::process::info;

/// What is counted, in kB, in the order of `fs/proc/task_mmu.c`.
const FIELDS: [&str; 19] = [
    "Rss",
    "Pss",
    "Pss_Dirty",
    "Shared_Clean",
    "Shared_Dirty",
    "Private_Clean",
    "Private_Dirty",
    "Referenced",
    "Anonymous",
    "KSM",
    "LazyFree",
    "AnonHugePages",
    "ShmemPmdMapped",
    "FilePmdMapped",
    "Shared_Hugetlb",
    "Private_Hugetlb",
    "Swap",
    "SwapPss",
    "Locked",
];

type Counts = [u64; FIELDS.len()];

/// `/proc/self/smaps`.
pub(super) fn smaps(t: &Task) -> Vec<u8> {
    let host = Host::read(t, "/proc/self");
    let mut text = String::new();
    t.space().for_each_vma(|vma, label| {
        info::map_line(&mut text, vma, label);
        let page = host::mm::PAGE_SIZE / 1024;
        row(&mut text, "Size", vma.size() / 1024);
        row(&mut text, "KernelPageSize", page);
        row(&mut text, "MMUPageSize", page);
        for (name, count) in FIELDS.iter().zip(host.counts(vma.range())) {
            row(&mut text, name, count);
        }
        line(&mut text, format_args!("{:<16}{:8}", "THPeligible:", 0));
        line(&mut text, format_args!("VmFlags: {}", flags(vma)));
    });
    text.into_bytes()
}

/// How much of the guest is in memory, in bytes: the host's counts, without the runtime's own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resident {
    /// All of it.
    pub total: u64,
    /// What is of no file.
    pub anonymous: u64,
}

/// The guest's memory of the process that `dir`, a directory of `/proc`, is about; it need not be
/// this one, as long as its slab is where this one's is.
pub(crate) fn resident(t: &Task, dir: &str) -> Resident {
    let Host(mappings) = Host::read(t, dir);
    let sum = |field: usize| mappings.iter().map(|(_, counts)| counts[field] * 1024).sum();
    Resident { total: sum(0), anonymous: sum(8) }
}

/// The rows of `/proc/PID/status` that count memory, given the host's row.
pub(crate) fn resident_row(resident: Resident, row: &str) -> Option<u64> {
    let host = || row.split_whitespace().nth(1).and_then(|count| count.parse::<u64>().ok());
    match row.split(':').next()? {
        "VmRSS" => Some(resident.total),
        "RssAnon" => Some(resident.anonymous),
        "RssFile" => Some(resident.total.saturating_sub(resident.anonymous)),
        "RssShmem" => Some(0),
        // What it was at most is known of guest and runtime together only.
        "VmHWM" => Some(resident.total.max(host()? * 1024)),
        _ => None,
    }
}

/// `/proc/self/smaps_rollup`.
pub(super) fn smaps_rollup(t: &Task) -> Vec<u8> {
    let host = Host::read(t, "/proc/self");
    let (mut first, mut last) = (None, 0);
    let mut sum = Counts::default();
    let [mut anonymous, mut file] = [0, 0];
    t.space().for_each_vma(|vma, _| {
        first = first.or(Some(vma.start));
        last = vma.end;
        let counts = host.counts(vma.range());
        for (sum, count) in sum.iter_mut().zip(counts) {
            *sum += count;
        }
        *(if vma.object.is_some() { &mut file } else { &mut anonymous }) += counts[1];
    });
    let mut text = String::new();
    let head = format!("{:08x}-{last:08x} ---p 00000000 00:00 0", first.unwrap_or(0));
    line(&mut text, format_args!("{head:<73}[rollup]"));
    for (at, (name, count)) in FIELDS.iter().zip(sum).enumerate() {
        row(&mut text, name, count);
        // The parts of `Pss` come behind `Pss_Dirty`.
        if at == 2 {
            row(&mut text, "Pss_Anon", anonymous);
            row(&mut text, "Pss_File", file);
            row(&mut text, "Pss_Shmem", 0);
        }
    }
    text.into_bytes()
}

fn row(text: &mut String, name: &str, kilobytes: u64) {
    line(text, format_args!("{:<16}{kilobytes:8} kB", format!("{name}:")));
}

/// `VmFlags`: two letters each (`show_smap_vma_flags()`).
fn flags(vma: &Vma) -> String {
    let has = |flag| vma.flags.contains(flag);
    let rows = [
        ("rd", vma.prot.contains(Prot::READ)),
        ("wr", vma.prot.contains(Prot::WRITE)),
        ("ex", vma.prot.contains(Prot::EXEC)),
        ("sh", vma.is_shared()),
        ("mr", vma.max_prot.contains(Prot::READ)),
        ("mw", vma.max_prot.contains(Prot::WRITE)),
        ("me", vma.max_prot.contains(Prot::EXEC)),
        ("ms", vma.is_shared()),
        ("gd", has(VmaFlags::GROWS_DOWN)),
        ("lo", has(VmaFlags::LOCKED)),
        ("sr", has(VmaFlags::SEQUENTIAL)),
        ("rr", has(VmaFlags::RANDOM)),
        ("dc", has(VmaFlags::DONT_FORK)),
        ("ac", !vma.is_shared() && vma.prot.contains(Prot::WRITE)),
        ("nr", has(VmaFlags::NO_RESERVE)),
        ("wf", has(VmaFlags::WIPE_ON_FORK)),
        ("dd", has(VmaFlags::DONT_DUMP)),
        ("hg", has(VmaFlags::HUGE_PAGE)),
        ("nh", has(VmaFlags::NO_HUGE_PAGE)),
        ("mg", has(VmaFlags::MERGEABLE)),
        ("sl", has(VmaFlags::SEALED)),
    ];
    rows.iter().filter(|row| row.1).map(|row| format!("{} ", row.0)).collect()
}

/// What the host counts, by guest address.
struct Host(Vec<(Range<u64>, Counts)>);

impl Host {
    fn read(t: &Task, dir: &str) -> Self {
        let text = std::fs::read(format!("{dir}/smaps")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let base = t.space().slab().base() as u64;
        Self::parse(&text, base..base.saturating_add(t.space().size()))
    }

    /// The mappings within `slab`, which guest address 0 is the start of.
    fn parse(text: &str, slab: Range<u64>) -> Self {
        let mut list: Vec<(Range<u64>, Counts)> = Vec::new();
        let mut is_ours = false;
        for row in text.lines() {
            let (first, rest) = row.split_once(' ').unwrap_or((row, ""));
            if let Some(field) = first.strip_suffix(':') {
                let count = rest.split_whitespace().next().and_then(|count| count.parse().ok());
                let at = FIELDS.iter().position(|name| *name == field);
                if is_ours
                    && let (Some((_, counts)), Some(at), Some(count)) = (list.last_mut(), at, count)
                {
                    counts[at] = count;
                }
                continue;
            }
            let number = |text| u64::from_str_radix(text, 16).ok();
            let range = first.split_once('-').and_then(|(a, b)| Some(number(a)?..number(b)?));
            let range = range.filter(|range| slab.start <= range.start && range.end <= slab.end);
            is_ours = range.is_some();
            if let Some(range) = range {
                list.push((range.start - slab.start..range.end - slab.start, Counts::default()));
            }
        }
        Self(list)
    }

    /// What falls on a guest mapping.
    fn counts(&self, range: Range<u64>) -> Counts {
        let mut sum = Counts::default();
        let first = self.0.partition_point(|(host, _)| host.end <= range.start);
        for (host, counts) in self.0[first..].iter().take_while(|(h, _)| h.start < range.end) {
            let common = host.end.min(range.end) - host.start.max(range.start);
            for (sum, count) in sum.iter_mut().zip(counts) {
                let part =
                    u128::from(*count) * u128::from(common) / u128::from(host.end - host.start);
                *sum += part as u64;
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_shared_out_by_size() {
        let text = "1000-2000 r--p 00000000 00:00 0\nRss:  4 kB\n\
            11000-13000 rw-p 00000000 00:00 0 name: x\nRss:    8 kB\nPss:  4 kB\nVmFlags: rd\n\
            99000-9a000 rw-p 00000000 00:00 0\nRss: 4 kB\n";
        let host = Host::parse(text, 0x1_0000..0x9_0000);
        assert_eq!(host.counts(0x1000..0x3000)[..2], [8, 4]);
        assert_eq!(host.counts(0x1000..0x2000)[..2], [4, 2]);
        assert_eq!(host.counts(0x2000..0x8000)[..2], [4, 2]);
        assert_eq!(host.counts(0x3000..0x8000)[0], 0);
        assert_eq!(host.counts(0x8_9000..0x8_a000)[0], 0);
    }
}

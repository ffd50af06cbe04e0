//! `/proc/PID` of other guest processes, as ps(1), top(1), pidof(8) and service managers read it.
//!
//! The host's kernel knows where a guest's program is ([`host::process::show_layout`]), so that
//! `cmdline` and `environ` are right as they are, and the rest can be told from the host's text:
//! what lies within the slab, at the guest's addresses. Asking the other process, or keeping a
//! register of all, was rejected: a process may be stopped, or somebody else's, and the kernel
//! already decides who may see what.

use std::ffi::CString;
use std::ops::Range;

use host::fs::Dir;

use super::memory::{Resident, resident, resident_row};
use super::{Node, line};
use crate::Task;

/// Makes the content of a file of the directory that a path of the host leads to.
pub(crate) type Content = fn(&Task, &str) -> Vec<u8>;

/// Files that would tell of the runtime.
const FILES: &[(&str, Content)] =
    &[("maps", maps), ("smaps", maps), ("stat", stat), ("statm", statm), ("status", status)];

/// What of ours is at `entry` of `/proc/PID`, or of one of its threads.
pub(super) fn find(task: &Task, pid: &str, entry: &str) -> Option<Node> {
    if pid.parse::<u32>().is_err() || !is_guest(pid) {
        return None;
    }
    let mut dir = format!("/proc/{pid}");
    let mut entry = entry;
    if let Some((tid, rest)) = entry.strip_prefix("task/").and_then(|rest| rest.split_once('/')) {
        dir = format!("{dir}/task/{tid}");
        entry = rest;
    }
    let known = FILES.iter().find(|row| row.0 == entry);
    if known.is_none() && entry != "exe" {
        return None;
    }
    let code = Stat::read(&dir)?.guest(task, CODE_START)?;
    match known {
        Some((name, make)) => Some(Node::Other(format!("{dir}/{name}"), *make)),
        None => program(task, &dir, code).map(Node::Link),
    }
}

/// Whether a process runs the program that this one does: the runtime.
fn is_guest(pid: &str) -> bool {
    let file = |pid: &str| {
        let path = CString::new(format!("/proc/{pid}/exe")).ok()?;
        let stat = host::fs::fstatat(Dir::Cwd, &path, 0).ok()?;
        Some((stat.dev, stat.ino))
    };
    file(pid).is_some_and(|other| file("self") == Some(other))
}

fn text(path: &str) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}

/// The directory of a file.
fn dir_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

/// Where guest addresses are in this process, and so in its relatives.
fn slab(t: &Task) -> Range<u64> {
    let base = t.space().slab().base() as u64;
    base..base.saturating_add(t.space().size())
}

/// Fields of `stat` (proc(5)): sizes, and addresses within the program.
const VSIZE: usize = 23;
const RESIDENT: usize = 24;
const CODE_START: usize = 26;
const ADDRESSES: [usize; 9] = [26, 27, 28, 45, 46, 48, 49, 50, 51];
/// `start_brk`, which is the runtime's.
const HEAP: usize = 47;

/// `/proc/PID/stat`, whose second field may hold spaces and parentheses.
struct Stat {
    head: String,
    fields: Vec<String>,
}

impl Stat {
    fn read(dir: &str) -> Option<Self> {
        let text = text(&format!("{dir}/stat"));
        let (head, tail) = text.split_at(text.rfind(')')? + 1);
        let fields = tail.split_whitespace().map(str::to_owned).collect();
        Some(Self { head: head.to_owned(), fields })
    }

    fn field(&mut self, number: usize) -> Option<&mut String> {
        self.fields.get_mut(number.checked_sub(3)?)
    }

    /// The guest address in a field.
    fn guest(&mut self, t: &Task, number: usize) -> Option<u64> {
        let slab = slab(t);
        let host = self.field(number)?.parse().ok()?;
        slab.contains(&host).then(|| host - slab.start)
    }
}

/// A mapping of the guest's, from a line of the host's `maps`.
struct Mapping<'a> {
    range: Range<u64>,
    prot: &'a str,
    /// Offset, device and inode, then the file's path.
    rest: [&'a str; 4],
}

impl<'a> Mapping<'a> {
    /// `None` for what is the runtime's, or nothing but reserved.
    fn parse(line: &'a str, slab: &Range<u64>) -> Option<Self> {
        let mut rest = line;
        let mut field = || {
            let (field, tail) = rest.split_once(' ').unwrap_or((rest, ""));
            rest = tail.trim_start_matches(' ');
            field
        };
        let [range, prot, offset, device, inode] = std::array::from_fn(|_| field());
        let number = |text| u64::from_str_radix(text, 16).ok();
        let (start, end) = range.split_once('-')?;
        let range = number(start)?..number(end)?;
        let is_reserve = inode == "0" && prot.starts_with("---");
        if is_reserve || range.start < slab.start || range.end > slab.end {
            return None;
        }
        let range = range.start - slab.start..range.end - slab.start;
        Some(Self { range, prot, rest: [offset, device, inode, rest] })
    }
}

/// The guest's path of the file that its program is from.
fn program(t: &Task, dir: &str, code: u64) -> Option<CString> {
    let (maps, slab) = (text(&format!("{dir}/maps")), slab(t));
    let mut mappings = maps.lines().filter_map(|line| Mapping::parse(line, &slab));
    let path = mappings.find(|mapping| mapping.range.contains(&code))?.rest[3];
    CString::new(t.root().shown(path.as_bytes())).ok()
}

/// `maps` and `smaps`: mappings within the slab, with what is said about each. Of the code, only
/// the program's can be told from data, because the host executes neither.
fn maps(t: &Task, path: &str) -> Vec<u8> {
    let code = Stat::read(dir_of(path)).and_then(|mut stat| stat.guest(t, CODE_START));
    let (slab, host) = (slab(t), text(path));
    let mut text = String::new();
    let mut is_guest = false;
    for row in host.lines() {
        // What `smaps` says about a mapping begins with a name.
        if row.split(' ').next().is_some_and(|first| first.ends_with(':')) {
            if is_guest {
                line(&mut text, format_args!("{row}"));
            }
            continue;
        }
        let mapping = Mapping::parse(row, &slab);
        is_guest = mapping.is_some();
        let Some(Mapping { range, prot, rest: [offset, device, inode, name] }) = mapping else {
            continue;
        };
        let is_code = code.is_some_and(|code| range.contains(&code));
        let prot = if is_code { prot.replacen("r--", "r-x", 1) } else { prot.to_owned() };
        let Range { start, end } = range;
        let head = format!("{start:08x}-{end:08x} {prot} {offset} {device} {inode} ");
        let name = t.root().shown(name.as_bytes());
        let name = String::from_utf8_lossy(&name);
        match name.is_empty() {
            true => line(&mut text, format_args!("{head}")),
            false => line(&mut text, format_args!("{head:<73}{name}")),
        }
    }
    text.into_bytes()
}

/// The size of all mappings.
fn mapped(t: &Task, dir: &str) -> u64 {
    let (maps, slab) = (text(&format!("{dir}/maps")), slab(t));
    let mappings = maps.lines().filter_map(|line| Mapping::parse(line, &slab));
    mappings.map(|mapping| mapping.range.end - mapping.range.start).sum()
}

fn stat(t: &Task, path: &str) -> Vec<u8> {
    let Some(mut stat) = Stat::read(dir_of(path)) else { return Vec::new() };
    let addresses = ADDRESSES.map(|number| (number, stat.guest(t, number).unwrap_or(0)));
    let pages = resident(t, dir_of(path)).total / host::mm::PAGE_SIZE;
    let sizes = [(VSIZE, mapped(t, dir_of(path))), (RESIDENT, pages), (HEAP, 0)];
    for (number, value) in addresses.into_iter().chain(sizes) {
        if let Some(field) = stat.field(number) {
            *field = value.to_string();
        }
    }
    format!("{} {}\n", stat.head, stat.fields.join(" ")).into_bytes()
}

fn statm(t: &Task, path: &str) -> Vec<u8> {
    let pages = |bytes: u64| (bytes / host::mm::PAGE_SIZE).to_string();
    let Resident { total, anonymous } = resident(t, dir_of(path));
    let sizes = [mapped(t, dir_of(path)), total, total.saturating_sub(anonymous)].map(pages);
    let host = text(path);
    let fields = host.split_whitespace().skip(sizes.len());
    let fields: Vec<&str> = sizes.iter().map(String::as_str).chain(fields).collect();
    format!("{}\n", fields.join(" ")).into_bytes()
}

fn status(t: &Task, path: &str) -> Vec<u8> {
    let size = mapped(t, dir_of(path));
    let resident = resident(t, dir_of(path));
    let mut result = String::new();
    for row in text(path).lines() {
        let key = row.split(':').next().unwrap_or_default();
        let bytes = match key {
            "VmPeak" | "VmSize" => Some(size),
            _ => resident_row(resident, row),
        };
        match bytes {
            Some(bytes) => line(&mut result, format_args!("{key}:\t{:8} kB", bytes / 1024)),
            None => line(&mut result, format_args!("{row}")),
        }
    }
    result.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_of_the_guest_are_told_from_the_runtimes() {
        let slab = 0x1_0000..0x9_0000;
        let parse = |line| Mapping::parse(line, &slab);
        let mapping = parse("11000-13000 r--p 00002000 fe:00 77    /srv/tree/a b").unwrap();
        assert_eq!(mapping.range, 0x1000..0x3000);
        assert_eq!(
            (mapping.prot, mapping.rest),
            ("r--p", ["00002000", "fe:00", "77", "/srv/tree/a b"])
        );
        assert!(parse("13000-14000 rw-p 00000000 00:00 0 ").is_some());
        assert!(parse("14000-15000 ---p 00000000 00:00 0 ").is_none());
        assert!(parse("99000-9a000 rw-p 00000000 00:00 0 ").is_none());
        assert!(parse("nonsense").is_none());
    }
}

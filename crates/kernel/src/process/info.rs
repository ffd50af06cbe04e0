//! What `/proc` says about the process and its machine (proc(5)).

use std::fmt::Write;

use abi::aarch64::hwcap::{MIDR, features};
use mem::UserSlice;

use super::credentials::Ids;
use crate::Task;
use crate::fs::{Resident, procfs_line as line, resident, resident_row};

/// `/proc/self/cmdline`: the arguments as they are now on the stack, each with its NUL.
pub(crate) fn cmdline(t: &Task) -> Vec<u8> {
    let layout = t.process.program.lock().layout;
    memory(t, layout.args_start, layout.args_end)
}

/// `/proc/self/environ`: the initial environment.
pub(crate) fn environ(t: &Task) -> Vec<u8> {
    let layout = t.process.program.lock().layout;
    memory(t, layout.env_start, layout.env_end)
}

/// `/proc/self/auxv`.
pub(crate) fn auxv(t: &Task) -> Vec<u8> {
    let layout = t.process.program.lock().layout;
    memory(t, layout.auxv_start, layout.auxv_end)
}

/// Guest memory, or nothing where it is gone.
fn memory(t: &Task, start: u64, end: u64) -> Vec<u8> {
    let len = end.saturating_sub(start);
    UserSlice::new(start, len).read_to_vec(t.space(), len as usize).unwrap_or_default()
}

/// `/proc/self/maps`.
pub(crate) fn maps(t: &Task) -> Vec<u8> {
    let mut text = String::new();
    t.space().for_each_vma(|vma, label| map_line(&mut text, vma, label));
    text.into_bytes()
}

/// The line of a mapping in `maps` and `smaps`.
pub(crate) fn map_line(text: &mut String, vma: &mem::Vma, label: &str) {
    let flag = |set, letter| if set { letter } else { '-' };
    let before = text.len();
    let (dev, ino) = vma.object.as_ref().map_or((0, 0), |object| (object.dev, object.ino));
    let _ = write!(
        text,
        "{:08x}-{:08x} {}{}{}{} {:08x} {:02x}:{:02x} {} ",
        vma.start,
        vma.end,
        flag(vma.prot.contains(mem::Prot::READ), 'r'),
        flag(vma.prot.contains(mem::Prot::WRITE), 'w'),
        flag(vma.prot.contains(mem::Prot::EXEC), 'x'),
        if vma.is_shared() { 's' } else { 'p' },
        vma.offset,
        // MAJOR() and MINOR() of what stat(2) tells (`new_encode_dev()`).
        dev >> 8 & 0xfff,
        dev & 0xff | dev >> 12 & 0xf_ff00,
        ino,
    );
    if !label.is_empty() {
        // Names begin at a fixed column, or one space behind the numbers.
        while text.len() - before < 73 {
            text.push(' ');
        }
        text.push_str(label);
    }
    text.push('\n');
}

/// `/proc/self/personality`.
pub(crate) fn personality(t: &Task) -> Vec<u8> {
    format!("{:08x}\n", t.process.program.lock().personality).into_bytes()
}

/// Bytes of all mappings.
fn mapped(t: &Task) -> u64 {
    t.space().usage().total
}

/// The host's text of an entry of `/proc/self`; empty on hosts without it.
fn host_text(name: &str) -> String {
    std::fs::read_to_string(format!("/proc/self/{name}")).unwrap_or_default()
}

/// `/proc/self/stat`: the host's, with the guest's memory layout.
pub(crate) fn stat(t: &Task) -> Vec<u8> {
    let text = host_text("stat");
    // The name may hold spaces and parentheses; fields are counted behind the last one.
    let Some(end) = text.rfind(')') else { return Vec::new() };
    let (head, tail) = text.split_at(end + 1);
    let mut fields: Vec<String> = tail.split_whitespace().map(str::to_owned).collect();
    let layout = t.process.program.lock().layout;
    let mut set = |number: usize, value: u64| {
        // proc(5) numbers fields from 1; the first in `fields` is number 3.
        if let Some(field) = fields.get_mut(number - 3) {
            *field = value.to_string();
        }
    };
    set(23, mapped(t));
    set(24, resident(t, "/proc/self").total / host::mm::PAGE_SIZE);
    set(26, layout.code_start);
    set(27, layout.code_end);
    set(28, layout.stack_start);
    set(29, t.regs.sp);
    set(30, t.regs.pc);
    set(45, layout.data_start);
    set(46, layout.data_end);
    set(47, t.space().brk_start());
    set(48, layout.args_start);
    set(49, layout.args_end);
    set(50, layout.env_start);
    set(51, layout.env_end);
    format!("{head} {}\n", fields.join(" ")).into_bytes()
}

/// `/proc/self/statm`: pages.
pub(crate) fn statm(t: &Task) -> Vec<u8> {
    let mem::Usage { total, data, stack, .. } = t.space().usage();
    let pages = |bytes: u64| bytes / host::mm::PAGE_SIZE;
    let size = pages(total);
    let Resident { total, anonymous } = resident(t, "/proc/self");
    let (resident, shared) = (pages(total), pages(total.saturating_sub(anonymous)));
    let (code, data) = (pages(own_code(t)), pages(data + stack));
    format!("{size} {resident} {shared} {code} 0 {data} 0\n").into_bytes()
}

/// The bytes of the program's own code, as opposed to that of libraries.
fn own_code(t: &Task) -> u64 {
    let layout = t.process.program.lock().layout;
    let page = host::mm::PAGE_SIZE;
    layout.code_end.next_multiple_of(page).saturating_sub(layout.code_start / page * page)
}

/// `/proc/self/status`: the host's, with the sizes of the guest's memory.
pub(crate) fn status(t: &Task) -> Vec<u8> {
    let usage = t.space().usage();
    let own = own_code(t).min(usage.code);
    let resident = resident(t, "/proc/self");
    let mut text = String::new();
    for row in host_text("status").lines() {
        let key = row.split(':').next().unwrap_or_default();
        let bytes = match key {
            "VmPeak" | "VmSize" => usage.total,
            "VmLck" => usage.locked,
            "VmData" => usage.data,
            "VmStk" => usage.stack,
            "VmExe" => own,
            "VmLib" => usage.code - own,
            _ => match resident_row(resident, row) {
                Some(bytes) => bytes,
                None => {
                    let row = identity_row(t, key).unwrap_or_else(|| row.to_owned());
                    line(&mut text, format_args!("{row}"));
                    continue;
                }
            },
        };
        line(&mut text, format_args!("{key}:\t{:8} kB", bytes / 1024));
    }
    text.into_bytes()
}

/// A row of `/proc/self/status` that says who the thread is, if the host does not know.
fn identity_row(t: &Task, key: &str) -> Option<String> {
    let credentials = t.credentials.as_ref()?;
    let ids = |ids: &Ids| {
        format!("{key}:\t{}\t{}\t{}\t{}", ids.real, ids.effective, ids.saved, ids.files)
    };
    let [inheritable, permitted, effective, bounding] = credentials.sets();
    let set = match key {
        "Uid" => return Some(ids(&credentials.uid)),
        "Gid" => return Some(ids(&credentials.gid)),
        "Groups" => {
            let groups: String = credentials.groups.iter().map(|id| format!("{id} ")).collect();
            return Some(format!("Groups:\t{groups}"));
        }
        "CapInh" => inheritable,
        "CapPrm" => permitted,
        "CapEff" => effective,
        "CapBnd" => bounding,
        "CapAmb" => 0,
        _ => return None,
    };
    Some(format!("{key}:\t{set:016x}"))
}

/// What `/proc/cpuinfo` says about each processor behind its number.
pub(crate) fn processor() -> String {
    let mut text = String::new();
    line(&mut text, format_args!("BogoMIPS\t: 2000.00"));
    line(&mut text, format_args!("Features\t: {}", features()));
    line(&mut text, format_args!("CPU implementer\t: {:#04x}", MIDR >> 24));
    line(&mut text, format_args!("CPU architecture: 8"));
    line(&mut text, format_args!("CPU variant\t: {:#x}", MIDR >> 20 & 0xf));
    line(&mut text, format_args!("CPU part\t: {:#05x}", MIDR >> 4 & 0xfff));
    line(&mut text, format_args!("CPU revision\t: {}\n", MIDR & 0xf));
    text
}

/// `/proc/version`, in agreement with uname(2).
pub(crate) fn version(_: &Task) -> Vec<u8> {
    let name = super::identity::release();
    format!("Linux version {name} (elfuse) {}\n", super::identity::VERSION).into_bytes()
}

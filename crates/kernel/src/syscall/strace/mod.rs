//! `--strace`: one decoded line per call, in strace's format.
//!
//! The table says how each parameter looks, and whether the call takes it in or gives it back: what
//! goes in is shown as it was before the call, what comes out as it is after it. Lines are written
//! with one `write` each, when the call has returned, so that the lines of a process family do not mix;
//! strace's `<unfinished ...>` and `resumed` have no place in that. Calls that do not return are written
//! beforehand.

mod commands;
mod names;
pub(crate) mod show;
mod sockets;
mod values;

use std::fmt::Write;

use abi::Errno;
use abi::signal::SigInfo;

pub(super) use commands::*;
pub(super) use names::*;
pub(super) use show::{
    Show, Shown, absent, address, file_mode, hexadecimal, id, input, random, string,
};
pub(super) use sockets::*;
pub(super) use values::*;

use super::{Entry, SysResult};
use crate::Task;
use crate::task::Death;

/// A parameter in the table.
pub struct Spec {
    /// Its name in the manual page.
    pub name: &'static str,
    /// How it looks.
    pub show: Show,
    /// When it is shown.
    pub when: When,
}

/// Which way a parameter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Into the kernel: shown before the call.
    In,
    /// Out of the kernel: shown after it. If it failed, only the address is there to be shown.
    Out,
    /// Both: shown twice, the second time with what was shown first.
    Both,
}

/// A call that is being traced: its parameters so far.
pub struct Strace {
    shown: Vec<String>,
    /// Who makes it: the new process that returns from clone(2), too, has not made it.
    caller: i32,
}

impl Strace {
    /// Begins a line if tracing is on.
    pub(crate) fn enter(task: &Task, entry: &Entry, args: &[u64; 6]) -> Option<Self> {
        if !task.process.diagnostics.traces() {
            return None;
        }
        let mut shown = Vec::new();
        for (index, spec) in entry.args.iter().enumerate() {
            let mut to = Shown::new(task, args, index, None);
            if spec.when != When::Out {
                let _ = (spec.show)(args[index], &mut to);
            }
            shown.push(to.text);
        }
        let trace = Self { shown, caller: host::process::gettid() };
        if matches!(entry.name, "exit" | "exit_group") {
            task.process.diagnostics.trace_line(&trace.line(entry, "?"));
            return None;
        }
        Some(trace)
    }

    /// Completes the line and writes it.
    pub(crate) fn leave(mut self, task: &Task, entry: &Entry, args: &[u64; 6], result: SysResult) {
        if host::process::gettid() != self.caller {
            return;
        }
        let mut note = String::new();
        for (index, spec) in entry.args.iter().enumerate().filter(|(_, s)| s.when != When::In) {
            let mut to = Shown::new(task, args, index, Some(result));
            to.text = std::mem::take(&mut self.shown[index]);
            to.note = note;
            let _ = match (spec.when, result) {
                (When::Out, Err(_)) => show::address(args[index], &mut to),
                _ => (spec.show)(args[index], &mut to),
            };
            self.shown[index] = to.text;
            note = to.note;
        }
        let mut text = match result {
            Ok(value) => {
                let mut to = Shown::new(task, args, 0, Some(result));
                let _ = (entry.result)(value, &mut to);
                to.text
            }
            Err(Errno::EINTR) if entry.restart => {
                "? ERESTARTSYS (To be restarted if SA_RESTART is set)".into()
            }
            Err(errno) => format!("-1 {errno:?} ({errno})"),
        };
        if !note.is_empty() {
            let _ = write!(text, " ({note})");
        }
        task.process.diagnostics.trace_line(&self.line(entry, &text));
        if matches!(entry.name, "clone" | "clone3") && result.is_ok() {
            task.process.diagnostics.trace_family();
        }
    }

    fn line(&self, entry: &Entry, result: &str) -> String {
        let shown: Vec<&str> =
            self.shown.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
        // strace calls it what the kernel does; the table, what the manual does.
        let name = if entry.name == "fstatat" { "newfstatat" } else { entry.name };
        let call = format!("{name}({})", shown.join(", "));
        // strace aligns results at column 40.
        format!("{call:<33} = {result}")
    }
}

impl<'a> Shown<'a> {
    fn new(task: &'a Task, args: &'a [u64; 6], index: usize, result: Option<SysResult>) -> Self {
        Self { text: String::new(), note: String::new(), task, args, index, result }
    }
}

/// The line for a call that is not in the table.
pub(super) fn unknown(task: &Task, number: u64, args: &[u64; 6]) {
    if task.process.diagnostics.traces() {
        let name = abi::aarch64::Sysno::new(number as usize)
            .map_or_else(|| format!("syscall_{number:#x}"), |known| known.name().to_owned());
        let args: Vec<String> = args
            .iter()
            .map(|arg| if *arg == 0 { "0".into() } else { format!("{arg:#x}") })
            .collect();
        let call = format!("{name}({})", args.join(", "));
        let errno = Errno::ENOSYS;
        task.process.diagnostics.trace_line(&format!("{call:<33} = -1 {errno:?} ({errno})"));
    }
}

/// The line for a signal that reaches the program.
pub(crate) fn delivery(task: &Task, info: &SigInfo) {
    if let Some(signal) = info.signal()
        && task.process.diagnostics.traces()
    {
        let mut to = Shown::new(task, &[0; 6], 0, None);
        let _ = values::show_siginfo(info, &mut to);
        let name = names::signal_name(signal);
        task.process.diagnostics.trace_line(&format!("--- {name} {} ---", to.text));
    }
}

/// The last line.
pub(crate) fn end(task: &Task, death: Death) {
    if !task.process.diagnostics.traces() {
        return;
    }
    let text = match death {
        Death::Thread(_) if task.successor.is_some() => {
            format!("+++ superseded by execve in pid {} +++", host::process::getpid())
        }
        Death::Exited(status) | Death::Thread(status) => {
            format!("+++ exited with {} +++", status & 0xff)
        }
        Death::Killed(signal) => format!("+++ killed by {} +++", names::signal_name(signal)),
    };
    task.process.diagnostics.trace_line(&text);
}

// ---- How results look ----

/// A count, a descriptor, a process.
pub(super) fn plain(value: u64, to: &mut Shown<'_>) -> std::fmt::Result {
    write!(to, "{}", value as i64)
}

/// An address.
pub(super) fn place(value: u64, to: &mut Shown<'_>) -> std::fmt::Result {
    write!(to, "{value:#x}")
}

/// Permission bits.
pub(super) fn in_octal(value: u64, to: &mut Shown<'_>) -> std::fmt::Result {
    if value == 0 { to.write_str("0") } else { to.write_str(&show::octal(value as u32)) }
}

//! `--strace`: one decoded line per call, in strace's format.
//!
//! Lines are written with one `write` each, so that the lines of a process family do not mix. A
//! call's parameters are decoded after it, when what it filled in is there, except for those that
//! do not come back (`exit_group`, `execve`) or replace the memory they are in.

use std::fmt::Write;

use super::arg::Shown;
use super::{Entry, SysResult};
use crate::Task;

/// A call that is being traced.
pub struct Strace {
    /// Parameters decoded beforehand.
    before: Option<String>,
}

impl Strace {
    /// Begins a line if tracing is on.
    pub(crate) fn enter(task: &Task, entry: &Entry, args: &[u64; 6]) -> Option<Self> {
        if !task.process.diagnostics.traces() {
            return None;
        }
        let before = matches!(entry.name, "execve" | "execveat" | "exit" | "exit_group")
            .then(|| parameters(task, entry, args, Ok(0)));
        if matches!(entry.name, "exit" | "exit_group") {
            let text = before.as_deref().unwrap_or_default();
            task.process.diagnostics.trace_line(&format!("{text}{:pad$} = ?", "", pad = pad(text)));
            return None;
        }
        Some(Self { before })
    }

    /// Completes the line and writes it.
    pub(crate) fn leave(self, task: &Task, entry: &Entry, args: &[u64; 6], result: SysResult) {
        let mut text = self.before.unwrap_or_else(|| parameters(task, entry, args, result));
        let pad = pad(&text);
        let _ = write!(text, "{:pad$} = ", "");
        let _ = match result {
            // An address prints as one; everything else is a count or a descriptor.
            Ok(value) if matches!(entry.name, "brk" | "mmap" | "mremap" | "shmat") => {
                write!(text, "{value:#x}")
            }
            Ok(value) => write!(text, "{}", value as i64),
            Err(errno) => write!(text, "-1 {errno:?} ({errno})"),
        };
        task.process.diagnostics.trace_line(&text);
    }
}

/// strace aligns results at column 40.
fn pad(text: &str) -> usize {
    39usize.saturating_sub(text.len())
}

fn parameters(task: &Task, entry: &Entry, args: &[u64; 6], result: SysResult) -> String {
    let mut text = format!("{}(", entry.name);
    let mut shown = Shown { text: &mut text, task, args, result };
    for (i, spec) in entry.args.iter().enumerate() {
        if i > 0 {
            let _ = shown.write_str(", ");
        }
        let _ = (spec.show)(args[i], &mut shown);
    }
    text.push(')');
    text
}

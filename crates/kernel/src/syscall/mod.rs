//! System calls: from the guest's registers to a handler and back.

pub mod arg;
pub(crate) mod strace;
pub mod table;

use abi::Errno;

use crate::Task;
use crate::arch;

pub use strace::{Spec, Strace};

/// What a handler returns: the result register, or an error.
pub type SysResult = Result<u64, Errno>;

/// A line of the table.
pub struct Entry {
    /// The name of the manual page.
    pub name: &'static str,
    /// The aarch64 number.
    pub number: u16,
    /// Its parameters, for display.
    pub args: &'static [Spec],
    /// How its result looks.
    pub result: strace::Show,
    /// Whether a handler with `SA_RESTART` makes it start again (signal(7)).
    pub restart: bool,
    call: fn(&mut Task, &[u64; 6]) -> SysResult,
}

/// Whether a call that a signal interrupted is made again after the handler (the kernel's
/// `ERESTART` codes). Without a handler it always is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Restart {
    /// It returns `EINTR` (`ERESTARTNOHAND`, `ERESTART_RESTARTBLOCK`).
    Never,
    /// If the handler has `SA_RESTART` (`ERESTARTSYS`).
    IfAsked,
    /// In any case (`ERESTARTNOINTR`).
    Always,
}

/// A call that returned `EINTR`, until the signal that did it is delivered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interrupted {
    /// Whether it is made again after a handler.
    pub restart: Restart,
    /// The first argument, which the result has replaced.
    pub arg0: u64,
}

/// Performs the call that the registers ask for and leaves its result in them.
pub(crate) fn dispatch(task: &mut Task) {
    let (number, args) = arch::syscall(&task.regs);
    let Some(entry) = table::lookup(number) else {
        task.process.diagnostics.unknown_syscall(number, &args);
        strace::unknown(task, number, &args);
        arch::set_result(&mut task.regs, Err(Errno::ENOSYS));
        return;
    };
    let trace = Strace::enter(task, entry, &args);
    task.restart = None;
    host::attention::begin_call();
    task.looked_up.get_mut().clear();
    let mut result = (entry.call)(task, &args);
    // A call that was refused has done nothing.
    if result == Err(Errno::EACCES) && task.open_up() {
        result = (entry.call)(task, &args);
    }
    if let Some(trace) = trace {
        trace.leave(task, entry, &args, result);
    }
    // The host's own calls may say EINTR when no signal is ours to deliver (signal(7): after a
    // stop); the guest then sees it, too.
    if result == Err(Errno::EINTR) && task.attention.is_raised() {
        let usual = if entry.restart { Restart::IfAsked } else { Restart::Never };
        let restart = if host::attention::kept_out() && task.signals.saved_mask.is_none() {
            // The signal came before the call, as far as the guest can tell: on Linux the handler
            // would have run first, and `open` of a plain file, say, never is EINTR. With a mask of
            // the call's own the signal may be one that only the call lets in.
            Restart::Always
        } else {
            task.restart.unwrap_or(usual)
        };
        task.interrupted = Some(Interrupted { restart, arg0: args[0] });
    }
    arch::set_result(&mut task.regs, result);
}

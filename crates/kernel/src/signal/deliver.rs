//! Delivery: what happens to a signal at an instruction boundary.

use abi::signal::{SigAction, SigInfo, SigSet, Signal, sa};
use host::Attention;

use super::frame;
use crate::syscall::{Restart, strace};
use crate::task::Death;
use crate::{Task, arch};

/// Delivers every signal that the host recorded for this thread and that can be delivered now,
/// and lets the next ones in.
pub(crate) fn deliver_recorded(task: &mut Task) {
    // Cleared first: what is recorded from here on raises the word again.
    task.attention.clear(Attention::SIGNAL | Attention::KICK);
    while let Some(info) = host::signal::take_recorded() {
        let info = task.in_guest_terms(info);
        task.signals.held.push(info);
    }
    while let Some(next) = task.signals.held.iter().position(|info| task.is_deliverable(info)) {
        let info = task.signals.held.remove(next);
        let Some(info) = asked(task, info) else { continue };
        deliver(task, &info);
        if task.death.is_some() {
            return;
        }
    }
    if task.interrupted.is_some()
        && let Some(debug) = task.process.debug.get().cloned()
    {
        debug.linger(task);
    }
    if let Some(call) = task.interrupted.take() {
        // No handler ran after all, so the program must not see that its call was interrupted.
        arch::rewind_syscall(&mut task.regs, call.arg0);
    }
    task.end_temporary_mask();
    host::signal::set_mask(task.signals.mask);
}

/// What a debugger, if there is one, makes of a signal.
pub(super) fn asked(task: &mut Task, info: SigInfo) -> Option<SigInfo> {
    match task.process.debug.get().cloned() {
        Some(debug) => debug.signal(task, &info),
        None => Some(info),
    }
}

impl Task {
    /// What the host tells of a signal, as the guest is to see it: files are known by other numbers. One that it does not know
    /// has been closed meanwhile.
    pub(super) fn in_guest_terms(&self, mut info: SigInfo) -> SigInfo {
        if let Some(fd) = info.descriptor().and_then(|host| self.fds().number_of(host)) {
            info.set_descriptor(fd);
        }
        info
    }

    pub(super) fn is_deliverable(&self, info: &SigInfo) -> bool {
        info.signal().is_some_and(|signal| !self.signals.mask.contains(signal))
    }
}

/// What a signal without handler does (signal(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DefaultAction {
    Ignore,
    Stop,
    Terminate,
}

pub(super) fn default_action(signal: Signal) -> DefaultAction {
    match signal {
        Signal::SIGCHLD | Signal::SIGURG | Signal::SIGWINCH | Signal::SIGCONT => {
            DefaultAction::Ignore
        }
        Signal::SIGSTOP | Signal::SIGTSTP | Signal::SIGTTIN | Signal::SIGTTOU => {
            DefaultAction::Stop
        }
        _ => DefaultAction::Terminate,
    }
}

/// Delivers one signal that is not blocked.
pub(crate) fn deliver(task: &mut Task, info: &SigInfo) {
    let Some(signal) = info.signal() else { return };
    strace::delivery(task, info);
    let action = {
        let mut actions = task.process.actions.lock();
        let action = actions.get(signal);
        let handled = !matches!(action.handler, SigAction::SIG_DFL | SigAction::SIG_IGN);
        if handled && action.flags & sa::RESETHAND != 0 {
            // The signal could be caught, so it can be reset.
            let _ = actions.set(signal, SigAction { handler: SigAction::SIG_DFL, ..action });
        }
        action
    };
    match action.handler {
        SigAction::SIG_IGN => {}
        SigAction::SIG_DFL => match default_action(signal) {
            DefaultAction::Ignore => {}
            // Only SIGSEGV and SIGBUS, and signals whose disposition changed after they were
            // recorded, come here; the host has taken the default action of all others itself.
            DefaultAction::Stop => {
                let _ = host::process::kill(host::process::getpid(), i32::from(signal.number()));
            }
            DefaultAction::Terminate => task.die(Death::Killed(signal)),
        },
        _ => run_handler(task, signal, info, &action),
    }
}

fn run_handler(task: &mut Task, signal: Signal, info: &SigInfo, action: &SigAction) {
    if let Some(call) = task.interrupted.take()
        && match call.restart {
            Restart::Never => false,
            Restart::IfAsked => action.flags & sa::RESTART != 0,
            Restart::Always => true,
        }
    {
        arch::rewind_syscall(&mut task.regs, call.arg0);
    }
    let present = task.signals.mask;
    let saved = task.signals.saved_mask.take().unwrap_or(present);
    if frame::push(task, signal, info, action, saved).is_err() {
        // Linux forces SIGSEGV; if SIGSEGV's own handler has no stack, the process dies.
        if signal == Signal::SIGSEGV {
            task.die(Death::Killed(signal));
            return;
        }
        super::fault::force(task, SigInfo::new(Signal::SIGSEGV, abi::signal::code::SI_KERNEL));
        return;
    }
    let own =
        if action.flags & sa::NODEFER != 0 { SigSet::EMPTY } else { SigSet::EMPTY.with(signal) };
    task.signals.mask = present.union(action.mask).union(own).minus(SigSet::UNBLOCKABLE);
}

//! rt_sigaction(2): what each signal does.

use abi::Errno;
use abi::signal::{SigAction, SigSet, Signal, sa};
use host::handoff::{Inherited, Luggage};
use host::signal::{Act, Disposition};
use mem::UserPtr;

use super::deliver::{DefaultAction, default_action};
use super::signal_arg;
use crate::Task;
use crate::handoff::{Handover, Plain};
use crate::syscall::SysResult;

/// The disposition of every signal. Shared by the threads of a process.
#[derive(Clone, Debug)]
pub struct Actions {
    table: [SigAction; 64],
    /// A debugger wants to hear of signals before they take their default action.
    is_observed: bool,
}

impl Handover for Actions {
    type Record = Vec<Plain<SigAction>>;

    fn record(&self, _: &mut Luggage) -> Result<Self::Record, Errno> {
        let Self { table, is_observed: _ } = self;
        Ok(table.iter().copied().map(Plain).collect())
    }

    /// Puts them in force on the host, too.
    fn resume(record: Self::Record, _: &mut Inherited) -> Result<Self, Errno> {
        let mut actions = Self { table: [SigAction::DEFAULT; 64], is_observed: false };
        if record.len() != actions.table.len() {
            return Err(Errno::EINVAL);
        }
        for (signal, Plain(action)) in all_signals().zip(record) {
            // Of these the host knows that they cannot be changed.
            if !SigSet::UNBLOCKABLE.contains(signal) {
                actions.set(signal, action)?;
            }
        }
        Ok(actions)
    }
}

impl Actions {
    /// What `execve(2)` leaves of the parent's: ignored or default.
    pub(crate) fn inherited() -> Self {
        let mut actions = Self { table: [SigAction::DEFAULT; 64], is_observed: false };
        for signal in all_signals() {
            if host::signal::is_ignored(signal) {
                actions.table[index(signal)] = SigAction::IGNORE;
            }
        }
        actions
    }

    /// The action for `signal`.
    pub fn get(&self, signal: Signal) -> SigAction {
        self.table[index(signal)]
    }

    /// Replaces the action for `signal`, here and on the host.
    pub(crate) fn set(&mut self, signal: Signal, action: SigAction) -> Result<(), Errno> {
        host::signal::set_disposition(signal, self.disposition(signal, action))?;
        self.table[index(signal)] = action;
        Ok(())
    }

    /// Whether a signal ends the process without anybody being asked.
    pub(super) fn ends_at_once(&self, signal: Signal) -> bool {
        self.get(signal).handler == SigAction::SIG_DFL && is_fatal(signal) && !self.is_observed
    }

    /// What the host is to do about a signal.
    fn disposition(&self, signal: Signal, action: SigAction) -> Disposition {
        Disposition {
            act: match action.handler {
                SigAction::SIG_DFL if !(self.is_observed && is_fatal(signal)) => Act::Default,
                SigAction::SIG_IGN => Act::Ignore,
                _ => Act::Catch,
            },
            no_child_stop: action.flags & sa::NOCLDSTOP != 0,
            no_child_wait: action.flags & sa::NOCLDWAIT != 0,
        }
    }

    /// Whether signals that would end the process come to its threads first, for a debugger to hear of them.
    pub(crate) fn observe(&mut self, on: bool) {
        self.is_observed = on;
        for signal in all_signals().filter(|signal| !SigSet::UNBLOCKABLE.contains(*signal)) {
            // Cannot fail for a signal that could be caught.
            let _ = self.set(signal, self.get(signal));
        }
    }

    /// What `execve(2)` and `CLONE_CLEAR_SIGHAND` do: handlers, flags and masks are gone, ignored signals stay ignored
    /// (`flush_signal_handlers()`).
    pub(crate) fn reset_handlers(&mut self) {
        for signal in all_signals() {
            let action = self.get(signal);
            let kept = match action.handler {
                SigAction::SIG_IGN => SigAction::IGNORE,
                _ => SigAction::DEFAULT,
            };
            if action != kept {
                // Cannot fail for a signal whose action could be set.
                let _ = self.set(signal, kept);
            }
        }
    }
}

/// Whether the default action is the end of the process.
fn is_fatal(signal: Signal) -> bool {
    default_action(signal) == DefaultAction::Terminate
}

fn index(signal: Signal) -> usize {
    usize::from(signal.number()) - 1
}

fn all_signals() -> impl Iterator<Item = Signal> {
    (1..=u32::from(abi::signal::NSIG)).filter_map(Signal::new)
}

/// rt_sigaction(2).
pub fn rt_sigaction(
    task: &mut Task,
    number: i32,
    new: UserPtr<SigAction>,
    old: UserPtr<SigAction>,
    sigset_size: usize,
) -> SysResult {
    if sigset_size != size_of::<SigSet>() {
        return Err(Errno::EINVAL);
    }
    let new = if new.is_null() { None } else { Some(new.read(task.space())?) };
    let signal = signal_arg(number)?;
    if new.is_some() && SigSet::UNBLOCKABLE.contains(signal) {
        return Err(Errno::EINVAL);
    }
    let mut actions = task.process.actions.lock();
    let previous = actions.get(signal);
    if let Some(mut new) = new {
        new.flags &= sa::KNOWN;
        new.mask = new.mask.minus(SigSet::UNBLOCKABLE);
        actions.set(signal, new)?;
    }
    drop(actions);
    if !old.is_null() {
        old.write(task.space(), &previous)?;
    }
    Ok(0)
}

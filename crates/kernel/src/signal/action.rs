//! rt_sigaction(2): what each signal does.

use abi::Errno;
use abi::signal::{SigAction, SigSet, Signal, sa};
use host::handoff::{Inherited, Luggage};
use host::signal::Disposition;
use mem::UserPtr;

use super::signal_arg;
use crate::Task;
use crate::handoff::{Handover, Plain};
use crate::syscall::SysResult;

/// The disposition of every signal. Shared by the threads of a process.
#[derive(Clone, Debug)]
pub struct Actions {
    table: [SigAction; 64],
}

impl Handover for Actions {
    type Record = Vec<Plain<SigAction>>;

    fn record(&self, _: &mut Luggage) -> Result<Self::Record, Errno> {
        let Self { table } = self;
        Ok(table.iter().copied().map(Plain).collect())
    }

    /// Puts them in force on the host, too.
    fn resume(record: Self::Record, _: &mut Inherited) -> Result<Self, Errno> {
        let mut actions = Self { table: [SigAction::DEFAULT; 64] };
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
        let mut actions = Self { table: [SigAction::DEFAULT; 64] };
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
        let disposition = match action.handler {
            SigAction::SIG_DFL => Disposition::Default,
            SigAction::SIG_IGN => Disposition::Ignore,
            _ => Disposition::Catch {
                no_child_stop: action.flags & sa::NOCLDSTOP != 0,
                no_child_wait: action.flags & sa::NOCLDWAIT != 0,
            },
        };
        host::signal::set_disposition(signal, disposition)?;
        self.table[index(signal)] = action;
        Ok(())
    }

    /// What `execve(2)` does: handlers are gone, ignored signals stay ignored.
    pub(crate) fn reset_handlers(&mut self) {
        for signal in all_signals() {
            if !matches!(self.get(signal).handler, SigAction::SIG_DFL | SigAction::SIG_IGN) {
                // Resetting to the default cannot fail for a signal that could be caught.
                let _ = self.set(signal, SigAction::DEFAULT);
            }
        }
    }
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

//! Host signals on behalf of the guest.
//!
//! The guest's dispositions and masks are mirrored onto the host: an ignored signal is ignored by
//! the host kernel, a default one takes its default action there (so stops, deaths and their wait
//! statuses are the kernel's own), and what the guest blocks the host blocks. That leaves queues,
//! ordering and `sigpending` to the host kernel. Only signals with a guest handler are caught:
//! [`catch`] records one, blocks all others in the interrupted context and raises the attention
//! word. The next instruction boundary takes the record and, when the guest's frame is built,
//! restores the mask, so at most one caught signal per thread is ever in our hands.

use std::cell::Cell;

use abi::signal::{SigInfo, SigSet, Signal};

use crate::Attention;
use crate::attention;

pub use crate::sys::signal::*;

/// What a signal does on the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// The kernel's default action.
    Default,
    /// Nothing.
    Ignore,
    /// Recorded for the thread that receives it.
    Catch {
        /// `SA_NOCLDSTOP`: no SIGCHLD when a child stops.
        no_child_stop: bool,
        /// `SA_NOCLDWAIT`: children do not become zombies.
        no_child_wait: bool,
    },
}

/// Signals that report this process's own faults. They are never blocked on the host, where
/// blocking turns a fault into death, nor are they given back to the default action while the
/// runtime needs them.
pub(crate) const FAULTS: SigSet = SigSet::EMPTY.with(Signal::SIGSEGV).with(Signal::SIGBUS);

/// Records that fit between two looks. One caught signal blocks all others, so that only the
/// fault signals, sent by another process, can come on top.
const RECORDS: usize = 4;

thread_local! {
    static RECORDED: [Cell<Option<SigInfo>>; RECORDS] = const { [const { Cell::new(None) }; RECORDS] };
}

/// Takes the oldest recorded signal of this thread. From the record on, the host blocks all
/// signals; the caller ends that with [`set_mask`].
pub fn take_recorded() -> Option<SigInfo> {
    RECORDED.with(|records| records.iter().find_map(Cell::take))
}

/// Records `info` for this thread. For fault handlers that meet a signal which another process
/// sent. Async-signal-safe; a record too many is dropped, as a second pending instance of a
/// standard signal would be.
pub fn record(info: &SigInfo) {
    RECORDED.with(|records| {
        if let Some(free) = records.iter().find(|slot| {
            let taken = slot.take();
            slot.set(taken);
            taken.is_none()
        }) {
            free.set(Some(*info));
        }
    });
    attention::current().raise(Attention::SIGNAL);
}

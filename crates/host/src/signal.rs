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
use std::ffi::{c_int, c_void};
use std::sync::Arc;

use abi::Errno;
use abi::signal::{SigInfo, SigSet, Signal};

use crate::sys::fault;
use crate::{Attention, attention, interruptible, sys};

pub use crate::sys::signal::*;

/// What a signal does on the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The kernel's default action.
    Default,
    /// Nothing.
    Ignore,
    /// Recorded for the thread that receives it.
    Catch,
}

/// What a signal does on the host, and, of SIGCHLD, when there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disposition {
    /// What it does.
    pub act: Act,
    /// `SA_NOCLDSTOP`: no SIGCHLD when a child stops. It may wait for it in `sigwait(3)`, whatever it does.
    pub no_child_stop: bool,
    /// `SA_NOCLDWAIT`: children do not become zombies, whatever SIGCHLD does.
    pub no_child_wait: bool,
}

impl Disposition {
    /// That of a signal of which nothing was said.
    pub const DEFAULT: Self =
        Self { act: Act::Default, no_child_stop: false, no_child_wait: false };
}

/// Signals that report this process's own faults. They are never blocked on the host, where
/// blocking turns a fault into death, nor are they given back to the default action while the
/// runtime needs them.
pub(crate) const FAULTS: SigSet = SigSet::EMPTY.with(Signal::SIGSEGV).with(Signal::SIGBUS);

/// What is blocked from the first instruction of a handler to the next boundary: everything.
pub(crate) const HANDLER_MASK: SigSet = SigSet::FULL.minus(FAULTS);

thread_local! {
    /// The mask in force on the host outside the handler, to skip calls that change nothing.
    static MASK: Cell<Option<SigSet>> = const { Cell::new(None) };
}

/// Makes `attention` the word that signals to this thread raise. Once per thread, before it runs
/// guest code.
pub fn bind_thread(attention: Arc<Attention>) {
    attention::bind(attention);
    MASK.set(None);
}

/// Sets what `signal` does. `EINVAL` for SIGKILL and SIGSTOP.
///
/// For SIGSEGV and SIGBUS this changes nothing: the runtime's fault handler stays, and records
/// such signals when other processes send them. On macOS a signal that only Linux has cannot
/// arrive, so there is nothing to set.
pub fn set_disposition(signal: Signal, disposition: Disposition) -> Result<(), Errno> {
    if FAULTS.contains(signal) {
        Ok(())
    } else {
        sys::signal::replace_disposition(signal, disposition)
    }
}

/// A guest's mask as the host may have it: fault signals are let through.
pub(crate) fn host_mask(mask: SigSet) -> SigSet {
    mask.minus(FAULTS)
}

/// Sets this thread's host mask; fault signals stay unblocked. Signals that it lets through may
/// be recorded before this returns.
pub fn set_mask(mask: SigSet) {
    let mask = host_mask(mask);
    if MASK.get() == Some(mask) {
        return;
    }
    // Set before the call: a handler that runs inside it must find itself newer.
    MASK.set(Some(mask));
    sys::signal::apply_mask(mask);
}

/// Blocks what the guest could handle, until [`set_mask`]. Fault signals stay unblocked.
pub fn hold() {
    set_mask(SigSet::FULL);
}

/// Blocks every signal, those that report faults included: for a thread that touches no guest
/// memory any more and must not be the one whom the process's signals find.
pub fn block_all() {
    // What `set_mask` lets through tells the two apart.
    if MASK.replace(Some(SigSet::FULL)) != Some(SigSet::FULL) {
        sys::signal::apply_mask(SigSet::FULL);
    }
}

/// The handler of every signal that the guest handles.
pub(crate) extern "C" fn catch(_: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes a valid record and the interrupted context, which it will restore
    // from here.
    let (info, frame) = unsafe { (fault::siginfo(info), &mut *context.cast::<fault::Frame>()) };
    record(&info);
    MASK.set(None);
    fault::set_mask(frame, HANDLER_MASK);
    leave_interruptible(frame);
}

/// If the interrupted code was about to enter an interruptible call, makes that return `EINTR`.
/// For every handler that calls [`record`].
pub(crate) fn leave_interruptible(frame: &mut fault::Frame) {
    if let Some(abort) = interruptible::abort_address(fault::pc(frame)) {
        fault::set_pc(frame, abort);
    }
}

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

/// Whether a signal is recorded for this thread and not yet taken.
pub fn is_recorded() -> bool {
    RECORDED.with(|records| records.iter().any(is_taken))
}

fn is_taken(slot: &Cell<Option<SigInfo>>) -> bool {
    let record = slot.take();
    slot.set(record);
    record.is_some()
}

/// Records `info` for this thread. For fault handlers that meet a signal which another process
/// sent. Async-signal-safe; a record too many is dropped, as a second pending instance of a
/// standard signal would be.
pub fn record(info: &SigInfo) {
    RECORDED.with(|records| {
        if let Some(free) = records.iter().find(|slot| !is_taken(slot)) {
            free.set(Some(*info));
        }
    });
    attention::current().raise(Attention::SIGNAL);
}

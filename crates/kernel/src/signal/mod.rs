//! Signals: dispositions, masks, delivery, frames.
//!
//! The host kernel queues and orders signals (see `host::signal`): dispositions and masks are
//! mirrored onto the host, and only a signal with a guest handler comes to us, one at a time. What
//! remains is to build the frame at an instruction boundary ([`deliver`], [`frame`]) and to turn
//! faults of guest code into signals ([`fault`]).

pub mod action;
pub mod deliver;
pub mod fault;
pub mod frame;
pub mod mask;
pub mod send;

use abi::Errno;
use abi::signal::{AltStack, SigInfo, SigSet, Signal};
use host::handoff::{Inherited, Luggage};
use serde::{Deserialize, Serialize};

use crate::handoff::{Handover, Plain};

pub use action::Actions;

/// The signal state of one thread.
#[derive(Clone, Debug)]
pub struct ThreadSignals {
    /// Signals that the guest has blocked.
    pub mask: SigSet,
    /// The mask to restore when a call that waits under a temporary mask has been interrupted
    /// (`sigsuspend`, `ppoll`, `pselect`).
    pub saved_mask: Option<SigSet>,
    /// Recorded signals that cannot be delivered now: fault signals sent by other processes
    /// (which the host must not block) while the guest blocks them.
    pub held: Vec<SigInfo>,
    /// `sigaltstack(2)`.
    pub alt_stack: AltStack,
    /// The latest fault, which every later frame reports.
    pub fault: fault::FaultRecord,
}

/// What a child of fork(2) inherits of [`ThreadSignals`]. Nothing is pending for it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    mask: Plain<SigSet>,
    alt_stack: Plain<AltStack>,
    fault: fault::FaultRecord,
}

impl Handover for ThreadSignals {
    type Record = Record;

    fn record(&self, _: &mut Luggage) -> Result<Record, Errno> {
        let Self { mask, saved_mask: _, held: _, alt_stack, fault } = self;
        Ok(Record { mask: Plain(*mask), alt_stack: Plain(*alt_stack), fault: *fault })
    }

    fn resume(record: Record, _: &mut Inherited) -> Result<Self, Errno> {
        let Record { mask: Plain(mask), alt_stack: Plain(alt_stack), fault } = record;
        Ok(Self { alt_stack, fault, ..Self::new(mask.minus(SigSet::UNBLOCKABLE)) })
    }
}

impl ThreadSignals {
    /// What a program starts with: the mask of the parent.
    pub(crate) fn inherited() -> Self {
        Self::new(host::signal::mask())
    }

    /// What a thread starts with: the mask of its creator.
    pub(crate) fn new(mask: SigSet) -> Self {
        Self {
            mask,
            saved_mask: None,
            held: Vec::new(),
            alt_stack: AltStack::DISABLED,
            fault: fault::FaultRecord::default(),
        }
    }
}

/// A guest's signal number as an argument: `EINVAL` outside `1..=64`.
pub(crate) fn signal_arg(number: i32) -> Result<Signal, Errno> {
    u32::try_from(number).ok().and_then(Signal::new).ok_or(Errno::EINVAL)
}

//! `fork(2)` without the host's: the child is a process that the host starts, and goes on with a copy of
//! everything that it is told.
//!
//! A hypervisor's virtual machine does not survive the host's `fork`, and on macOS there is no other way to run
//! guests fast; `ELFUSE_FORK=spawn` does the same on Linux, so that its tests run everywhere. The parent
//! starts elfuse anew with its descriptors ([`host::handoff`]), sends a [`Record`] of all state, then what private
//! memory holds, and waits for an answer: so whatever fails is an error of `fork(2)`, and of a child that could not
//! be had nothing is seen. docs/internals/handoff.md tells what goes where.
//!
//! Each piece of state implements [`Handover`] beside its definition, and takes itself apart field by field:
//! whoever adds a field is told by the compiler to decide what becomes of it.
//!
//! Rejected: a request to a server process that makes children, because the child would be the server's, not
//! the guest's, and `wait(2)`, groups and sessions could not be the host's.

mod attributes;
pub(crate) mod lead;
#[cfg(test)]
mod tests;
mod wire;

use std::ffi::CString;
use std::sync::Arc;

use abi::Errno;
use abi::process::CloneArgs;
use engine::Engine;
use host::handoff::{Inherited, Luggage};
use host::process::Channel;
use mem::{AddressSpace, Slab};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::process::{Process, fork};
use crate::{Diagnostics, Task, arch, process, task};
use attributes::Attributes;

pub use wire::{encode, parse};

/// State that a child of `fork(2)` inherits, where that is another program's start.
pub(crate) trait Handover: Sized {
    /// What is sent of it.
    type Record: Serialize + DeserializeOwned;

    /// What the child is told. Takes `self` apart without `..`. Descriptors go into the luggage.
    fn record(&self, luggage: &mut Luggage) -> Result<Self::Record, Errno>;

    /// The same in the child. Believes nothing: a record that cannot be is an error.
    fn resume(record: Self::Record, inherited: &mut Inherited) -> Result<Self, Errno>;
}

/// A structure of the ABI, sent as its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plain<T>(pub T);

impl<T: IntoBytes + Immutable> Serialize for Plain<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_bytes().serialize(serializer)
    }
}

impl<'de, T: FromBytes> Deserialize<'de> for Plain<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = Vec::<u8>::deserialize(deserializer)?;
        let value = T::read_from_bytes(&bytes);
        value.map(Self).map_err(|_| serde::de::Error::invalid_length(bytes.len(), &"its size"))
    }
}

/// All that a child is told, but for what memory holds.
#[derive(Debug, Serialize, Deserialize)]
pub struct Record {
    /// How it was made: `struct clone_args`.
    clone: Plain<CloneArgs>,
    process: process::Record,
    task: task::Record,
    attributes: Attributes,
    space: mem::Record,
}

/// Makes a child. Returns its number and the way to it.
/// Errors: `EAGAIN`, `ENOMEM`.
pub(crate) fn depart(t: &Task, args: &CloneArgs) -> Result<(i32, Channel), Errno> {
    // Two threads' writes must not be seen in another order than they were made.
    let started = t.process.threads.rest(t.tid(), || match t.process.debug.get() {
        Some(debug) => debug.without_breakpoints(t.space(), || started(t, args)),
        None => started(t, args),
    });
    let (pid, link) = started.map_err(as_of_fork)?;
    // Anything but a message is its end.
    let refusal = wire::receive_answer(&link).unwrap_or(Some(Errno::EAGAIN));
    match refusal {
        None => Ok((pid, link)),
        Some(errno) => {
            fork::undo(pid);
            Err(as_of_fork(errno))
        }
    }
}

/// What fork(2) says if it cannot make a child.
fn as_of_fork(errno: Errno) -> Errno {
    if errno == Errno::ENOMEM { Errno::ENOMEM } else { Errno::EAGAIN }
}

/// Starts a child and tells it everything.
fn started(t: &Task, args: &CloneArgs) -> Result<(i32, Channel), Errno> {
    let [own, other] = Channel::pair()?;
    let mut luggage = Luggage::default();
    let process = t.process.record(&mut luggage)?;
    let task = t.record(&mut luggage)?;
    let attributes = Attributes::of_this_process();
    // From here on memory is as it is: last, because nothing else may be locked after it.
    let departure = t.space().depart();
    let space = departure.record(&mut luggage)?;
    let record = Record { clone: Plain(*args), process, task, attributes, space };
    let pid = spawn(t, other, luggage)?;
    let told = wire::send_record(&own, &record)
        .and_then(|()| departure.contents(|parts| wire::send(&own, parts)))
        .and_then(|()| wire::send(&own, &[]));
    match told {
        Ok(()) => Ok((pid, own)),
        Err(errno) => {
            fork::undo(pid);
            Err(errno)
        }
    }
}

/// Starts this program as the other end of `link`.
fn spawn(t: &Task, link: Channel, mut luggage: Luggage) -> Result<i32, Errno> {
    let mut args = t.process.respawn.clone().unwrap_or_default();
    let number = luggage.add(link);
    args.push(CString::new(format!("--handoff={number}")).map_err(|_| Errno::EINVAL)?);
    host::handoff::spawn(&args, &luggage)
}

/// In the child: the guest's thread, ready to go on. The parent is at descriptor `number`, and has been told if
/// this fails. `make` makes the engine.
pub fn arrive(
    number: i32,
    make: impl FnOnce(&Arc<AddressSpace>, &Diagnostics) -> Result<Arc<dyn Engine>, Errno>,
) -> Result<Task, Errno> {
    let mut inherited = Inherited::all();
    let link = Channel::from(inherited.take(number)?);
    let resumed = resume(&link, inherited, make);
    wire::send_answer(&link, resumed.as_ref().err().copied());
    let (mut task, args) = resumed?;
    if let Some(link) = fork::begin(&mut task, &args, Some(link)) {
        lead::follow(&task.process, link);
    }
    arch::set_result(&mut task.regs, Ok(0));
    task.set_signal_mask(task.signals.mask);
    Ok(task)
}

fn resume(
    link: &Channel,
    mut inherited: Inherited,
    make: impl FnOnce(&Arc<AddressSpace>, &Diagnostics) -> Result<Arc<dyn Engine>, Errno>,
) -> Result<(Task, CloneArgs), Errno> {
    let Record { clone: Plain(args), process, task, attributes, space } =
        wire::receive_record(link)?;
    let slab = Slab::reserve_size(space.size()).map_err(|_| Errno::ENOMEM)?;
    let space = AddressSpace::arrive(Arc::new(slab), &space, &mut inherited)?;
    let process = Process::resume(process, &mut inherited, space, make)?;
    loop {
        let parts = wire::receive(link)?;
        if parts.is_empty() {
            break;
        }
        process.space.fill(&parts)?;
    }
    let task = Task::resume(task, &mut inherited, process)?;
    attributes.restore(&task);
    Ok((task, args))
}

//! vfork(2): a child that borrows its parent's memory.
//!
//! The parent sleeps until the child executes a program or ends, and then sees what the child wrote:
//! so `posix_spawn` learns why a program could not be executed. The child is a process with a copy of the
//! memory, which gives back what it changed; [`mem`] says why, and how it knows. It does so before
//! whatever may be its end. Only when a signal from outside ends it, what it wrote is lost.
//!
//! Signals do not wake the parent; they wait, as on Linux, but for one that stops it, which there waits,
//! too.

use abi::Errno;
use host::process::Channel;
use mem::{AddressSpace, UserSlice};

use crate::{Process, Task};

/// In front of the bytes of a change: the address and the number of them, little-endian.
const HEAD: usize = 16;

/// In the child: `lender` leads to its parent, if that waits; whether it runs in the parent's memory (`CLONE_VM`).
pub(super) fn begin(t: &Task, lender: Option<Channel>, borrows: bool) {
    if lender.is_some() && borrows {
        t.space().borrow_all();
    }
    *t.process.lender.lock() = lender;
}

/// Lets the parent, if it waits, have what was changed since this was last called.
pub(crate) fn give_back(process: &Process) {
    let lender = process.lender.lock();
    let Some(lender) = &*lender else { return };
    let mut message = Vec::new();
    process.space.take_changes(|addr, bytes| {
        message.extend_from_slice(&addr.to_le_bytes());
        message.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        message.extend_from_slice(bytes);
    });
    // If the parent has been killed nobody wants it.
    lender.send(&message);
}

/// The caller has done with the parent's memory. Its thread's number is cleared in there (`mm_release()`).
pub(super) fn leave(t: &Task) {
    if t.process.lender.lock().is_some() && t.clear_child_tid != 0 {
        // As on Linux, the place may be gone by now.
        let _ = UserSlice::new(t.clear_child_tid, 4).write_from(t.space(), &[0; 4]);
    }
    give_back(&t.process);
}

/// Lets the parent go on.
pub(super) fn release(process: &Process) {
    process.lender.lock().take();
}

/// In the parent: waits until the child gives the memory back, and makes its changes.
pub(super) fn wait(t: &Task, child: &Channel) {
    let mut head = [0; HEAD];
    while child.receive(&mut head) {
        if change(t.space(), child, head).is_err() {
            return;
        }
    }
}

/// Makes one change. An error if the child ended in the middle of telling it.
fn change(space: &AddressSpace, child: &Channel, head: [u8; HEAD]) -> Result<(), Errno> {
    let (addr, len) = head.split_at(HEAD / 2);
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte));
    let mut bytes = vec![0; number(len).min(host::mm::PAGE_SIZE) as usize];
    if !child.receive(&mut bytes) {
        return Err(Errno::ESRCH);
    }
    // Another thread may have unmapped it meanwhile.
    let _ = UserSlice::new(number(addr), bytes.len() as u64).write_from(space, &bytes);
    Ok(())
}

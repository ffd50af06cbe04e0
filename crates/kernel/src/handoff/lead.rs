//! setpgid(2) for a child that was handed over.
//!
//! A parent may change its child's process group until that executes a program. To the host such a child has executed
//! one, elfuse, and only itself can change its group. So the two keep the channel that they have: a thread of
//! the child's runtime waits at its end, whatever the guest does meanwhile, and does what the parent asks. When the
//! guest executes a program, the channel is closed, and the host's refusal (`EACCES`) is the truth.
//!
//! Rejected: that the guest's own thread does it at its next boundary, which may be far, in the middle of a call that
//! would have to be interrupted without the guest's seeing that.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use abi::Errno;
use host::process::Channel;

use crate::Process;

/// How long a child may take. It answers at once, unless it is stopped: then it keeps its group.
const PATIENCE: Duration = Duration::from_secs(1);

/// The children that can be asked, by number.
pub(crate) type Led = BTreeMap<i32, Channel>;

/// In the parent: `child` is at the other end of `link`.
pub(crate) fn keep(process: &Process, child: i32, link: Channel) {
    let mut led = process.led.lock();
    led.retain(|_, link| !link.is_shut());
    link.set_patience(PATIENCE);
    led.insert(child, link);
}

/// In the parent: has `child` change its process group. `EACCES` if it cannot be asked.
pub(crate) fn ask(process: &Process, child: i32, group: i32) -> Result<(), Errno> {
    let mut led = process.led.lock();
    let link = led.get(&child).ok_or(Errno::EACCES)?;
    let mut answer = [0; 2];
    if !link.send(&group.to_le_bytes()) || !link.receive(&mut answer) {
        led.remove(&child);
        return Err(Errno::EACCES);
    }
    match u16::from_le_bytes(answer) {
        0 => Ok(()),
        number => Err(Errno::from_raw(number)),
    }
}

/// In the child, with signals blocked: lets the parent, at the other end of `link`, ask. Without the means for it, it is
/// told that it cannot.
pub(super) fn follow(process: &Arc<Process>, link: Channel) {
    let link = Arc::new(link);
    *process.lead.lock() = Some(link.clone());
    let process = process.clone();
    // No signal that is for the guest may find this thread.
    host::signal::block_all();
    let _ = host::thread::spawn(Box::new(move || {
        let mut group = [0; 4];
        while link.receive(&mut group) {
            let lead = process.lead.lock();
            if lead.is_none() {
                break;
            }
            let result = host::process::setpgid(0, i32::from_le_bytes(group));
            let number = result.err().map_or(0, |errno| errno.raw());
            link.send(&number.to_le_bytes());
        }
        link.shut();
    }));
}

/// In the child: it executes a program, and from now on its group is its own affair.
pub(crate) fn part(process: &Process) {
    if let Some(link) = process.lead.lock().take() {
        link.shut();
    }
}

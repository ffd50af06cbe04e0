//! What the host's kernel knows of a process, hands on at a `fork`, and resets when a program is executed.

use abi::Errno;
use abi::mm::membarrier;
use abi::process::CapData;
use host::process as host_process;
use serde::{Deserialize, Serialize};

use super::Plain;
use crate::process::prctl::pr;
use crate::{Task, process};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Attributes {
    /// The thread's name, as `ps` shows it.
    name: [u8; 16],
    /// Real, effective and saved ids; an execution makes the saved the effective one.
    uids: [u32; 3],
    gids: [u32; 3],
    /// Root executes programs with all capabilities, others with none.
    capabilities: Option<[Plain<CapData>; 2]>,
    /// `PR_GET_DUMPABLE`.
    dumpable: Option<u64>,
    /// What membarrier(2) has been told to expect (`MEMBARRIER_CMD_GET_REGISTRATIONS`, since Linux 6.3).
    barriers: u64,
}

impl Attributes {
    pub(super) fn of_this_process() -> Self {
        Self {
            name: host_process::name(),
            uids: host_process::getresuid(),
            gids: host_process::getresgid(),
            capabilities: host_process::capget(0).ok().map(|sets| sets.map(Plain)),
            dumpable: host_process::prctl(pr::GET_DUMPABLE, [0; 4]).ok(),
            barriers: host_process::membarrier(membarrier::GET_REGISTRATIONS, 0, 0).unwrap_or(0),
        }
    }

    /// Rights that an execution takes away for good (capabilities of others than root, a saved user id that is
    /// neither the real nor the effective one) cannot be had back: the child does without.
    pub(super) fn restore(&self, t: &Task) {
        let Self { name, uids, gids, capabilities, dumpable, barriers } = self;
        process::identity::set_name(name.split(|&byte| byte == 0).next().unwrap_or_default());
        let _ = self.restore_ids(*uids, *gids);
        if let Some([Plain(low), Plain(high)]) = capabilities {
            let _ = keep_capabilities(&[*low, *high]);
        }
        if let Some(dumpable) = dumpable {
            let _ = host_process::prctl(pr::SET_DUMPABLE, [*dumpable, 0, 0, 0]);
        }
        for bit in (0..i32::BITS - 1).filter(|bit| barriers & 1 << bit != 0) {
            let _ = host_process::membarrier(1 << bit, 0, 0);
        }
        let layout = t.process.program.lock().layout;
        process::exec::show(t, &layout);
    }

    fn restore_ids(&self, uids: [u32; 3], gids: [u32; 3]) -> Result<(), Errno> {
        if host_process::getresgid() != gids {
            host_process::setresgid(gids[0], gids[1], gids[2])?;
        }
        if host_process::getresuid() != uids {
            host_process::setresuid(uids[0], uids[1], uids[2])?;
        }
        Ok(())
    }
}

/// Gives up what the parent did not have.
fn keep_capabilities(wanted: &[CapData; 2]) -> Result<(), Errno> {
    let mut sets = host_process::capget(0)?;
    for (set, wanted) in sets.iter_mut().zip(wanted) {
        set.permitted &= wanted.permitted;
        set.effective = wanted.effective & set.permitted;
        set.inheritable &= wanted.inheritable;
    }
    host_process::capset(&sets)
}

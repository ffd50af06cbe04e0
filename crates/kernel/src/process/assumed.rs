//! An identity that the guest has and the host's process has not: `--fakeroot`, and `--user` of those who
//! may not become that user.
//!
//! The thread's [`Credentials`] say who it is; what is here is the process's: which of the host's ids
//! stands for the guest's, and, for `--fakeroot`, what is remembered of files ([`Ownership`]). A guest
//! without all this is who the host says, at no cost but a look at an `Option`.
//!
//! Rejected: a user namespace. It exists on Linux alone, many machines forbid it, one host id is one
//! guest id in it, and nothing is remembered.

use abi::Errno;
use host::handoff::{Inherited, Luggage};
use serde::{Deserialize, Serialize};

use super::account::Account;
use super::credentials::{Capability, Credentials};
use crate::fs::Ownership;
use crate::handoff::Handover;
use crate::{Process, Task};

/// How the guest's identity differs from the host's.
#[derive(Debug)]
pub(crate) struct Assumed {
    /// The host's user and group.
    pub host: (u32, u32),
    /// What the guest sees in their place.
    pub seen: (u32, u32),
    /// What is remembered of files; nothing is without `--fakeroot`.
    pub ownership: Option<Ownership>,
}

/// [`Assumed`] on its way to another host process.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    host: (u32, u32),
    seen: (u32, u32),
    ownership: Option<<Ownership as Handover>::Record>,
}

impl Handover for Assumed {
    type Record = Record;

    fn record(&self, luggage: &mut Luggage) -> Result<Record, Errno> {
        let Self { host, seen, ownership } = self;
        let ownership = ownership.as_ref().map(|owners| owners.record(luggage)).transpose()?;
        Ok(Record { host: *host, seen: *seen, ownership })
    }

    fn resume(record: Record, inherited: &mut Inherited) -> Result<Self, Errno> {
        let Record { host, seen, ownership } = record;
        let ownership = ownership.map(|owners| Ownership::resume(owners, inherited)).transpose()?;
        Ok(Self { host, seen, ownership })
    }
}

impl Process {
    /// What is remembered of files.
    pub(crate) fn ownership(&self) -> Option<&Ownership> {
        self.assumed.get()?.ownership.as_ref()
    }
}

impl Task {
    /// Makes the first thread of the first process somebody, before it runs. The host's process
    /// changes its own ids if it may.
    pub fn become_user(&mut self, account: &Account) -> Result<(), Errno> {
        let Account { uid, gid, groups, .. } = account;
        let [_, host_uid, _] = host::process::getresuid();
        let [_, host_gid, _] = host::process::getresgid();
        if host_uid == 0 {
            host::process::setgroups(groups)?;
            host::process::setresgid(*gid, *gid, *gid)?;
            return host::process::setresuid(*uid, *uid, *uid);
        }
        if (host_uid, host_gid) == (*uid, *gid) {
            return Ok(());
        }
        let credentials = Credentials::new(*uid, *gid, groups.clone()).without_capabilities();
        self.assume((*uid, *gid), credentials, None)
    }

    /// As [`Self::become_user`], in a world where all that is the host's user's is root's, and
    /// what root does to files is remembered.
    pub fn become_in_fakeroot(&mut self, account: &Account) -> Result<(), Errno> {
        let ownership = match self.root().duplicate()? {
            Some(dir) => Ownership::open(dir)?,
            None => Ownership::transient()?,
        };
        let credentials = Credentials::new(account.uid, account.gid, account.groups.clone());
        self.assume((0, 0), credentials, Some(ownership))
    }

    fn assume(
        &mut self,
        seen: (u32, u32),
        credentials: Credentials,
        ownership: Option<Ownership>,
    ) -> Result<(), Errno> {
        let host = (host::process::getresuid()[1], host::process::getresgid()[1]);
        let assumed = Assumed { host, seen, ownership };
        self.process.assumed.set(assumed.into()).map_err(|_| Errno::EPERM)?;
        self.credentials = Some(credentials);
        Ok(())
    }

    /// Whether the thread has a capability of its own making; `None` if the host decides.
    pub(crate) fn can(&self, capability: Capability) -> Option<bool> {
        self.credentials.as_ref().map(|credentials| credentials.can(capability))
    }

    /// Puts the guest's ids in place of the host's in a `struct ucred` (unix(7)): process, user, group.
    pub(crate) fn see_credentials(&self, ucred: &mut [u8]) {
        if let Some(Assumed { host, seen, .. }) = self.process.assumed.get().map(|a| &**a) {
            replace(ucred, 4, host.0, seen.0);
            replace(ucred, 8, host.1, seen.1);
        }
    }

    /// The opposite: whoever the thread is, the host knows it by its own ids.
    pub(crate) fn tell_credentials(&self, ucred: &mut [u8]) {
        let (Some(assumed), Some(credentials)) = (self.process.assumed.get(), &self.credentials)
        else {
            return;
        };
        let Credentials { uid, gid, .. } = credentials;
        for id in [uid.real, uid.effective, uid.saved] {
            replace(ucred, 4, id, assumed.host.0);
        }
        for id in [gid.real, gid.effective, gid.saved] {
            replace(ucred, 8, id, assumed.host.1);
        }
    }
}

/// Replaces an id in a structure.
fn replace(bytes: &mut [u8], at: usize, old: u32, new: u32) {
    if let Some(field) = bytes.get_mut(at..at + 4)
        && *field == old.to_le_bytes()
    {
        field.copy_from_slice(&new.to_le_bytes());
    }
}

//! Credentials of a thread that is not who it says it is: credentials(7) and capabilities(7) as
//! plain data, with Linux's rules for changing them.
//!
//! `--fakeroot`, and `--user` without the right to become that user, give the guest an identity that the
//! host's process does not have. The rules are the kernel's (`kernel/sys.c`, `security/commoncap.c`), so
//! that a program that gives up root finds that it has.
//!
//! Rejected: success for every call of the family, as fakeroot(1) does. A daemon that makes sure that it
//! cannot become root again would refuse to run.

use abi::Errno;
use abi::process::CapData;
use serde::{Deserialize, Serialize};

/// Capabilities (`linux/capability.h`) that decide something here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub(crate) enum Capability {
    Chown = 0,
    DacOverride = 1,
    DacReadSearch = 2,
    Fowner = 3,
    Fsetid = 4,
    Setgid = 6,
    Setuid = 7,
    Setpcap = 8,
    SysChroot = 18,
    SysAdmin = 21,
    Mknod = 27,
    Setfcap = 31,
}

/// Every capability (`CAP_LAST_CAP` is 40, `CAP_CHECKPOINT_RESTORE`).
const ALL: u64 = (1 << 41) - 1;
/// `CAP_FS_SET`: those that follow the user id for files: `CHOWN` to `FSETID`, `LINUX_IMMUTABLE`,
/// `MKNOD`, `MAC_OVERRIDE`.
const FILES: u64 = 0x1f | 1 << 9 | 1 << 27 | 1 << 32;
/// In an argument: leave as it is.
const KEEP: u32 = u32::MAX;

/// User or group ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ids {
    pub real: u32,
    pub effective: u32,
    pub saved: u32,
    /// That new files get and that access is checked by.
    pub files: u32,
}

impl Ids {
    fn all(id: u32) -> Self {
        Self { real: id, effective: id, saved: id, files: id }
    }

    fn is_one(&self, id: u32) -> bool {
        id == self.real || id == self.effective || id == self.saved
    }

    /// setuid(2), setgid(2).
    fn set(&mut self, id: u32, privileged: bool) -> Result<(), Errno> {
        if id == KEEP {
            return Err(Errno::EINVAL);
        }
        if privileged {
            *self = Self::all(id);
        } else if id == self.real || id == self.saved {
            *self = Self { effective: id, files: id, ..*self };
        } else {
            return Err(Errno::EPERM);
        }
        Ok(())
    }

    /// setreuid(2), setregid(2).
    fn set_two(&mut self, real: u32, effective: u32, privileged: bool) -> Result<(), Errno> {
        let may_be_real = real == KEEP || real == self.real || real == self.effective;
        let may_be_effective = effective == KEEP || self.is_one(effective);
        if !(privileged || may_be_real && may_be_effective) {
            return Err(Errno::EPERM);
        }
        let saves = real != KEEP || effective != KEEP && effective != self.real;
        self.replace([real, effective, KEEP]);
        if saves {
            self.saved = self.effective;
        }
        Ok(())
    }

    /// setresuid(2), setresgid(2).
    fn set_three(&mut self, ids: [u32; 3], privileged: bool) -> Result<(), Errno> {
        if !privileged && ids.iter().any(|&id| id != KEEP && !self.is_one(id)) {
            return Err(Errno::EPERM);
        }
        self.replace(ids);
        Ok(())
    }

    fn replace(&mut self, [real, effective, saved]: [u32; 3]) {
        let choose = |new, old| if new == KEEP { old } else { new };
        self.real = choose(real, self.real);
        self.effective = choose(effective, self.effective);
        self.saved = choose(saved, self.saved);
        self.files = self.effective;
    }

    /// setfsuid(2), setfsgid(2): the old one, whether or not it was changed.
    fn set_files(&mut self, id: u32, privileged: bool) -> u32 {
        let old = self.files;
        if id != KEEP && (privileged || self.is_one(id)) {
            self.files = id;
        }
        old
    }

    fn has_root(&self) -> bool {
        self.is_one(0)
    }
}

/// Who a thread is, and what it may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Credentials {
    pub uid: Ids,
    pub gid: Ids,
    /// Supplementary groups.
    pub groups: Vec<u32>,
    effective: u64,
    permitted: u64,
    inheritable: u64,
    bounding: u64,
    /// `PR_SET_KEEPCAPS`.
    pub keep_caps: bool,
}

impl Credentials {
    /// Those of a process that `login(1)` would start.
    pub fn new(uid: u32, gid: u32, groups: Vec<u32>) -> Self {
        let caps = if uid == 0 { ALL } else { 0 };
        Self {
            uid: Ids::all(uid),
            gid: Ids::all(gid),
            groups,
            effective: caps,
            permitted: caps,
            inheritable: 0,
            bounding: ALL,
            keep_caps: false,
        }
    }

    /// Takes every capability away for good, root's too: the host has not given them.
    pub fn without_capabilities(self) -> Self {
        Self { effective: 0, permitted: 0, bounding: 0, ..self }
    }

    /// Whether a capability is effective.
    pub fn can(&self, capability: Capability) -> bool {
        self.effective & 1 << capability as u32 != 0
    }

    /// Those that access(2) asks for: of the real user.
    pub fn real(&self) -> Self {
        let mut real = self.clone();
        (real.uid.files, real.gid.files) = (self.uid.real, self.gid.real);
        real.effective = if self.uid.real == 0 { self.permitted } else { 0 };
        real
    }

    /// Whether a file's group is one of the thread's (`in_group_p`).
    pub fn is_in_group(&self, gid: u32) -> bool {
        self.gid.files == gid || self.groups.contains(&gid)
    }

    /// Changes user ids, and the capabilities that go and come with root (`cap_emulate_setxuid`).
    fn change_users(
        &mut self,
        change: impl FnOnce(&mut Ids, bool) -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        let (old, privileged) = (self.uid, self.can(Capability::Setuid));
        change(&mut self.uid, privileged)?;
        if old.has_root() && !self.uid.has_root() && !self.keep_caps {
            (self.permitted, self.effective) = (0, 0);
        }
        match (old.effective, self.uid.effective) {
            (0, 1..) => self.effective = 0,
            (1.., 0) => self.effective = self.permitted,
            _ => {}
        }
        Ok(())
    }

    /// setuid(2).
    pub fn setuid(&mut self, uid: u32) -> Result<(), Errno> {
        self.change_users(|ids, privileged| ids.set(uid, privileged))
    }

    /// setreuid(2).
    pub fn setreuid(&mut self, real: u32, effective: u32) -> Result<(), Errno> {
        self.change_users(|ids, privileged| ids.set_two(real, effective, privileged))
    }

    /// setresuid(2).
    pub fn setresuid(&mut self, ids: [u32; 3]) -> Result<(), Errno> {
        self.change_users(|old, privileged| old.set_three(ids, privileged))
    }

    /// setfsuid(2).
    pub fn setfsuid(&mut self, uid: u32) -> u32 {
        let old = self.uid.set_files(uid, self.can(Capability::Setuid));
        match (old, self.uid.files) {
            (0, 1..) => self.effective &= !FILES,
            (1.., 0) => self.effective |= self.permitted & FILES,
            _ => {}
        }
        old
    }

    /// setgid(2).
    pub fn setgid(&mut self, gid: u32) -> Result<(), Errno> {
        self.gid.set(gid, self.can(Capability::Setgid))
    }

    /// setregid(2).
    pub fn setregid(&mut self, real: u32, effective: u32) -> Result<(), Errno> {
        self.gid.set_two(real, effective, self.can(Capability::Setgid))
    }

    /// setresgid(2).
    pub fn setresgid(&mut self, ids: [u32; 3]) -> Result<(), Errno> {
        self.gid.set_three(ids, self.can(Capability::Setgid))
    }

    /// setfsgid(2).
    pub fn setfsgid(&mut self, gid: u32) -> u32 {
        self.gid.set_files(gid, self.can(Capability::Setgid))
    }

    /// setgroups(2), which sorts them.
    pub fn setgroups(&mut self, mut groups: Vec<u32>) -> Result<(), Errno> {
        if !self.can(Capability::Setgid) {
            return Err(Errno::EPERM);
        }
        groups.sort_unstable();
        self.groups = groups;
        Ok(())
    }

    /// capget(2).
    pub fn capabilities(&self) -> [CapData; 2] {
        [0, 32].map(|shift| CapData {
            effective: (self.effective >> shift) as u32,
            permitted: (self.permitted >> shift) as u32,
            inheritable: (self.inheritable >> shift) as u32,
        })
    }

    /// capset(2).
    pub fn set_capabilities(&mut self, new: &[CapData; 2]) -> Result<(), Errno> {
        let join = |part: fn(&CapData) -> u32| {
            (u64::from(part(&new[0])) | u64::from(part(&new[1])) << 32) & ALL
        };
        let effective = join(|data| data.effective);
        let permitted = join(|data| data.permitted);
        let inheritable = join(|data| data.inheritable);
        let may_inherit = self.inheritable
            | if self.can(Capability::Setpcap) { self.bounding } else { self.permitted };
        if inheritable & !may_inherit != 0
            || inheritable & !(self.inheritable | self.bounding) != 0
            || permitted & !self.permitted != 0
            || effective & !permitted != 0
        {
            return Err(Errno::EPERM);
        }
        (self.effective, self.permitted, self.inheritable) = (effective, permitted, inheritable);
        Ok(())
    }

    /// `PR_CAPBSET_READ`.
    pub fn is_bounding(&self, capability: u64) -> Result<bool, Errno> {
        let bit = bit(capability)?;
        Ok(self.bounding & bit != 0)
    }

    /// `PR_CAPBSET_DROP`.
    pub fn drop_bounding(&mut self, capability: u64) -> Result<(), Errno> {
        if !self.can(Capability::Setpcap) {
            return Err(Errno::EPERM);
        }
        self.bounding &= !bit(capability)?;
        Ok(())
    }

    /// The sets that `/proc/self/status` lists: inheritable, permitted, effective, bounding.
    pub fn sets(&self) -> [u64; 4] {
        [self.inheritable, self.permitted, self.effective, self.bounding]
    }

    /// What execve(2) of a file does, whose owner is `setuid` and whose group is `setgid` if it has
    /// those bits.
    pub fn execute(&mut self, setuid: Option<u32>, setgid: Option<u32>) {
        self.uid.effective = setuid.unwrap_or(self.uid.effective);
        self.gid.effective = setgid.unwrap_or(self.gid.effective);
        for ids in [&mut self.uid, &mut self.gid] {
            ids.saved = ids.effective;
            ids.files = ids.effective;
        }
        // Without file capabilities (execve_pP): all for root, none for others.
        let root = self.uid.effective == 0 || self.uid.real == 0;
        self.permitted = if root { self.inheritable | self.bounding } else { 0 };
        self.effective = if self.uid.effective == 0 { self.permitted } else { 0 };
        self.keep_caps = false;
    }
}

fn bit(capability: u64) -> Result<u64, Errno> {
    if capability > 40 { Err(Errno::EINVAL) } else { Ok(1 << capability) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ids: Ids) -> [u32; 4] {
        [ids.real, ids.effective, ids.saved, ids.files]
    }

    #[test]
    fn root_that_was_given_up_does_not_come_back() {
        let mut c = Credentials::new(0, 0, vec![0]);
        c.setgroups(vec![7, 5]).unwrap();
        assert_eq!(c.groups, [5, 7]);
        c.setgid(100).unwrap();
        c.setuid(100).unwrap();
        assert_eq!((ids(c.uid), ids(c.gid)), ([100; 4], [100; 4]));
        assert_eq!(c.setuid(0), Err(Errno::EPERM));
        assert_eq!(c.setgroups(vec![]), Err(Errno::EPERM));
        assert_eq!(c.sets()[..3], [0, 0, 0]);
        c.execute(None, None);
        assert!(!c.can(Capability::Chown));
    }

    #[test]
    fn a_saved_id_is_a_way_back() {
        let mut c = Credentials::new(0, 0, vec![]);
        c.setresuid([KEEP, 42, KEEP]).unwrap();
        assert_eq!(ids(c.uid), [0, 42, 0, 42]);
        assert!(!c.can(Capability::Chown));
        assert_eq!(c.setresuid([1, KEEP, KEEP]), Err(Errno::EPERM));
        c.setreuid(KEEP, 0).unwrap();
        assert_eq!(ids(c.uid), [0; 4]);
        assert!(c.can(Capability::Chown));
        c.setreuid(5, 6).unwrap();
        assert_eq!(ids(c.uid), [5, 6, 6, 6]);
    }

    #[test]
    fn the_id_for_files_takes_the_power_over_files_along() {
        let mut c = Credentials::new(0, 0, vec![]);
        assert_eq!(c.setfsuid(9), 0);
        assert!(!c.can(Capability::DacOverride) && c.can(Capability::Setuid));
        assert_eq!((c.setfsuid(0), c.setfsuid(KEEP)), (9, 0));
        assert!(c.can(Capability::DacOverride));
    }

    #[test]
    fn capabilities_are_kept_if_asked_for_and_never_grow() {
        let mut c = Credentials::new(0, 0, vec![]);
        c.keep_caps = true;
        c.setuid(5).unwrap();
        assert_eq!(c.sets()[1..3], [ALL, 0]);
        let mut data = c.capabilities();
        data[0].effective = 1;
        data[0].permitted = 3;
        data[1].permitted = 0;
        c.set_capabilities(&data).unwrap();
        assert!(c.can(Capability::Chown) && !c.can(Capability::DacOverride));
        data[0].permitted = 7;
        assert_eq!(c.set_capabilities(&data), Err(Errno::EPERM));
        assert_eq!(c.drop_bounding(0), Err(Errno::EPERM));
        assert_eq!(c.is_bounding(41), Err(Errno::EINVAL));
    }

    #[test]
    fn a_setuid_program_has_its_owners_rights() {
        let mut c = Credentials::new(1000, 1000, vec![]);
        c.execute(Some(0), None);
        assert_eq!(ids(c.uid), [1000, 0, 0, 0]);
        assert!(c.can(Capability::Setuid));
        let c = Credentials::new(0, 0, vec![]).without_capabilities();
        assert!(!c.can(Capability::Chown));
    }
}

//! Capabilities of threads (capabilities(7)): those of the host's, which are the guest's.

use abi::Errno;
use abi::process::{CapData, CapHeader};
use mem::UserPtr;

use crate::Task;
use crate::syscall::SysResult;

/// The version that the kernel prefers (`_LINUX_CAPABILITY_VERSION_3`).
const VERSION: u32 = 0x2008_0522;

/// How many records a version has (`cap_validate_magic`). For a version that is not known the
/// header says which is preferred.
fn records(t: &Task, at: UserPtr<CapHeader>, header: &CapHeader) -> Result<u64, Errno> {
    match header.version {
        // _LINUX_CAPABILITY_VERSION_1 and _LINUX_CAPABILITY_VERSION_2.
        0x1998_0330 => Ok(1),
        0x2007_1026 | VERSION => Ok(2),
        _ => {
            at.write(t.space(), &CapHeader { version: VERSION, ..*header })?;
            Err(Errno::EINVAL)
        }
    }
}

/// capget(2). Without data only the version is asked for.
pub fn capget(t: &mut Task, header_at: UserPtr<CapHeader>, data: UserPtr<CapData>) -> SysResult {
    let header = header_at.read(t.space())?;
    let count = match records(t, header_at, &header) {
        Err(Errno::EINVAL) if data.is_null() => return Ok(0),
        found => found?,
    };
    if data.is_null() {
        return Ok(0);
    }
    let mut found = host::process::capget(header.pid)?;
    if let Some(credentials) = &t.credentials {
        // Of other processes nothing is known; those of the guest's mostly have the same.
        found = credentials.capabilities();
    }
    for (i, record) in (0..count).zip(&found) {
        data.add(i)?.write(t.space(), record)?;
    }
    Ok(0)
}

/// capset(2) for the calling thread. The host checks what may be set.
pub fn capset(t: &mut Task, header_at: UserPtr<CapHeader>, data: UserPtr<CapData>) -> SysResult {
    let header = header_at.read(t.space())?;
    let count = records(t, header_at, &header)?;
    if header.pid != 0 && header.pid != host::process::gettid() {
        return Err(Errno::EPERM);
    }
    let mut new = [CapData::default(); 2];
    for (i, record) in (0..count).zip(&mut new) {
        *record = data.add(i)?.read(t.space())?;
    }
    match &mut t.credentials {
        Some(credentials) => credentials.set_capabilities(&new),
        None => host::process::capset(&new),
    }
    .map(|()| 0)
}

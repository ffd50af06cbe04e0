//! What a processor may have for the protection of memory, and this one has not: keys and shadow
//! stacks.
//!
//! The answers are those of an arm64 kernel that knows about both (`FEAT_S1POE`, `FEAT_GCS`) on a
//! processor without.

use abi::Errno;
use abi::mm::{PKEY_ACCESS_MASK, PKEY_DEFAULT, PKEY_NONE};

use crate::Task;
use crate::syscall::SysResult;
use crate::syscall::arg::{Flags, ProtFlags};

/// pkey_mprotect(2): only with the key that all memory has.
pub fn pkey_mprotect(t: &mut Task, addr: u64, len: u64, prot: ProtFlags, key: i32) -> SysResult {
    if !matches!(key, PKEY_NONE | PKEY_DEFAULT) {
        return Err(Errno::EINVAL);
    }
    super::mprotect(t, addr, len, prot)
}

/// pkey_alloc(2): there are no keys to be had.
pub fn pkey_alloc(_: &mut Task, flags: u64, access: u64) -> SysResult {
    if flags != 0 || access & !PKEY_ACCESS_MASK != 0 {
        return Err(Errno::EINVAL);
    }
    Err(Errno::ENOSPC)
}

/// pkey_free(2): no other key than the default one was ever given away.
pub fn pkey_free(_: &mut Task, _key: i32) -> SysResult {
    Err(Errno::EINVAL)
}

/// map_shadow_stack(2).
pub fn map_shadow_stack(_: &mut Task, _addr: u64, _len: u64, _flags: Flags) -> SysResult {
    Err(Errno::EOPNOTSUPP)
}

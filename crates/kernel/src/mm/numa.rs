//! Memory policies: set_mempolicy(2), get_mempolicy(2), mbind(2).
//!
//! The host's own, for the same nodes: a guest sees the host's `/sys/devices/system/node`, too.

use abi::Errno;
use mem::{UserPtr, UserSlice};
use zerocopy::IntoBytes;

use crate::Task;
use crate::syscall::SysResult;

/// More than a page of mask is refused (`get_nodes()`); this is the largest page.
const MASK_MAX: u64 = 65536;

/// The bytes that hold a mask of `bits - 1` bits.
fn mask_len(bits: u64) -> u64 {
    bits.saturating_sub(1).div_ceil(64) * 8
}

/// A mask in guest memory. `None` without one.
fn mask(t: &Task, addr: u64, bits: u64) -> Result<Option<Vec<u64>>, Errno> {
    if addr == 0 || bits == 1 {
        return Ok(None);
    }
    let len = mask_len(bits);
    if bits == 0 || len > MASK_MAX {
        return Err(Errno::EINVAL);
    }
    let bytes = UserSlice::new(addr, len).read_to_vec(t.space(), len as usize)?;
    let words = bytes.chunks_exact(8).map(|word| u64::from_ne_bytes(word.try_into().unwrap()));
    Ok(Some(words.collect()))
}

/// set_mempolicy(2).
pub fn set_mempolicy(t: &mut Task, mode: i32, nodes: u64, bits: u64) -> SysResult {
    let mask = mask(t, nodes, bits)?;
    host::numa::set_policy(mode, mask.as_deref(), bits).map(|()| 0)
}

/// mbind(2).
pub fn mbind(
    t: &mut Task,
    addr: u64,
    len: u64,
    mode: i32,
    nodes: u64,
    bits: u64,
    flags: u32,
) -> SysResult {
    let mask = mask(t, nodes, bits)?;
    t.space().mbind(addr, len, mode, mask.as_deref(), bits, flags).map(|()| 0)
}

/// get_mempolicy(2).
pub fn get_mempolicy(
    t: &mut Task,
    mode: UserPtr<i32>,
    nodes: u64,
    bits: u64,
    addr: u64,
    flags: u64,
) -> SysResult {
    // The host refuses a mask that is too long before it writes to it.
    let len = mask_len(bits).min(MASK_MAX + 8);
    let mut mask = vec![0_u64; len as usize / 8];
    let wanted = (nodes != 0).then_some(&mut mask[..]);
    let result = t.space().mempolicy(wanted, bits, addr, flags)?;
    if !mode.is_null() {
        mode.write(t.space(), &result)?;
    }
    if nodes != 0 {
        UserSlice::new(nodes, len).write_from(t.space(), mask.as_bytes())?;
    }
    Ok(0)
}

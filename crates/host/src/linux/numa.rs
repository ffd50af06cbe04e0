//! Memory policies: mbind(2) and relatives. Masks are as the guest gave them: 64 nodes a word, and a
//! count of bits that the kernel takes one less of.

use abi::Errno;

use super::syscall::sys;

fn pointer(mask: Option<&[u64]>) -> *const u64 {
    mask.map_or(std::ptr::null(), <[u64]>::as_ptr)
}

/// set_mempolicy(2). `mask` has room for `bits - 1` bits.
pub fn set_policy(mode: i32, mask: Option<&[u64]>, bits: u64) -> Result<(), Errno> {
    // SAFETY: the kernel reads the words that hold `bits - 1` bits.
    unsafe { sys!(SYS_set_mempolicy, mode, pointer(mask), bits) }.map(drop)
}

/// get_mempolicy(2): the mode or the node, and in `mask`, which has room for `bits - 1` bits, the
/// nodes. `addr` is only looked up, and only if `flags` say so.
pub fn policy(
    mask: Option<&mut [u64]>,
    bits: u64,
    addr: *const u8,
    flags: u64,
) -> Result<i32, Errno> {
    let mut mode = 0_i32;
    let mask = mask.map_or(std::ptr::null_mut(), <[u64]>::as_mut_ptr);
    // SAFETY: the kernel writes the words that hold `bits - 1` bits.
    unsafe { sys!(SYS_get_mempolicy, &raw mut mode, mask, bits, addr, flags) }?;
    Ok(mode)
}

/// mbind(2).
///
/// # Safety
///
/// As for [`mm::map`](crate::mm::map).
pub unsafe fn bind(
    at: *mut u8,
    len: u64,
    mode: i32,
    mask: Option<&[u64]>,
    bits: u64,
    flags: u32,
) -> Result<(), Errno> {
    // SAFETY: the caller owns the range; the mask has room for `bits - 1` bits.
    unsafe { sys!(SYS_mbind, at, len, mode, pointer(mask), bits, flags) }.map(drop)
}

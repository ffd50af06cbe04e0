//! Memory policies. Not on this host, as on a Linux kernel that knows one node only.

use abi::Errno;

not_here! {
    set_policy(mode: i32, mask: Option<&[u64]>, bits: u64) -> () = MEMPOLICY;
    policy(mask: Option<&mut [u64]>, bits: u64, addr: *const u8, flags: u64) -> i32 = MEMPOLICY;
}

/// mbind(2): not on this host.
///
/// # Safety
///
/// As for [`mm::map`](crate::mm::map).
pub unsafe fn bind(
    _at: *mut u8,
    _len: u64,
    _mode: i32,
    _mask: Option<&[u64]>,
    _bits: u64,
    _flags: u32,
) -> Result<(), Errno> {
    crate::missing::MEMPOLICY.refuse()
}

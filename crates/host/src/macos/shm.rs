//! System V shared memory. Not on this host, whose segments cannot replace a reservation.

use abi::Errno;
use abi::shm::Segment;

not_here! {
    get(key: i32, size: u64, flags: i32) -> i32 = SHM;
    control(id: i32, command: i32, buffer: &mut Segment) -> u64 = SHM;
}

/// shmat(2): not on this host.
///
/// # Safety
///
/// The range belongs to a slab, for as long as the segment is.
pub unsafe fn attach(_id: i32, _at: *mut u8, _read_only: bool) -> Result<(), Errno> {
    crate::missing::SHM.refuse()
}

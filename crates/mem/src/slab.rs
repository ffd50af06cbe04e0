//! The reserved slab and fault-safe access to single values in it.

use std::io;
use std::ptr::NonNull;

/// The host address range that holds the guest's address space.
///
/// Bytes in it are never Rust objects: the guest, other processes and the host kernel change them
/// at any time, so they are only ever copied in and out.
#[derive(Debug)]
pub struct Slab {
    base: NonNull<u8>,
    size: u64,
}

// SAFETY: the slab is an address range; all access goes through copies that tolerate races.
unsafe impl Send for Slab {}
// SAFETY: as for `Send`.
unsafe impl Sync for Slab {}

/// An access to guest memory that did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessError {
    /// The guest address of the failed access.
    pub addr: u64,
    /// The page exists but its backing object does not reach there (host SIGBUS, not SIGSEGV).
    pub bus: bool,
}

/// A value that one access moves: `u8` to `u128`.
pub trait Scalar: Copy + private::Sealed {}
mod private {
    pub trait Sealed {}
}
macro_rules! scalars {
    ($($t:ty)*) => { $(impl private::Sealed for $t {} impl Scalar for $t {})* };
}
scalars!(u8 u16 u32 u64 u128);

impl Slab {
    /// Reserves the slab: 64 TiB, or the largest smaller power of two that the host grants.
    pub fn reserve() -> io::Result<Self> {
        let mut size: u64 = 1 << 46;
        loop {
            // SAFETY: a fresh private mapping at an address of the host's choice.
            let base = unsafe {
                libc::mmap(
                    std::ptr::null_mut(),
                    size as usize,
                    libc::PROT_NONE,
                    libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE,
                    -1,
                    0,
                )
            };
            if base != libc::MAP_FAILED {
                let base = NonNull::new(base.cast()).expect("the host never maps address zero");
                return Ok(Self { base, size });
            }
            if size <= 1 << 30 {
                return Err(io::Error::last_os_error());
            }
            size /= 2;
        }
    }

    /// The size in bytes; guest addresses are below it.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The host address of guest address 0.
    pub fn base(&self) -> *mut u8 {
        self.base.as_ptr()
    }

    fn check(&self, addr: u64, len: usize) -> Result<*mut u8, AccessError> {
        if addr.checked_add(len as u64).is_none_or(|end| end > self.size) {
            return Err(AccessError { addr, bus: false });
        }
        Ok(self.base.as_ptr().wrapping_add(addr as usize))
    }

    /// Loads a little-endian value from guest address `addr`, which need not be aligned.
    pub fn load<T: Scalar>(&self, addr: u64) -> Result<T, AccessError> {
        let p = self.check(addr, size_of::<T>())?;
        // SAFETY: inside the slab.
        Ok(unsafe { p.cast::<T>().read_unaligned() })
    }

    /// Stores a little-endian value at guest address `addr`, which need not be aligned.
    pub fn store<T: Scalar>(&self, addr: u64, value: T) -> Result<(), AccessError> {
        let p = self.check(addr, size_of::<T>())?;
        // SAFETY: inside the slab.
        unsafe { p.cast::<T>().write_unaligned(value) };
        Ok(())
    }
}

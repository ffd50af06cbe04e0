//! The reserved slab and fault-safe access to what is in it.

use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{Ordering, fence};

use host::mm;

use crate::access::{self, BUS, OK, Outcome, Scalar};

/// The host address range that holds the guest's address space.
///
/// Bytes in it are never Rust objects: the guest, other processes and the host kernel change them
/// at any time, so they are only ever copied in and out, by routines that survive a fault.
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
    /// The guest address of the first byte that could not be accessed.
    pub addr: u64,
    /// The page exists but its backing object does not reach there (host SIGBUS, not SIGSEGV).
    ///
    /// On macOS also set where a mapping exists but forbids the access.
    pub bus: bool,
}

/// The size that is tried first: 64 TiB, half of what an x86-64 process has.
const MAX_SIZE: u64 = 1 << 46;
/// Smaller than this, a program and its stack would hardly fit.
const MIN_SIZE: u64 = 1 << 28;
/// Address space that the runtime itself needs beside the slab.
const RUNTIME_ROOM: u64 = 64 << 20;
/// What follows the slab and is never accessible: generated code looks only at the address of an access's first
/// byte, and the longest, of four vectors, has 64.
const GUARD: u64 = mm::PAGE_SIZE;

impl Slab {
    /// Reserves the slab: 64 TiB, or the largest smaller power of two that the host grants.
    ///
    /// Installs the process's fault handler (see [`host::fault::install`]), without which the
    /// accesses below would not be safe.
    ///
    /// The slab should lie below all mappings that the host places by itself. A host that searches
    /// from the top down then meets free space above the slab first, and one that searches upwards
    /// (Linux with an unlimited stack) starts above it: none finds the short-lived holes that
    /// mremap(2) makes in the slab.
    pub fn reserve() -> io::Result<Self> {
        Self::reserve_one_of(sizes())
    }

    /// Reserves a slab of exactly this size: that of a process whose guest goes on here.
    pub fn reserve_size(size: u64) -> io::Result<Self> {
        Self::reserve_one_of(sizes().filter(move |one| *one == size))
    }

    fn reserve_one_of(sizes: impl Iterator<Item = u64> + Clone) -> io::Result<Self> {
        host::fault::add_hook(access::on_fault);
        host::fault::install().map_err(io::Error::other)?;
        let probe = mm::reserve(mm::PAGE_SIZE, None).map_err(io::Error::other)?;
        // SAFETY: just made.
        unsafe { mm::release(probe.as_ptr(), mm::PAGE_SIZE) };
        let places = sizes.clone().filter_map(|size| {
            // A quarter of the size away from address zero, where programs may have been linked to.
            let start = size / 4;
            (start + size + GUARD <= probe.as_ptr() as u64).then_some((size, Some(start)))
        });
        places
            .chain(sizes.map(|size| (size, None)))
            .find_map(|(size, hint)| Self::reserve_at(size, hint))
            .ok_or_else(|| io::ErrorKind::OutOfMemory.into())
    }

    fn reserve_at(size: u64, hint: Option<u64>) -> Option<Self> {
        let slab = Self { base: mm::reserve(size + GUARD, hint).ok()?, size };
        if size < MAX_SIZE {
            // A limit is near. Leave something below it, or the runtime could not allocate.
            let room = mm::reserve(RUNTIME_ROOM, None).ok()?;
            // SAFETY: just made.
            unsafe { mm::release(room.as_ptr(), RUNTIME_ROOM) };
        }
        Some(slab)
    }

    /// The size in bytes; guest addresses are below it.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The host address of guest address 0.
    pub fn base(&self) -> *mut u8 {
        self.base.as_ptr()
    }

    /// The host address of `len` bytes at guest address `addr`, if all of them are in the slab.
    #[inline]
    fn host_address(&self, addr: u64, len: usize) -> Result<*mut u8, AccessError> {
        if addr.checked_add(len as u64).is_none_or(|end| end > self.size) {
            // The first byte that is not there, as for a range that runs into an unmapped page.
            return Err(AccessError { addr: addr.max(self.size), bus: false });
        }
        Ok(self.base.as_ptr().wrapping_add(addr as usize))
    }

    #[cold]
    fn error(&self, addr: u64, outcome: Outcome) -> AccessError {
        // Hosts report some byte of the page. Either the access began there, or everything up to
        // that page went well.
        let page = outcome.value & !(host::mm::PAGE_SIZE - 1);
        let failed = page.wrapping_sub(self.base.as_ptr() as u64);
        let failed = if failed < self.size { failed.max(addr) } else { addr };
        AccessError { addr: failed, bus: outcome.status == BUS }
    }

    /// Loads a little-endian value from guest address `addr`, which need not be aligned.
    ///
    /// Single-copy atomic if aligned, for all sizes.
    #[inline]
    pub fn load<T: Scalar>(&self, addr: u64) -> Result<T, AccessError> {
        let host = self.host_address(addr, size_of::<T>())?;
        // SAFETY: inside the slab.
        unsafe { T::load(host) }.map_err(|outcome| self.error(addr, outcome))
    }

    /// Stores a little-endian value at guest address `addr`, which need not be aligned.
    ///
    /// Single-copy atomic if aligned, for all sizes.
    #[inline]
    pub fn store<T: Scalar>(&self, addr: u64, value: T) -> Result<(), AccessError> {
        let host = self.host_address(addr, size_of::<T>())?;
        // SAFETY: inside the slab.
        unsafe { T::store(host, value) }.map_err(|outcome| self.error(addr, outcome))
    }

    /// A load that no later access of this thread overtakes, as `LDAR`.
    #[inline]
    pub fn load_acquire<T: Scalar>(&self, addr: u64) -> Result<T, AccessError> {
        let value = self.load(addr);
        fence(Ordering::Acquire);
        value
    }

    /// A store that overtakes no earlier access of this thread, as `STLR`, and which no later
    /// [`load_acquire`](Self::load_acquire) overtakes (DDI 0487, B2.3.7: the two are ordered).
    #[inline]
    pub fn store_release<T: Scalar>(&self, addr: u64, value: T) -> Result<(), AccessError> {
        fence(Ordering::Release);
        self.store(addr, value)?;
        fence(Ordering::SeqCst);
        Ok(())
    }

    /// Replaces the value at `addr` by `new` if it is `old`, atomically and in sequentially
    /// consistent order. Returns what was there: the exchange happened if that is `old`.
    ///
    /// The page must be writable whatever the outcome. `addr` may be unaligned as long as the value
    /// lies within an aligned unit of 16 bytes (what FEAT_LSE2 demands); 16-byte values must be
    /// aligned. Otherwise the access fails with `bus` set; callers that must tell an alignment
    /// fault check for it first.
    #[inline]
    pub fn compare_exchange<T: Scalar>(&self, addr: u64, old: T, new: T) -> Result<T, AccessError> {
        let host = self.host_address(addr, size_of::<T>())?;
        if addr % 16 + size_of::<T>() as u64 > 16 {
            return Err(AccessError { addr, bus: true });
        }
        // SAFETY: inside the slab; aligned if it is a 16-byte value, as the instruction demands.
        unsafe { T::swap(host, old, new) }.map_err(|outcome| self.error(addr, outcome))
    }

    /// Copies from guest address `addr` into `bytes`. After an error, `bytes` holds what was
    /// read before the byte that the error names.
    pub fn read_bytes(&self, addr: u64, bytes: &mut [u8]) -> Result<(), AccessError> {
        let host = self.host_address(addr, bytes.len())?;
        // SAFETY: to a Rust slice of that length, from inside the slab.
        let outcome = unsafe { access::copy(bytes.as_mut_ptr(), host, bytes.len()) };
        if outcome.status == OK { Ok(()) } else { Err(self.error(addr, outcome)) }
    }

    /// Copies `bytes` to guest address `addr`. After an error, what comes before the byte that the
    /// error names may have been written.
    pub fn write_bytes(&self, addr: u64, bytes: &[u8]) -> Result<(), AccessError> {
        let host = self.host_address(addr, bytes.len())?;
        // SAFETY: from a Rust slice of that length, to inside the slab.
        let outcome = unsafe { access::copy(host, bytes.as_ptr(), bytes.len()) };
        if outcome.status == OK { Ok(()) } else { Err(self.error(addr, outcome)) }
    }
}

/// From the largest to the smallest.
fn sizes() -> impl Iterator<Item = u64> + Clone {
    std::iter::successors(Some(MAX_SIZE), |size| Some(size / 2))
        .take_while(|size| *size >= MIN_SIZE)
}

impl Drop for Slab {
    fn drop(&mut self) {
        // SAFETY: the whole mapping of `reserve`; nobody can hold a pointer into it by now.
        unsafe { mm::release(self.base.as_ptr(), self.size + GUARD) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd;

    const PAGE: u64 = host::mm::PAGE_SIZE;

    /// A slab with readable and writable memory in `PAGE..2 * PAGE` alone.
    fn slab() -> Slab {
        let slab = Slab::reserve().unwrap();
        map(&slab, PAGE, libc::PROT_READ | libc::PROT_WRITE, -1);
        slab
    }

    /// Maps one page at `addr`, anonymous or of the file `fd`.
    fn map(slab: &Slab, addr: u64, prot: i32, fd: i32) {
        let anonymous = if fd < 0 { libc::MAP_ANON } else { 0 };
        let flags = libc::MAP_FIXED | libc::MAP_PRIVATE | anonymous;
        let host = slab.base().wrapping_add(addr as usize);
        // SAFETY: inside the slab.
        let result = unsafe { libc::mmap(host.cast(), PAGE as usize, prot, flags, fd, 0) };
        assert_eq!(result, host.cast());
    }

    fn segv<T>(addr: u64) -> Result<T, AccessError> {
        Err(AccessError { addr, bus: false })
    }

    fn bus<T>(addr: u64) -> Result<T, AccessError> {
        Err(AccessError { addr, bus: true })
    }

    macro_rules! for_each_scalar {
        ($check:ident($($arg:expr),*)) => {
            $check::<u8>($($arg),*);
            $check::<u16>($($arg),*);
            $check::<u32>($($arg),*);
            $check::<u64>($($arg),*);
            $check::<u128>($($arg),*);
        };
    }

    fn round_trip<T: Scalar + TryFrom<u128> + PartialEq + std::fmt::Debug>(slab: &Slab) {
        const VALUE: u128 = 0xf0e1_d2c3_b4a5_9687_7869_5a4b_3c2d_1e0f;
        let size = size_of::<T>() as u64;
        let value = T::try_from(VALUE & (!0 >> (128 - 8 * size))).ok().unwrap();
        let zero = T::try_from(0).ok().unwrap();
        for offset in 0..17 {
            let addr = PAGE + 64 + offset;
            slab.write_bytes(PAGE + 32, &[0xaa; 128]).unwrap();
            slab.store(addr, value).unwrap();
            let mut around = [0; 128];
            slab.read_bytes(PAGE + 32, &mut around).unwrap();
            let (from, to) = (32 + offset as usize, 32 + (offset + size) as usize);
            assert_eq!(&around[from..to], &VALUE.to_le_bytes()[..size as usize]);
            assert!(around[..from].iter().chain(&around[to..]).all(|byte| *byte == 0xaa));
            assert_eq!(slab.load::<T>(addr), Ok(value));
            assert_eq!(slab.load_acquire::<T>(addr), Ok(value));
            slab.store_release(addr, zero).unwrap();
            assert_eq!(slab.load::<T>(addr), Ok(zero));
            let expected = |value| if addr % 16 + size <= 16 { Ok(value) } else { bus(addr) };
            assert_eq!(slab.compare_exchange(addr, value, value), expected(zero));
            assert_eq!(slab.load::<T>(addr), Ok(zero));
            assert_eq!(slab.compare_exchange(addr, zero, value), expected(zero));
            assert_eq!(slab.load::<T>(addr).is_ok_and(|v| v == value), addr % 16 + size <= 16);
        }
    }

    #[test]
    fn every_size_at_every_alignment() {
        let slab = slab();
        for_each_scalar!(round_trip(&slab));
    }

    fn fails_at<T: Scalar + From<u8> + PartialEq + std::fmt::Debug>(
        slab: &Slab,
        addr: u64,
        error: AccessError,
    ) {
        assert_eq!(slab.load::<T>(addr), Err(error));
        assert_eq!(slab.load_acquire::<T>(addr), Err(error));
        assert_eq!(slab.store(addr, T::from(1)), Err(error));
        assert_eq!(slab.store_release(addr, T::from(1)), Err(error));
        if addr % 16 + size_of::<T>() as u64 <= 16 {
            assert_eq!(slab.compare_exchange(addr, T::from(0), T::from(1)), Err(error));
        }
    }

    #[test]
    fn access_outside_mapped_pages_fails_at_the_right_byte() {
        let slab = slab();
        let error = |addr| AccessError { addr, bus: false };
        for_each_scalar!(fails_at(&slab, 0, error(0)));
        for_each_scalar!(fails_at(&slab, 2 * PAGE, error(2 * PAGE)));
        for_each_scalar!(fails_at(&slab, 3 * PAGE + 16, error(3 * PAGE + 16)));
        // Across the end of the page: the first byte is fine, the next page is not.
        fails_at::<u16>(&slab, 2 * PAGE - 1, error(2 * PAGE));
        fails_at::<u64>(&slab, 2 * PAGE - 3, error(2 * PAGE));
        fails_at::<u128>(&slab, 2 * PAGE - 15, error(2 * PAGE));
        // And into the page from before it.
        fails_at::<u64>(&slab, PAGE - 3, error(PAGE - 3));
        // The last byte before the end of the page is still there.
        assert_eq!(slab.load::<u8>(2 * PAGE - 1), Ok(0));
    }

    #[test]
    fn access_beyond_the_slab_fails() {
        let slab = slab();
        for_each_scalar!(fails_at(
            &slab,
            slab.size(),
            AccessError { addr: slab.size(), bus: false }
        ));
        for_each_scalar!(fails_at(&slab, u64::MAX, AccessError { addr: u64::MAX, bus: false }));
        fails_at::<u64>(&slab, slab.size() - 4, AccessError { addr: slab.size(), bus: false });
        fails_at::<u64>(&slab, 1 << 63, AccessError { addr: 1 << 63, bus: false });
        assert_eq!(slab.read_bytes(u64::MAX, &mut [0; 2]), segv(u64::MAX));
    }

    #[test]
    fn read_only_page_can_be_read_but_not_swapped() {
        let slab = slab();
        map(&slab, 2 * PAGE, libc::PROT_READ, -1);
        assert_eq!(slab.load::<u128>(2 * PAGE), Ok(0));
        assert_eq!(slab.store::<u8>(2 * PAGE + 7, 0), segv(2 * PAGE + 7));
        assert_eq!(slab.compare_exchange::<u128>(2 * PAGE, 1, 2), segv(2 * PAGE));
        // A store across the border must not write its first half.
        assert_eq!(slab.store::<u64>(2 * PAGE - 4, !0), segv(2 * PAGE));
    }

    #[test]
    fn copies_stop_at_the_first_bad_byte() {
        let slab = slab();
        let data = vec![7; 3 * PAGE as usize];
        assert_eq!(slab.write_bytes(PAGE + 10, &data), segv(2 * PAGE));
        let mut back = vec![0; 3 * PAGE as usize];
        assert_eq!(slab.read_bytes(PAGE + 10, &mut back), segv(2 * PAGE));
        let good = PAGE as usize - 10;
        assert!(back[..good].iter().all(|byte| *byte == 7));
        assert!(back[good..].iter().all(|byte| *byte == 0));
        assert_eq!(slab.read_bytes(0, &mut []), Ok(()));
    }

    #[test]
    fn file_mapping_beyond_its_end_is_a_bus_error() {
        let slab = slab();
        let path = std::env::temp_dir().join(format!("elfuse-empty-{}", std::process::id()));
        let file = std::fs::File::options().read(true).write(true).create_new(true).open(&path);
        let fd = file.as_ref().unwrap().as_raw_fd();
        std::fs::remove_file(path).unwrap();
        map(&slab, 2 * PAGE, libc::PROT_READ | libc::PROT_WRITE, fd);
        let error = AccessError { addr: 2 * PAGE, bus: true };
        for_each_scalar!(fails_at(&slab, 2 * PAGE, error));
        fails_at::<u32>(&slab, 2 * PAGE - 2, error);
        assert_eq!(slab.read_bytes(PAGE, &mut [0; 2 * PAGE as usize]), bus(2 * PAGE));
    }

    #[test]
    fn swap_is_atomic_between_threads() {
        let slab = slab();
        let step = |addr: u64| {
            let mut old = slab.load::<u128>(addr).unwrap();
            loop {
                // Both halves count, so a torn value is seen at the end.
                match slab.compare_exchange(addr, old, old + (1 << 64) + 1).unwrap() {
                    seen if seen == old => break,
                    seen => old = seen,
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..20_000).for_each(|_| step(PAGE)));
            }
        });
        assert_eq!(slab.load::<u128>(PAGE), Ok(80_000 << 64 | 80_000));
    }
}

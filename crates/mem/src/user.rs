//! Guest pointers: how the kernel personality reaches guest memory.
//!
//! An address from a guest register is only a number. These types copy through it and turn every
//! address that is not there into `EFAULT`; nothing here can crash, whatever the guest passed.

use std::ffi::{CStr, CString};
use std::marker::PhantomData;

use abi::Errno;
use host::io::{Dst, Src};
use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::{AccessError, AddressSpace};

fn fault(_: AccessError) -> Errno {
    Errno::EFAULT
}

/// The guest address of a `T`, which need not be aligned.
pub struct UserPtr<T> {
    addr: u64,
    of: PhantomData<T>,
}

impl<T> Clone for UserPtr<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for UserPtr<T> {}

impl<T> std::fmt::Debug for UserPtr<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#x}", self.addr)
    }
}

impl<T> UserPtr<T> {
    /// An address, valid or not.
    pub const fn new(addr: u64) -> Self {
        Self { addr, of: PhantomData }
    }

    /// The address.
    pub const fn addr(&self) -> u64 {
        self.addr
    }

    /// Whether it is null.
    pub const fn is_null(&self) -> bool {
        self.addr == 0
    }

    /// The `n`th element behind it. `EFAULT` where the address space ends.
    pub fn add(&self, n: u64) -> Result<Self, Errno> {
        let offset = n.checked_mul(size_of::<T>() as u64);
        let addr = offset.and_then(|offset| self.addr.checked_add(offset));
        addr.map(Self::new).ok_or(Errno::EFAULT)
    }
}

impl<T: FromBytes + IntoBytes> UserPtr<T> {
    /// Copies the value in.
    pub fn read(&self, space: &AddressSpace) -> Result<T, Errno> {
        let mut value = T::new_zeroed();
        space.read_bytes(self.addr, value.as_mut_bytes()).map_err(fault)?;
        Ok(value)
    }
}

impl<T: IntoBytes + Immutable> UserPtr<T> {
    /// Copies a value out.
    pub fn write(&self, space: &AddressSpace, value: &T) -> Result<(), Errno> {
        space.write_bytes(self.addr, value.as_bytes()).map_err(fault)
    }
}

/// A range of guest memory.
#[derive(Clone, Copy, Debug)]
pub struct UserSlice {
    addr: u64,
    len: u64,
}

impl UserSlice {
    /// `len` bytes at `addr`, valid or not.
    pub const fn new(addr: u64, len: u64) -> Self {
        Self { addr, len }
    }

    /// Where it begins.
    pub const fn addr(&self) -> u64 {
        self.addr
    }

    /// Its length in bytes.
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is nothing in it.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Copies the bytes in, but no more than `limit` of them.
    pub fn read_to_vec(&self, space: &AddressSpace, limit: usize) -> Result<Vec<u8>, Errno> {
        let len = usize::try_from(self.len).unwrap_or(usize::MAX).min(limit);
        let mut bytes = vec![0; len];
        space.read_bytes(self.addr, &mut bytes).map_err(fault)?;
        Ok(bytes)
    }

    /// Copies `bytes` out, which must fit.
    pub fn write_from(&self, space: &AddressSpace, bytes: &[u8]) -> Result<(), Errno> {
        if bytes.len() as u64 > self.len {
            return Err(Errno::EFAULT);
        }
        space.write_bytes(self.addr, bytes).map_err(fault)
    }

    /// The host address, if the whole range lies in the slab, prepared for the host to access.
    fn host(&self, space: &AddressSpace) -> Result<*mut u8, Errno> {
        let at = self.in_slab(space)?;
        space.grow_for(self.addr, self.len);
        Ok(at)
    }

    /// The host address, if the whole range lies in the slab.
    fn in_slab(&self, space: &AddressSpace) -> Result<*mut u8, Errno> {
        let end = self.addr.checked_add(self.len).ok_or(Errno::EFAULT)?;
        if end > space.size() {
            return Err(Errno::EFAULT);
        }
        Ok(space.slab().base().wrapping_add(self.addr as usize))
    }

    /// As a range of another process that has its slab where this one has it, as its children do, to
    /// be read from. Stacks do not grow for that.
    pub fn as_remote_src<'a>(&self, space: &'a AddressSpace) -> Result<Src<'a>, Errno> {
        // SAFETY: the range is in the slab, which holds no Rust objects.
        Ok(unsafe { Src::from_raw(self.in_slab(space)?, self.len as usize) })
    }

    /// The same, to be written into.
    pub fn as_remote_dst<'a>(&self, space: &'a AddressSpace) -> Result<Dst<'a>, Errno> {
        // SAFETY: the range is in the slab, which holds no Rust objects.
        Ok(unsafe { Dst::from_raw(self.in_slab(space)?, self.len as usize) })
    }

    /// As a buffer that the host reads from.
    pub fn as_src<'a>(&self, space: &'a AddressSpace) -> Result<Src<'a>, Errno> {
        // SAFETY: the range is in the slab, which holds no Rust objects.
        Ok(unsafe { Src::from_raw(self.host(space)?, self.len as usize) })
    }

    /// As a buffer that the host writes into.
    pub fn as_dst<'a>(&self, space: &'a AddressSpace) -> Result<Dst<'a>, Errno> {
        let at = self.host(space)?;
        space.lend_for(self.addr, self.len);
        // SAFETY: the range is in the slab, which holds no Rust objects.
        Ok(unsafe { Dst::from_raw(at, self.len as usize) })
    }
}

/// The guest address of a NUL-terminated string.
#[derive(Clone, Copy, Debug)]
pub struct UserStr(u64);

impl UserStr {
    /// An address, valid or not.
    pub const fn new(addr: u64) -> Self {
        Self(addr)
    }

    /// Whether it is null.
    pub const fn is_null(&self) -> bool {
        self.0 == 0
    }

    /// Copies the string in. `ENAMETOOLONG` if it has `max` bytes or more without its NUL,
    /// `EFAULT` if a byte before the NUL cannot be read.
    pub fn read(&self, space: &AddressSpace, max: usize) -> Result<CString, Errno> {
        /// Most strings are shorter, so that one allocation of the right size is all.
        const CHUNK: usize = 256;
        let mut chunk = [0; CHUNK];
        let mut bytes = Vec::new();
        let mut addr = self.0;
        while bytes.len() < max {
            // Up to the end of the page, so that nothing behind the string is touched.
            let len = (4096 - addr % 4096).min((max - bytes.len()) as u64).min(CHUNK as u64);
            let chunk = &mut chunk[..len as usize];
            space.read_bytes(addr, chunk).map_err(fault)?;
            if let Ok(end) = CStr::from_bytes_until_nul(chunk) {
                if bytes.is_empty() {
                    return Ok(end.to_owned());
                }
                bytes.extend_from_slice(end.to_bytes());
                return CString::new(bytes).map_err(|_| Errno::EFAULT);
            }
            bytes.extend_from_slice(chunk);
            addr = addr.checked_add(len).ok_or(Errno::EFAULT)?;
        }
        Err(Errno::ENAMETOOLONG)
    }
}

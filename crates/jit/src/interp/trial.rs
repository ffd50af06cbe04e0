//! Memory as an execution on trial sees it: what it stores is kept aside, and guest memory stays as it is.
//!
//! For `--engine check`, which executes code by the interpreter first and then has the translator do the
//! same. The alternative, letting the interpreter store and undoing that, would show other threads
//! values that never were.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use mem::{AccessError, Scalar, Slab};

const PAGE: u64 = host::mm::PAGE_SIZE;

/// What an execution on trial has read and written.
#[derive(Debug, Default)]
pub struct Trial {
    /// Bytes stored, by address.
    written: RefCell<BTreeMap<u64, u8>>,
    /// What was found in guest memory: address, size and value.
    read: RefCell<Vec<(u64, u32, u128)>>,
    has_atomics: Cell<bool>,
    is_unrepeatable: Cell<bool>,
}

impl Trial {
    /// A load.
    pub(super) fn load<T: Scalar>(&self, slab: &Slab, at: u64) -> Result<T, AccessError> {
        let found = slab.load_acquire::<T>(at)?;
        self.read.borrow_mut().push((at, size_of::<T>() as u32, found.into()));
        Ok(self.seen(at, found))
    }

    /// A store, which fails where guest memory may not be written.
    pub(super) fn store<T: Scalar>(
        &self,
        slab: &Slab,
        at: u64,
        value: T,
    ) -> Result<(), AccessError> {
        let bytes = size_of::<T>() as u64;
        // Both replace zero by zero at most.
        slab.compare_exchange::<u8>(at, 0, 0)?;
        let last = at.wrapping_add(bytes - 1);
        if last / PAGE != at / PAGE {
            slab.compare_exchange::<u8>(last & !(PAGE - 1), 0, 0)?;
        }
        self.write(at, value);
        Ok(())
    }

    /// A compare and swap; what was there.
    pub(super) fn swap_if<T: Scalar>(
        &self,
        slab: &Slab,
        at: u64,
        old: T,
        new: T,
    ) -> Result<T, AccessError> {
        self.has_atomics.set(true);
        let zero = T::truncated(0);
        let found = slab.compare_exchange(at, zero, zero)?;
        let seen = self.seen(at, found);
        if seen == old {
            self.write(at, new);
        }
        Ok(seen)
    }

    /// The next execution may find another result: a clock has been read.
    pub(super) fn note_unrepeatable(&self) {
        self.is_unrepeatable.set(true);
    }

    fn write<T: Scalar>(&self, at: u64, value: T) {
        let value: u128 = value.into();
        let mut written = self.written.borrow_mut();
        for (addr, byte) in (at..).zip(value.to_le_bytes()).take(size_of::<T>()) {
            written.insert(addr, byte);
        }
    }

    /// What is at `at`, where guest memory has `found`.
    fn seen<T: Scalar>(&self, at: u64, found: T) -> T {
        let written = self.written.borrow();
        if written.is_empty() {
            return found;
        }
        let found: u128 = found.into();
        let mut bytes = found.to_le_bytes();
        for (&addr, &byte) in written.range(at..at.wrapping_add(size_of::<T>() as u64).max(at)) {
            bytes[(addr - at) as usize] = byte;
        }
        T::truncated(u128::from_le_bytes(bytes))
    }

    /// The bytes stored, by address.
    pub fn written(&self) -> std::cell::Ref<'_, BTreeMap<u64, u8>> {
        self.written.borrow()
    }

    /// Whether the result was nobody else's doing, as far as can be told: it does not depend on a clock, and
    /// what was read is still there or was overwritten here.
    pub fn is_repeatable(&self, slab: &Slab) -> bool {
        !self.is_unrepeatable.get()
            && self.read.borrow().iter().all(|&(at, bytes, value)| {
                let written = self.written.borrow();
                (at..).zip(value.to_le_bytes()).take(bytes as usize).all(|(addr, byte)| {
                    written.contains_key(&addr) || slab.load::<u8>(addr) == Ok(byte)
                })
            })
    }

    /// Whether there was a compare and swap.
    pub fn has_atomics(&self) -> bool {
        self.has_atomics.get()
    }
}

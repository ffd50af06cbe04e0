//! Running translations: the cache of them, the way in and out, faults, invalidation.
//!
//! [`Jit`] is the engine, one for each guest process; [`thread`] has the loop of one guest thread;
//! [`cache`] what the threads share. Translations reach each other through slots in private memory
//! and nothing generated is ever changed, so after `fork` both processes go on using what there
//! is, and each adds to memory of its own.

pub mod cache;
pub mod frame;
pub mod stats;
pub mod stubs;
pub mod thread;

use std::ops::Range;
use std::sync::Arc;

use abi::Errno;
use engine::{Engine, Vcpu};
use host::Attention;
use mem::AddressSpace;

use crate::translate::Features;
use cache::Cache;

/// The translator as an [`Engine`].
#[derive(Debug)]
pub struct Jit {
    cache: Arc<Cache>,
    /// So often an address is reached before its code is translated.
    threshold: u8,
}

impl Jit {
    /// A translator for the guest in `space`, to a processor with `features`. Errors: those of
    /// reserving memory for code; a host may not allow such memory at all.
    pub fn new(space: Arc<AddressSpace>, features: Features) -> Result<Self, Errno> {
        Ok(Self { cache: Arc::new(Cache::new(space, features)?), threshold: thread::HOT })
    }

    /// Makes it count what [`Engine::report`] then tells.
    pub fn count(self) -> Self {
        self.cache.count();
        self
    }

    /// As [`Self::new`], but it translates code before it is executed for the first time: for tests.
    pub fn eager(space: Arc<AddressSpace>, features: Features) -> Result<Self, Errno> {
        Ok(Self { threshold: 1, ..Self::new(space, features)? })
    }
}

impl Engine for Jit {
    fn name(&self) -> &'static str {
        "jit"
    }

    fn vcpu(&self, attention: Arc<Attention>) -> Box<dyn Vcpu> {
        Box::new(thread::Thread::new(self.cache.clone(), attention, self.threshold))
    }

    fn invalidate(&self, range: Range<u64>) {
        self.cache.invalidate(range);
    }

    fn still(&self, fork: &mut dyn FnMut()) {
        self.cache.still(fork);
    }

    fn forked(&self) {
        self.cache.forked();
    }

    fn report(&self) -> Option<String> {
        self.cache.report()
    }
}

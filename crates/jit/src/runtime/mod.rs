//! Running translations: the cache of them, the way in and out, faults, invalidation.
//!
//! [`Jit`] is the engine, one for each guest process; [`thread`] has the loop of one guest thread;
//! [`cache`] what the threads share. Translations reach each other through slots in private memory
//! and nothing generated is ever changed, so after `fork` both processes go on using what there
//! is, and each adds to memory of its own.

pub mod areas;
pub mod cache;
pub mod check;
pub mod counts;
pub mod dump;
pub mod frame;
pub mod gone;
pub mod hash;
pub mod invalidate;
pub mod perf_map;
pub mod presence;
pub mod source;
pub mod stats;
pub mod store;
pub mod stubs;
pub mod symbols;
pub mod thread;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use abi::Errno;
use engine::{Engine, Vcpu};
use host::Attention;
use mem::AddressSpace;

use crate::spot::Spot;
use crate::translate::Features;
use cache::{CODE, Cache};
use check::OnDifference;
use dump::OnListing;
use store::Store;

/// The translator as an [`Engine`].
pub struct Jit {
    cache: Arc<Cache>,
    /// So often an address is reached before its code is translated.
    threshold: u8,
    /// Everything is compared with the interpreter.
    check: Option<Arc<OnDifference>>,
}

impl Jit {
    /// A translator for the guest in `space`, to a processor with `features`. Errors: those of
    /// reserving memory for code; a host may not allow such memory at all.
    pub fn new(space: Arc<AddressSpace>, features: Features) -> Result<Self, Errno> {
        let cache = Arc::new(Cache::new(space, features, CODE)?);
        Ok(Self { cache, threshold: thread::HOT, check: None })
    }

    /// Makes it count what [`Engine::report`] then tells.
    pub fn count(self) -> Self {
        self.cache.count();
        self
    }

    /// `--isolate`: no access of generated code leaves the slab. Before [`Self::keep_in`]: translations are others.
    pub fn isolate(self) -> Self {
        self.cache.isolate();
        self
    }

    /// Makes it use, and add to, the translations of earlier processes in the directory `dir`. Fails, in words,
    /// if that cannot be used.
    pub fn keep_in(&self, dir: &Path) -> Result<(), String> {
        self.cache.keep_in(Store::open(dir, self.cache.features(), self.cache.slab_bits())?);
        Ok(())
    }

    /// As [`Self::new`], but it translates code before it is executed for the first time: for tests.
    pub fn eager(space: Arc<AddressSpace>, features: Features) -> Result<Self, Errno> {
        Ok(Self { threshold: 1, ..Self::new(space, features)? })
    }

    /// As [`Self::eager`], with so many bytes for code, and not what a process usually has: for tests of what happens
    /// when that is full.
    pub fn eager_within(
        space: Arc<AddressSpace>,
        features: Features,
        code: usize,
    ) -> Result<Self, Errno> {
        let cache = Arc::new(Cache::new(space, features, code)?);
        Ok(Self { cache, threshold: 1, check: None })
    }

    /// Makes it write a file by which Linux `perf` names translations.
    pub fn map_for_perf(self) -> Self {
        self.cache.map_for_perf();
        self
    }

    /// `--jit-dump`: shows the translations that have one of `spots` in them, when they are made or found.
    pub fn dump(self, spots: Vec<Spot>, show: Box<OnListing>) -> Self {
        self.cache.dump(spots, show);
        self
    }

    /// `--engine check`: every execution of a translation is compared with what the interpreter does.
    /// Code is translated when it is reached for the second time, when it is known where its branches
    /// lead, so that the regions are the usual ones.
    pub fn checked(mut self, check: Arc<OnDifference>) -> Self {
        self.cache.keep_plans();
        self.threshold = self.threshold.min(2);
        self.check = Some(check);
        self
    }
}

impl Engine for Jit {
    fn name(&self) -> &'static str {
        if self.check.is_some() { "check" } else { "jit" }
    }

    fn vcpu(&self, attention: Arc<Attention>) -> Result<Box<dyn Vcpu>, Errno> {
        let thread = thread::Thread::new(self.cache.clone(), attention, self.threshold)?;
        Ok(match &self.check {
            Some(check) => Box::new(thread.checked(check.clone())),
            None => Box::new(thread),
        })
    }

    fn invalidate(&self, range: Range<u64>) {
        self.cache.invalidate(range);
    }

    fn written(&self, range: Range<u64>) {
        self.cache.written(range);
    }

    fn still(&self, fork: &mut dyn FnMut()) {
        self.cache.still(fork);
    }

    fn keep(&self) {
        self.cache.keep();
    }

    fn forked(&self) {
        self.cache.forked();
    }

    fn descriptors(&self) -> Vec<i32> {
        self.cache.descriptors()
    }

    fn report(&self) -> Option<String> {
        self.cache.report()
    }
}

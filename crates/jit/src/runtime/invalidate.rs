//! Taking translations away when the guest's code has changed, and giving them back if it has not.
//!
//! Threads must be out of what goes away before the guest is told that its call has been done. What a program that
//! generates code tells of is mostly not what has changed ([`source`](super::source)): where one
//! instruction was patched, the translations of its neighbours stay; and what may not be executed for a moment, because
//! the program writes to the same pages (W^X), becomes *dormant*: nothing leads there, until somebody wants code for its entry and
//! the guest's memory turns out to hold the same instructions. LuaJIT takes the permission away for each trace; V8 keeps it, but
//! makes its pages writable and back, which is no less of a change.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Weak;
use std::sync::atomic::Ordering;

use super::cache::{Cache, Jump, PAGE_BITS, STUBS, State};
use super::gone::{Gone, GoneCode};
use super::source::Source;
use super::store::units::Mapping;
use crate::translate::Mode;

impl Cache {
    /// The guest has written code in `range`: forgets what was translated from it and is not there any more, and that a file
    /// is mapped there. Returns whether there is still a translation of something in `range`.
    pub fn written(&self, range: Range<u64>) -> bool {
        self.drop_range(range, true)
    }

    /// Forgets what was translated from `range`, and waits until no thread can be in it.
    pub fn invalidate(&self, range: Range<u64>) {
        self.drop_range(range, false);
    }

    /// To be called on every way into guest code: whether others see the guest's memory change may be
    /// another answer than before. That they do begins in a system call of the only thread.
    pub fn look_for_company(&self) {
        let is_shared = self.space.is_shared();
        if self.is_shared.load(Ordering::Acquire) == is_shared {
            return;
        }
        let mut state = self.state();
        state.is_shared = is_shared;
        if is_shared && !state.unlocked.is_empty() {
            let unlocked = std::mem::take(&mut state.unlocked);
            let gone = unlocked.iter().filter_map(|&code| state.forget(code)).collect();
            // For ever: they rely on what is not so any more.
            state.dormant.retain(|_, code| unlocked.binary_search(code).is_err());
            self.expel(&mut state, gone);
        }
        self.is_shared.store(is_shared, Ordering::Release);
    }

    fn drop_range(&self, range: Range<u64>, written: bool) -> bool {
        // Locked first: a translation that is being made may have read what was there before.
        let mut state = self.state();
        if let Some(map) = &mut state.perf_map {
            map.forget(&range);
        }
        if let Some(dump) = &mut state.dump {
            dump.forget(&range);
        }
        let outside = range.end <= self.lowest.load(Ordering::SeqCst)
            || range.start >= self.highest.load(Ordering::SeqCst);
        if outside || range.is_empty() {
            return false;
        }
        if range.start == 0 && range.end >= self.space.size() {
            self.clear(&mut state);
            return false;
        }
        let had_unit = state.forget_mappings(&range, written);
        let mut found = state.overlapping(&range);
        let count = found.len();
        if written {
            found.retain(|&code| {
                !state.codes[code as usize].source.is_unchanged(&self.space, &range)
            });
        }
        let has_more = found.len() < count;
        let gone: Vec<GoneCode> = found.into_iter().filter_map(|code| state.forget(code)).collect();
        if had_unit {
            self.expel_from_all(&mut state);
        } else if !gone.is_empty() {
            self.expel(&mut state, gone);
        }
        has_more
    }

    /// Begins a new epoch, without the codes in `gone`, and waits until every other thread has left the code of
    /// earlier ones.
    fn expel(&self, state: &mut State, gone: Vec<GoneCode>) {
        state.gone.codes(self.epoch() + 1, gone);
        self.begin_epoch();
    }

    /// The same, and no thread is to rely on anything that it remembers.
    fn expel_from_all(&self, state: &mut State) {
        state.gone.all();
        self.begin_epoch();
    }

    fn begin_epoch(&self) {
        let threads = self.threads.lock().clone();
        self.epoch.expel(threads.iter().filter_map(Weak::upgrade));
    }

    /// What has gone between two epochs; `None` for everything.
    pub(super) fn gone(&self, from: u64, to: u64) -> Option<Gone> {
        self.state().gone.between(from, to)
    }

    /// Throws everything away. The caller is not inside.
    pub(super) fn clear(&self, state: &mut State) {
        self.expel_from_all(state);
        state.entries.clear();
        state.dormant.clear();
        state.codes.clear();
        state.unlocked.clear();
        state.pages.clear();
        state.links.clear();
        state.mappings.clear();
        state.kept = 0;
        // Memory that cannot be taken back stays until it is handed out again.
        let _ = self.memory.take_back(STUBS);
        state.end = STUBS;
        state.window = None;
        state.piece = STUBS;
        state.used = 0;
        self.lowest.store(u64::MAX, Ordering::SeqCst);
        self.highest.store(0, Ordering::SeqCst);
    }
}

impl State {
    /// What is known of the mappings in `range` goes; returns whether one of them had a file.
    fn forget_mappings(&mut self, range: &Range<u64>, written: bool) -> bool {
        let mut had_unit = false;
        for Mapping { range, unit, .. } in self.mappings.remove(range) {
            if !written && unit.is_none() {
                self.gone.mapping(range.clone());
            }
            had_unit |= unit.is_some();
            unit.into_iter().flat_map(|unit| unit.incoming).for_each(Jump::unlink);
            if written {
                let pc = range.start;
                self.mappings.add(Mapping { range, key: None, unit: None }, pc);
            }
        }
        had_unit
    }

    /// The codes that may have instructions in `range`.
    fn overlapping(&self, range: &Range<u64>) -> Vec<u32> {
        let pages = range.start >> PAGE_BITS..=(range.end - 1) >> PAGE_BITS;
        let mut found: Vec<u32> =
            self.pages.range(pages).flat_map(|(_, codes)| codes.clone()).collect();
        found.retain(|&code| {
            let guest = &self.codes[code as usize].guest;
            guest.start < range.end && range.start < guest.end
        });
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Nothing leads to the code any more. Returns what threads may still remember.
    fn forget(&mut self, number: u32) -> Option<GoneCode> {
        let code = &mut self.codes[number as usize];
        let (entry, mode, host) = (code.entry, code.mode, code.host.clone());
        let pages = code.guest.start >> PAGE_BITS..=(code.guest.end - 1) >> PAGE_BITS;
        std::mem::take(&mut code.incoming).into_iter().for_each(Jump::unlink);
        for page in pages {
            if let Some(codes) = self.pages.get_mut(&page) {
                codes.retain(|code| *code != number);
                if codes.is_empty() {
                    self.pages.remove(&page);
                }
            }
        }
        let is_there = self.entries.get(&(entry, mode)) == Some(&number);
        is_there.then(|| {
            self.entries.remove(&(entry, mode));
            if let Some(old) = self.dormant.insert((entry, mode), number) {
                // No thread has been there since it was forgotten, and none will be.
                self.codes[old as usize].empty();
            }
            GoneCode { entry, host }
        })
    }

    /// The dormant code for `pc`, if it is right for what is there now.
    pub(super) fn revive(&mut self, cache: &Cache, pc: u64, mode: Mode) -> Option<u32> {
        let number = *self.dormant.get(&(pc, mode))?;
        let State { codes, pages, .. } = self;
        let source = &codes[number as usize].source;
        if !source.is_unchanged(&cache.space, &(0..u64::MAX)) {
            return None;
        }
        note_pages(pages, number, source);
        self.dormant.remove(&(pc, mode));
        self.entries.insert((pc, mode), number);
        if let Some(mut stats) = cache.stats() {
            stats.revived += 1;
        }
        Some(number)
    }
}

/// The code `number` has instructions on the pages of `source`.
pub(super) fn note_pages(pages: &mut BTreeMap<u64, Vec<u32>>, number: u32, source: &Source) {
    for range in source.ranges() {
        for page in range.start >> PAGE_BITS..=(range.end - 1) >> PAGE_BITS {
            let codes = pages.entry(page).or_default();
            if codes.last() != Some(&number) {
                codes.push(number);
            }
        }
    }
}

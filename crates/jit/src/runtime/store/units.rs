//! Files of translations in use: which mapping has one, and what is in it.
//!
//! A file is mapped into the code memory, behind the slots of its links. Whether a mapping of the guest's has
//! a file is looked up when the first address in it is.

use std::ops::Range;
use std::os::fd::AsFd;

use host::code::CodeMemory;
use mem::CodeFile;

use super::Store;
use super::format::{Key, SLOT, View};
use crate::runtime::cache::{Jump, set_slot};

const PAGE: usize = host::mm::PAGE_SIZE as usize;

/// A mapped file.
#[derive(Debug)]
pub struct Unit {
    /// Host addresses of the file's bytes.
    pub host: Range<usize>,
    /// How many slots stand below it.
    links: usize,
    /// Jumps from elsewhere that lead here.
    pub incoming: Vec<Jump>,
}

/// Executable memory of the guest.
#[derive(Debug)]
pub struct Mapping {
    /// Guest addresses.
    pub range: Range<u64>,
    /// What its translations are kept under; `None` if they must not be.
    pub key: Option<Key>,
    /// The file with those of earlier processes.
    pub unit: Option<Unit>,
}

impl Unit {
    /// The file's bytes.
    pub fn bytes(&self) -> &[u8] {
        let Range { start, end } = self.host;
        // SAFETY: `find` has mapped a file there. Whoever takes that back drops this first, and nobody
        // writes to a file.
        unsafe { std::slice::from_raw_parts(start as *const u8, end - start) }
    }

    /// The file's contents.
    pub fn view(&self) -> Option<View<'_>> {
        View::of(self.bytes())
    }

    /// The address of the slot of link `number`.
    fn slot(&self, number: usize) -> usize {
        self.host.start - SLOT * (number + 1)
    }

    /// The number of the link with the slot at `slot`.
    fn link_at(&self, slot: usize) -> Option<usize> {
        let number = self.host.start.checked_sub(slot)? / SLOT;
        (1..=self.links).contains(&number).then(|| number - 1)
    }

    /// All links: the addresses of their slots, and where they lead.
    pub fn links(&self) -> impl Iterator<Item = (usize, u64)> {
        let view = self.view();
        (0..self.links).filter_map(move |link| Some((self.slot(link), view?.link(link)?.0)))
    }

    /// Where the link with the slot at `slot` leads, and the address of its stub.
    pub fn link(&self, slot: usize) -> Option<(u64, usize)> {
        let (target, stub) = self.view()?.link(self.link_at(slot)?)?;
        Some((target, self.host.start + stub))
    }
}

impl Mapping {
    /// The host address of code for `pc`.
    pub fn entry(&self, pc: u64) -> Option<usize> {
        let unit = self.unit.as_ref()?;
        let offset = unit.view()?.find(pc, self.range.start)?;
        Some(unit.host.start + offset)
    }

    /// The guest addresses for which there is code.
    pub fn entries(&self) -> impl Iterator<Item = u64> {
        let view = self.unit.as_ref().and_then(Unit::view);
        view.into_iter().flat_map(|view| view.entries(self.range.start))
    }

    /// Looks for the file for `file`. `reserve` hands out so many bytes of the code memory.
    pub fn of(
        file: &CodeFile,
        store: &Store,
        memory: &CodeMemory,
        reserve: impl FnOnce(usize) -> Option<usize>,
    ) -> Self {
        let key = store.key(file);
        let mut mapping = Self { range: file.range.clone(), key: Some(key), unit: None };
        mapping.unit = Unit::find(store, &key, memory, reserve);
        mapping
    }
}

impl Unit {
    fn find(
        store: &Store,
        key: &Key,
        memory: &CodeMemory,
        reserve: impl FnOnce(usize) -> Option<usize>,
    ) -> Option<Self> {
        let (file, header, size) = store.find(key)?;
        let slots = header.slots().next_multiple_of(PAGE);
        let at = reserve(slots + size.next_multiple_of(PAGE))?;
        if slots > 0 {
            memory.back_data(at, slots).ok()?;
        }
        memory.back_file(at + slots, size, file.as_fd()).ok()?;
        let start = memory.base() + memory.data_size() + at + slots;
        let links = header.slots() / SLOT;
        let unit = Self { host: start..start + size, links, incoming: Vec::new() };
        unit.prepare(key)?;
        Some(unit)
    }

    /// Checks the contents and fills the slots.
    fn prepare(&self, key: &Key) -> Option<()> {
        let bytes = self.bytes();
        let view = View::check(bytes, key)?;
        for (number, to) in view.links().enumerate() {
            if number >= self.links || to >= bytes.len() {
                return None;
            }
            set_slot(self.slot(number), self.host.start + to);
        }
        Some(())
    }
}

/// What executable memory of the guest is known.
#[derive(Debug, Default)]
pub struct Mappings {
    /// By address; they do not overlap.
    list: Vec<Mapping>,
}

impl Mappings {
    /// The number of the mapping that contains `pc`.
    pub fn at(&self, pc: u64) -> Option<usize> {
        let at = self.list.partition_point(|mapping| mapping.range.end <= pc);
        self.list.get(at).is_some_and(|mapping| mapping.range.start <= pc).then_some(at)
    }

    /// A mapping by its number.
    pub fn get(&mut self, at: usize) -> &mut Mapping {
        &mut self.list[at]
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Mapping> {
        self.list.iter()
    }

    /// Adds a mapping that contains `pc`, where nothing is known; what is known of its other parts stays.
    pub fn add(&mut self, mut mapping: Mapping, pc: u64) {
        let at = self.list.partition_point(|mapping| mapping.range.end <= pc);
        let below = at.checked_sub(1).map_or(0, |at| self.list[at].range.end);
        let above = self.list.get(at).map_or(u64::MAX, |above| above.range.start);
        let start = mapping.range.start.max(below);
        if start != mapping.range.start {
            // Addresses in the file count from the start.
            (mapping.key, mapping.unit) = (None, None);
        }
        mapping.range = start..mapping.range.end.min(above);
        self.list.insert(at, mapping);
    }

    /// The unit with the slot at `slot`, or with code at that address.
    pub fn unit(&self, has: impl Fn(&Unit) -> bool) -> Option<(&Mapping, &Unit)> {
        self.list.iter().find_map(|mapping| {
            let unit = mapping.unit.as_ref().filter(|unit| has(unit))?;
            Some((mapping, unit))
        })
    }

    /// Takes out what overlaps `range`.
    pub fn remove(&mut self, range: &Range<u64>) -> Vec<Mapping> {
        let is_hit = |mapping: &mut Mapping| {
            mapping.range.start < range.end && range.start < mapping.range.end
        };
        self.list.extract_if(.., is_hit).collect()
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.list.clear();
    }
}

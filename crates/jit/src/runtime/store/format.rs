//! What a file of translations holds.
//!
//! A file belongs to one mapping of one program or library. It is used as it is: mapped, executed and
//! searched in place. So its code refers to nothing outside but the words right below it, its *slots*,
//! which are made when it is mapped; it has a copy of the stubs for that, and translations are moved
//! when they are added ([`Builder::add`]). What is there already stays where it is, so a file only grows.
//!
//! ```text
//! header | stubs | code … | regions | faults | links | index
//! ```
//!
//! Rejected: a file that is read piece by piece, each region copied and adjusted when it is needed. The
//! copies are memory of each process, and the work is done again each time.

use std::ops::Range;

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::region::analysis::Set;
use crate::runtime::cache::LinkRecord;
use crate::runtime::hash::AddressMap;
use crate::translate::flags::{Carry, Flags};
use crate::translate::{FaultPoint, Homes};
use crate::x64::External;

/// Begins every file.
const MAGIC: [u8; 8] = *b"elfuse01";
/// Where the copy of the stubs begins.
pub const STUBS_AT: usize = 256;
/// More code than this is not kept for one mapping.
const LARGEST: usize = 32 << 20;
/// Entries begin on a cache line's quarter, as elsewhere.
const ALIGNMENT: usize = 16;
/// Bytes of a slot.
pub const SLOT: usize = 8;

/// All that translations depend on: who made them, for which processor, from which file mapped where.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(transparent)]
pub struct Key(pub [U64; 18]);

impl Key {
    /// The name of the file for it.
    pub fn name(&self) -> String {
        let bytes = self.as_bytes();
        format!("{:016x}{:016x}", checksum(1, bytes), checksum(2, bytes))
    }
}

/// The beginning of a file.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Header {
    magic: [u8; 8],
    /// Of all that follows it.
    checksum: U64,
    key: Key,
    code_end: U32,
    regions: U32,
    faults: U32,
    links: U32,
}

const _: () = assert!(size_of::<Header>() <= STUBS_AT);

impl Header {
    /// The bytes of slots that must stand in front of the file.
    pub fn slots(&self) -> usize {
        self.links.get() as usize * SLOT
    }

    /// The bytes of a file with this header; `None` if it belongs to something else or to nothing.
    pub fn file_size(&self, key: &Key) -> Option<usize> {
        let count = |count: U32, size: usize| (count.get() as usize).checked_mul(size);
        if self.magic != MAGIC || self.key != *key || (self.code_end.get() as usize) < STUBS_AT {
            return None;
        }
        (self.code_end.get() as usize)
            .checked_add(count(self.regions, size_of::<Region>() + size_of::<Index>())?)?
            .checked_add(count(self.faults, size_of::<Fault>())?)?
            .checked_add(count(self.links, size_of::<Link>())?)
    }
}

/// A translated region. Guest addresses are in instructions from the mapping's start, host addresses
/// in bytes from the file's.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Region {
    entry: U32,
    low: U32,
    code: U32,
    length: U32,
    first_fault: U32,
    faults: U32,
    instructions: U32,
    homes: Homes,
}

/// A [`FaultPoint`].
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Fault {
    end: U32,
    item: U16,
    flags: U16,
    x: U32,
    v: U32,
}

/// A way out of a region; its slot is the one of its number, counted downwards.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Link {
    /// A guest address.
    target: U64,
    stub: U32,
    /// Where it leads from the start: to code of the same file, or to the stub.
    to: U32,
}

/// A region by its entry.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Index {
    entry: U32,
    region: U32,
}

/// A file that has been checked.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The header and all code.
    code: &'a [u8],
    regions: &'a [Region],
    faults: &'a [Fault],
    links: &'a [Link],
    index: &'a [Index],
}

/// A region that a file has.
#[derive(Clone, Debug)]
pub struct Kept<'a> {
    /// The guest address of its entry.
    pub entry: u64,
    /// That of its lowest instruction.
    pub low: u64,
    /// How many instructions it has.
    pub instructions: u32,
    /// Where its code is, in bytes from the file's beginning.
    pub code: Range<usize>,
    /// Where registers are.
    pub homes: &'a Homes,
    /// Where it may fault.
    pub faults: Vec<FaultPoint>,
}

impl<'a> View<'a> {
    /// A whole file that belongs to `key` and is as it was written.
    pub fn check(bytes: &'a [u8], key: &Key) -> Option<Self> {
        let (header, _) = Header::ref_from_prefix(bytes).ok()?;
        let whole = header.file_size(key)? == bytes.len();
        let rest = bytes.get(16..)?;
        if !whole || header.checksum.get() != checksum(0, rest) {
            return None;
        }
        Self::of(bytes)
    }

    /// A file that was checked before.
    pub fn of(bytes: &'a [u8]) -> Option<Self> {
        let (header, _) = Header::ref_from_prefix(bytes).ok()?;
        let (code, rest) = bytes.split_at_checked(header.code_end.get() as usize)?;
        let (regions, rest) =
            <[Region]>::ref_from_prefix_with_elems(rest, header.regions.get() as usize).ok()?;
        let (faults, rest) =
            <[Fault]>::ref_from_prefix_with_elems(rest, header.faults.get() as usize).ok()?;
        let (links, rest) =
            <[Link]>::ref_from_prefix_with_elems(rest, header.links.get() as usize).ok()?;
        let index = <[Index]>::ref_from_bytes(rest).ok()?;
        Some(Self { code, regions, faults, links, index })
    }

    /// The code for the guest address `pc` of a mapping at `start`: an offset in the file.
    pub fn find(&self, pc: u64, start: u64) -> Option<usize> {
        let entry = u32::try_from(pc.wrapping_sub(start) / 4).ok()?;
        let at = self.index.binary_search_by_key(&entry, |index| index.entry.get()).ok()?;
        let region = self.regions.get(self.index[at].region.get() as usize)?;
        pc.is_multiple_of(4).then_some(region.code.get() as usize)
    }

    /// The guest addresses, of a mapping at `start`, for which there is code.
    pub fn entries(&self, start: u64) -> impl Iterator<Item = u64> + use<'a> {
        self.index.iter().map(move |index| start + 4 * u64::from(index.entry.get()))
    }

    /// What is known about the host instruction at `offset`: the guest address, where registers are.
    pub fn fault(&self, offset: usize, start: u64) -> Option<(u64, FaultPoint, Homes)> {
        let next = self.regions.partition_point(|region| region.code.get() as usize <= offset);
        let region = self.regions.get(next.checked_sub(1)?)?;
        let inside = u32::try_from(offset).ok()? - region.code.get();
        let first = region.first_fault.get() as usize;
        let faults = self.faults.get(first..first.checked_add(region.faults.get() as usize)?)?;
        let at = faults.partition_point(|fault| fault.end.get() <= inside);
        let point = faults.get(at)?.point()?;
        let pc = start + 4 * (u64::from(region.low.get()) + u64::from(point.item));
        (inside < region.length.get()).then_some((pc, point, region.homes))
    }

    /// The guest address that link `number` leads to, and the offset of its stub.
    pub fn link(&self, number: usize) -> Option<(u64, usize)> {
        let link = self.links.get(number)?;
        Some((link.target.get(), link.stub.get() as usize))
    }

    /// Where each link leads from the start, by number: offsets in the file.
    pub fn links(&self) -> impl Iterator<Item = usize> {
        self.links.iter().map(|link| link.to.get() as usize)
    }

    /// All regions, of a mapping at `start`.
    pub fn kept(&self, start: u64) -> impl Iterator<Item = Kept<'a>> + use<'a> {
        let (regions, faults) = (self.regions, self.faults);
        let at = move |words: U32| start + 4 * u64::from(words.get());
        regions.iter().map(move |region| {
            let code = region.code.get() as usize;
            let first = region.first_fault.get() as usize;
            let faults = faults.iter().skip(first).take(region.faults.get() as usize);
            Kept {
                entry: at(region.entry),
                low: at(region.low),
                instructions: region.instructions.get(),
                code: code..code + region.length.get() as usize,
                homes: &region.homes,
                faults: faults.filter_map(Fault::point).collect(),
            }
        })
    }

    /// The number of regions.
    pub fn regions(&self) -> usize {
        self.regions.len()
    }

    /// The number of guest instructions in all regions.
    pub fn instructions(&self) -> u64 {
        self.regions.iter().map(|region| u64::from(region.instructions.get())).sum()
    }
}

impl Fault {
    fn new(point: &FaultPoint) -> Self {
        let carry = match point.flags.host {
            None => 0,
            Some(Carry::Plain) => 1,
            Some(Carry::Inverted) => 2,
            Some(Carry::Numbers) => 3,
            Some(Carry::NumbersExchanged) => 4,
        };
        Self {
            end: point.end.into(),
            item: point.item.into(),
            flags: (carry | u16::from(point.flags.saved) << 8).into(),
            x: point.dirty.x.into(),
            v: point.dirty.v.into(),
        }
    }

    fn point(&self) -> Option<FaultPoint> {
        let host = match self.flags.get() & 0xff {
            0 => None,
            1 => Some(Carry::Plain),
            2 => Some(Carry::Inverted),
            3 => Some(Carry::Numbers),
            4 => Some(Carry::NumbersExchanged),
            _ => return None,
        };
        Some(FaultPoint {
            end: self.end.get(),
            item: self.item.get(),
            flags: Flags { host, saved: self.flags.get() >> 8 != 0 },
            dirty: Set { x: self.x.get(), v: self.v.get() },
        })
    }
}

/// A translation that is to be added.
#[derive(Clone, Copy, Debug)]
pub struct Addition<'a> {
    /// The guest address of its entry.
    pub entry: u64,
    /// That of its lowest instruction.
    pub low: u64,
    /// How many instructions it has.
    pub instructions: u32,
    /// The code, where it stands.
    pub code: &'a [u8],
    /// What it refers to: stubs, and the slots of its links.
    pub externals: &'a [External],
    /// Where it may fault.
    pub faults: &'a [FaultPoint],
    /// Where registers are.
    pub homes: &'a Homes,
    /// The address of the slot of its first link; the others follow it.
    pub slots: usize,
    /// Its links.
    pub links: &'a [LinkRecord],
}

/// A file being written.
#[derive(Debug)]
pub struct Builder {
    key: Key,
    /// Where the mapping begins.
    start: u64,
    /// Where the stubs are that additions refer to.
    stubs: Range<usize>,
    code: Vec<u8>,
    regions: Vec<Region>,
    faults: Vec<Fault>,
    links: Vec<Link>,
    /// Regions by entry.
    entries: AddressMap<u32, u32>,
}

impl Builder {
    /// A file for the mapping at `start`, with what `old` has. Additions refer to `stubs` where these are.
    pub fn new(key: Key, start: u64, stubs: &[u8], old: Option<View<'_>>) -> Self {
        let mut code = vec![0; STUBS_AT];
        code.extend_from_slice(stubs);
        let mut builder = Self {
            key,
            start,
            stubs: stubs.as_ptr().addr()..stubs.as_ptr_range().end.addr(),
            code,
            regions: Vec::new(),
            faults: Vec::new(),
            links: Vec::new(),
            entries: AddressMap::default(),
        };
        if let Some(old) = old {
            builder.code = old.code.to_vec();
            builder.regions = old.regions.to_vec();
            builder.faults = old.faults.to_vec();
            builder.links = old.links.to_vec();
            let entries = old.index.iter().map(|index| (index.entry.get(), index.region.get()));
            builder.entries = entries.collect();
        }
        builder
    }

    /// Adds a translation, unless its entry has one or there is no room; whether it did.
    pub fn add(&mut self, new: &Addition<'_>) -> bool {
        let words = |addr: u64| u32::try_from(addr.wrapping_sub(self.start) / 4).ok();
        let (Some(entry), Some(low)) = (words(new.entry), words(new.low)) else { return false };
        let at = self.code.len().next_multiple_of(ALIGNMENT);
        if at + new.code.len() > LARGEST || self.entries.contains_key(&entry) {
            return false;
        }
        // What traps when executed.
        self.code.resize(at, 0xcc);
        self.code.extend_from_slice(new.code);
        let address = new.code.as_ptr().addr();
        for external in new.externals {
            let place = at + external.at as usize;
            let target = self.moved(new, external.target);
            let (Some(target), Some(bytes)) = (target, self.code.get_mut(place..place + 4)) else {
                self.code.truncate(at);
                return false;
            };
            // Both ends move: what is added is the difference.
            let moved = target.wrapping_sub(external.target);
            let moved = moved.wrapping_sub(at.wrapping_sub(address)) as u32;
            let old = u32::from_le_bytes(bytes.try_into().expect("four bytes"));
            bytes.copy_from_slice(&old.wrapping_add(moved).to_le_bytes());
        }
        self.links.extend(new.links.iter().map(|link| {
            let stub = (at + (link.stub - address)) as u32;
            Link { target: link.target.into(), stub: stub.into(), to: stub.into() }
        }));
        self.entries.insert(entry, self.regions.len() as u32);
        self.regions.push(Region {
            entry: entry.into(),
            low: low.into(),
            code: (at as u32).into(),
            length: (new.code.len() as u32).into(),
            first_fault: (self.faults.len() as u32).into(),
            faults: (new.faults.len() as u32).into(),
            instructions: new.instructions.into(),
            homes: *new.homes,
        });
        self.faults.extend(new.faults.iter().map(Fault::new));
        true
    }

    /// Where in the file something is that code refers to; negative for slots.
    fn moved(&self, new: &Addition<'_>, target: usize) -> Option<usize> {
        if self.stubs.contains(&target) {
            return Some(STUBS_AT + (target - self.stubs.start));
        }
        let link = target.checked_sub(new.slots)? / SLOT;
        let number = self.links.len() + link;
        (link < new.links.len()).then(|| 0_usize.wrapping_sub(SLOT * (number + 1)))
    }

    /// The file's bytes.
    pub fn finish(mut self) -> Vec<u8> {
        for link in &mut self.links {
            let words = u32::try_from(link.target.get().wrapping_sub(self.start) / 4).ok();
            let region = words.and_then(|words| self.entries.get(&words));
            link.to = region.map_or(link.stub, |region| self.regions[*region as usize].code);
        }
        let mut index: Vec<Index> = self
            .entries
            .iter()
            .map(|(&entry, &region)| Index { entry: entry.into(), region: region.into() })
            .collect();
        index.sort_unstable_by_key(|index| index.entry.get());
        let header = Header {
            magic: MAGIC,
            checksum: 0.into(),
            key: self.key,
            code_end: (self.code.len() as u32).into(),
            regions: (self.regions.len() as u32).into(),
            faults: (self.faults.len() as u32).into(),
            links: (self.links.len() as u32).into(),
        };
        let mut bytes = self.code;
        bytes[..size_of::<Header>()].copy_from_slice(header.as_bytes());
        bytes.extend_from_slice(self.regions.as_bytes());
        bytes.extend_from_slice(self.faults.as_bytes());
        bytes.extend_from_slice(self.links.as_bytes());
        bytes.extend_from_slice(index.as_bytes());
        let sum = checksum(0, &bytes[16..]);
        bytes[8..16].copy_from_slice(&sum.to_le_bytes());
        bytes
    }
}

/// A checksum against accidents, at the speed of memory: any change of one word changes it.
pub fn checksum(seed: u64, bytes: &[u8]) -> u64 {
    /// Odd, with its bits well mixed: the golden ratio's.
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |sum: u64, word: u64| (sum ^ word).wrapping_mul(FACTOR).rotate_left(29);
    // Four sums, because each multiplication waits for the one before.
    let mut sums = [seed, seed ^ 1, seed ^ 2, seed ^ 3];
    let mut blocks = bytes.chunks_exact(32);
    let add = |sums: &mut [u64; 4], block: &[u8]| {
        for (sum, word) in sums.iter_mut().zip(block.chunks_exact(8)) {
            *sum = mix(*sum, u64::from_le_bytes(word.try_into().expect("eight bytes")));
        }
    };
    for block in &mut blocks {
        add(&mut sums, block);
    }
    let mut last = [0; 32];
    last[..blocks.remainder().len()].copy_from_slice(blocks.remainder());
    add(&mut sums, &last);
    sums.into_iter().fold(bytes.len() as u64, mix)
}

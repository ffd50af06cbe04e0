//! Which changes of the address space an engine is told about, and when.

use std::fs::File;
use std::ops::Range;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex};

use abi::mm::{madv, map, mremap};
use mem::{AddressSpace, CodeChange, MappedFile, Prot, Slab};

const PAGE: u64 = host::mm::PAGE_SIZE;
const AT: u64 = 0x10_0000_0000;
const RX: Prot = Prot::READ.union(Prot::EXEC);
const RW: Prot = Prot::READ.union(Prot::WRITE);
const ANONYMOUS: u32 = map::PRIVATE | map::ANONYMOUS;

struct Watched {
    space: Arc<AddressSpace>,
    told: Arc<Mutex<Vec<Range<u64>>>>,
    change: Arc<Mutex<Option<CodeChange>>>,
}

impl Watched {
    fn new() -> Self {
        let space = Arc::new(AddressSpace::new(Arc::new(Slab::reserve().unwrap())));
        let told = Arc::new(Mutex::new(Vec::new()));
        let (seen, watched) = (told.clone(), Arc::downgrade(&space));
        let change = Arc::new(Mutex::new(None));
        let last = change.clone();
        assert!(space.watch_code(move |range, change| {
            // The map can be looked at, and shows what there is now.
            let space = watched.upgrade().unwrap();
            space.is_executable(range.start);
            seen.lock().unwrap().push(range);
            *last.lock().unwrap() = Some(change);
        }));
        Self { space, told, change }
    }

    fn map(&self, page: u64, pages: u64, prot: Prot) {
        let (at, len) = (AT + page * PAGE, pages * PAGE);
        assert_eq!(self.space.mmap(at, len, prot, ANONYMOUS | map::FIXED, None), Ok(at));
    }

    /// The first page, and that behind the last one, of what the watcher was told about since this was asked last.
    fn told(&self) -> Vec<(u64, u64)> {
        let ranges = std::mem::take(&mut *self.told.lock().unwrap());
        ranges
            .iter()
            .map(|r| (r.start.wrapping_sub(AT) / PAGE, r.end.wrapping_sub(AT) / PAGE))
            .collect()
    }
}

fn at(page: u64) -> u64 {
    AT + page * PAGE
}

#[test]
fn data_is_never_mentioned() {
    let t = Watched::new();
    let generation = t.space.exec_generation();
    t.map(0, 8, RW);
    t.map(2, 2, Prot::READ);
    t.space.mprotect(at(0), PAGE, Prot::READ, false).unwrap();
    t.space.madvise(at(4), PAGE, madv::DONTNEED).unwrap();
    t.space.mremap(at(4), PAGE, PAGE, mremap::MAYMOVE | mremap::FIXED, at(20)).unwrap();
    t.space.munmap(at(0), 8 * PAGE).unwrap();
    assert_eq!(t.told(), []);
    assert_eq!(t.space.exec_generation(), generation);
}

#[test]
fn new_code_is_not_mentioned_but_counted() {
    let t = Watched::new();
    let generation = t.space.exec_generation();
    t.map(0, 4, RX);
    assert_ne!(t.space.exec_generation(), generation);
    t.map(8, 1, RW);
    let generation = t.space.exec_generation();
    t.space.mprotect(at(8), PAGE, RX, false).unwrap();
    assert_ne!(t.space.exec_generation(), generation);
    assert_eq!(t.told(), []);
}

#[test]
fn exactly_what_was_code_is_mentioned() {
    let t = Watched::new();
    t.map(0, 10, RX);
    t.map(2, 2, RW);
    assert_eq!(t.told(), [(2, 4)]);
    t.space.munmap(at(1), 4 * PAGE).unwrap();
    assert_eq!(t.told(), [(1, 2), (4, 5)]);
    t.space.mprotect(at(6), PAGE, RX | Prot::WRITE, false).unwrap();
    assert_eq!(t.told(), [(6, 7)]);
    t.space.mprotect(at(5), 2 * PAGE, RX, false).unwrap();
    assert_eq!(t.told(), [(6, 7)]);
    // Neighbours that are mappings of their own are one range.
    t.space.mprotect(at(7), PAGE, RX | Prot::WRITE, false).unwrap();
    t.told();
    t.map(5, 5, Prot::empty());
    assert_eq!(t.told(), [(5, 10)]);
}

#[test]
fn properties_are_no_changes() {
    let t = Watched::new();
    t.map(0, 4, RX);
    t.space.madvise(at(1), PAGE, madv::DONTFORK).unwrap();
    t.space.madvise(at(2), PAGE, madv::WILLNEED).unwrap();
    t.space.mlock(at(0), PAGE, 0).unwrap();
    t.space.mprotect(at(0), 4 * PAGE, RX, false).unwrap();
    t.space.name(at(0), "[code]");
    assert_eq!(t.told(), []);
}

#[test]
fn moves_are_told_at_both_ends() {
    let t = Watched::new();
    t.map(0, 4, RX);
    t.map(10, 4, RX);
    let fixed = mremap::MAYMOVE | mremap::FIXED;
    t.space.mremap(at(0), 2 * PAGE, 2 * PAGE, fixed, at(11)).unwrap();
    let mut told = t.told();
    told.sort();
    assert_eq!(told, [(0, 2), (11, 13)]);
    let kept = fixed | mremap::DONTUNMAP;
    t.space.mremap(at(2), 2 * PAGE, 2 * PAGE, kept, at(20)).unwrap();
    assert_eq!(t.told(), [(2, 4)]);
    assert!(t.space.is_executable(at(2)).is_some());
    // Shrinking, too, is a loss.
    t.space.mremap(at(20), 2 * PAGE, PAGE, 0, 0).unwrap();
    assert_eq!(t.told(), [(21, 22)]);
}

#[test]
fn discarded_contents_are_told() {
    let t = Watched::new();
    t.map(0, 2, RW);
    t.map(2, 2, RX);
    t.space.madvise(at(1), 2 * PAGE, madv::DONTNEED).unwrap();
    assert_eq!(t.told(), [(2, 3)]);
}

#[test]
fn a_heap_that_shrinks_is_told() {
    let t = Watched::new();
    t.space.set_brk_start(at(0));
    assert_eq!(t.space.brk(at(3)), at(3));
    t.space.mprotect(at(1), 2 * PAGE, RX, false).unwrap();
    assert_eq!(t.space.brk(at(2)), at(2));
    assert_eq!(t.told(), [(2, 3)]);
}

#[test]
fn a_new_program_is_told() {
    let t = Watched::new();
    t.map(0, 2, RX);
    t.space.reset().unwrap();
    let size = t.space.size();
    assert!(t.told.lock().unwrap().iter().eq([&(0..size)]));
}

#[test]
fn a_failed_mapping_that_cost_the_old_one_is_told() {
    let t = Watched::new();
    t.map(0, 2, RX);
    // A directory cannot be mapped, which the host may say after it has removed what was there.
    let dir = File::open("/").unwrap();
    let file = MappedFile {
        fd: dir.as_fd(),
        offset: 0,
        max_prot: Prot::all(),
        dev: 1,
        ino: 1,
        path: "/".into(),
    };
    let result = t.space.mmap(at(0), PAGE, Prot::READ, map::PRIVATE | map::FIXED, Some(file));
    assert!(result.is_err());
    let gone = t.space.is_executable(at(0)).is_none();
    assert_eq!(t.told(), if gone { vec![(0, 1)] } else { vec![] });
}

/// A file that has been left alone is known by its stamp, until the guest may have written to its copy.
#[test]
fn code_of_a_file_is_known_while_nobody_can_have_written_it() {
    let t = Watched::new();
    let file = File::open("/proc/self/exe").unwrap();
    let map_at = |page, prot, flags| {
        let (dev, ino, path) = (1, 1, "/exe".into());
        let fd = file.as_fd();
        let mapped = MappedFile { fd, offset: PAGE, max_prot: Prot::all(), dev, ino, path };
        t.space.mmap(at(page), 2 * PAGE, prot, flags | map::FIXED, Some(mapped)).unwrap();
    };
    let known = |page| t.space.code_file(at(page)).map(|file| (file.range, file.offset));
    // Not before it has been left alone for a while.
    let wait = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while known(0).is_none() && std::time::Instant::now() < wait {
        map_at(0, RX, map::PRIVATE);
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(known(0), Some((at(0)..at(2), PAGE)));
    map_at(2, RX | Prot::WRITE, map::PRIVATE);
    map_at(4, RX, map::SHARED);
    map_at(6, Prot::READ, map::PRIVATE);
    t.map(8, 2, RX);
    assert_eq!([2, 4, 6, 8].map(known), [None, None, None, None]);
    t.space.mprotect(at(0), PAGE, RW, false).unwrap();
    t.space.mprotect(at(0), PAGE, RX, false).unwrap();
    assert_eq!([0, 1].map(known), [None, Some((at(1)..at(2), 2 * PAGE))]);
}

#[test]
fn what_may_be_written_and_executed() {
    let t = Watched::new();
    t.map(0, 1, RX);
    t.map(1, 1, RX | Prot::WRITE);
    t.map(2, 1, RW);
    let seen = [0, 1, 2, 3].map(|page| t.space.is_writable_code(at(page)));
    assert_eq!(seen, [false, true, false, false]);
    t.space.mprotect(at(1), PAGE, RX, false).unwrap();
    assert!(!t.space.is_writable_code(at(1)));
}

#[test]
fn code_that_was_written_is_told_when_the_guest_says_so() {
    let t = Watched::new();
    t.map(0, 1, RX | Prot::WRITE);
    t.space.write_bytes(at(0), &[1, 2, 3]).unwrap();
    assert_eq!(t.told(), []);
    t.space.code_written(at(0)..at(1));
    assert_eq!(t.told(), [(0, 1)]);
    assert_eq!(*t.change.lock().unwrap(), Some(CodeChange::Written));
    t.space.munmap(at(0), PAGE).unwrap();
    assert_eq!(*t.change.lock().unwrap(), Some(CodeChange::Gone));
}

#[test]
fn memory_is_shared_from_the_first_mapping_that_others_may_write() {
    let t = Watched::new();
    t.map(0, 1, RW);
    assert!(!t.space.is_shared());
    let flags = map::SHARED | map::ANONYMOUS;
    t.space.mmap(0, PAGE, Prot::READ, flags, None).unwrap();
    assert!(t.space.is_shared(), "mprotect(2) can make it writable");
    t.space.reset().unwrap();
    assert!(!t.space.is_shared());
    t.space.note_shared();
    assert!(t.space.is_shared());
}

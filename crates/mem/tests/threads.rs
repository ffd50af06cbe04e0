//! An address space that several threads change at once.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use abi::mm::{madv, map, mremap};
use mem::{AddressSpace, Prot, Slab};

const PAGE: u64 = host::mm::PAGE_SIZE;
const AT: u64 = 0x10_0000_0000;
const RW: Prot = Prot::READ.union(Prot::WRITE);
const RX: Prot = Prot::READ.union(Prot::EXEC);
const ANONYMOUS: u32 = map::PRIVATE | map::ANONYMOUS;
const THREADS: u64 = 4;

fn space() -> AddressSpace {
    AddressSpace::new(Arc::new(Slab::reserve().unwrap()))
}

/// Random enough, and the same in each run (xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// Runs `f` in each thread, with its number; all begin at once.
fn together(f: impl Fn(u64) + Sync) {
    let barrier = Barrier::new(THREADS as usize);
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (f, barrier) = (&f, &barrier);
            scope.spawn(move || {
                barrier.wait();
                f(number);
            });
        }
    });
}

/// What is placed for one thread is nobody else's, grows and moves with its contents.
#[test]
fn placed_mappings_never_overlap() {
    let space = space();
    let first = space.mmap(0, PAGE, RW, ANONYMOUS, None).unwrap();
    space.munmap(first, PAGE).unwrap();
    together(|number| {
        let mut random = Random(number + 1);
        let mut mine = Vec::new();
        for step in 0..3000 {
            let len = (1 + random.below(8)) * PAGE;
            let at = space.mmap(0, len, RW, ANONYMOUS, None).unwrap();
            let mark = [number, step, at];
            for page in (at..at + len).step_by(PAGE as usize) {
                assert_eq!(space.slab().load::<u64>(page), Ok(0));
            }
            space.slab().store(at, mark[0] << 32 | mark[1]).unwrap();
            mine.push((at, len, mark));
            if step % 3 != 0 {
                let (at, len, [number, step, _]) =
                    mine.swap_remove(random.below(mine.len() as u64) as usize);
                assert_eq!(space.slab().load(at), Ok(number << 32 | step));
                let moved = space.mremap(at, len, 2 * len, mremap::MAYMOVE, 0).unwrap();
                assert_eq!(space.slab().load(moved), Ok(number << 32 | step));
                space.munmap(moved, 2 * len).unwrap();
            }
        }
        for (at, len, [number, step, _]) in mine {
            assert_eq!(space.slab().load(at), Ok(number << 32 | step));
            space.munmap(at, len).unwrap();
        }
    });
    assert_eq!(space.usage().total, 0);
    // No gap was lost either.
    assert_eq!(space.mmap(0, PAGE, RW, ANONYMOUS, None), Ok(first));
}

/// Whatever the order of changes to the same addresses was, the map says what the memory is.
#[test]
fn the_map_stays_true() {
    const PAGES: u64 = 32;
    let space = space();
    let at = |page: u64| AT + page * PAGE;
    together(|number| {
        let mut random = Random(number + 77);
        for _ in 0..4000 {
            let (start, len) = (at(random.below(PAGES)), (1 + random.below(6)) * PAGE);
            let prot = Prot::from_bits_truncate(random.below(4) as u32);
            // Any of these may be refused, because of what the others do.
            let _ = match random.below(8) {
                0..=2 => space.mmap(start, len, prot, ANONYMOUS | map::FIXED, None).map(drop),
                3 => space.munmap(start, len),
                4 => space.mprotect(start, len, prot, false),
                5 => {
                    let (flags, to) = (mremap::MAYMOVE | mremap::FIXED, at(random.below(PAGES)));
                    space.mremap(start, len, len, flags, to).map(drop)
                }
                6 => space.madvise(start, len, madv::DONTNEED),
                _ => {
                    let _ = space.slab().store(start, number);
                    let _ = space.slab().load::<u64>(start);
                    Ok(())
                }
            };
        }
    });
    for page in (0..PAGES + 8).map(at) {
        let prot = space.lookup(page).map_or(Prot::empty(), |vma| vma.prot);
        // What may be written may be read, on these processors.
        assert_eq!(space.slab().load::<u8>(page).is_ok(), !prot.is_empty(), "{page:x}");
        let stored = space.slab().store(page, 1_u8).is_ok();
        assert_eq!(stored, prot.contains(Prot::WRITE), "{page:x}");
    }
    let mut total = 0;
    space.for_each_vma(|vma, _| total += vma.size());
    assert_eq!(space.usage().total, total);
}

/// Code that was unmapped is told of before anything else can take its place; and looking at the map
/// meanwhile does not wait for that.
#[test]
fn the_end_of_code_is_told_before_its_place_is_taken() {
    let space = Arc::new(space());
    let (told, wrong) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    {
        let (told, wrong) = (told.clone(), wrong.clone());
        let space_ = Arc::downgrade(&space);
        space.watch_code(move |range, _| {
            let space = space_.upgrade().unwrap();
            told.fetch_add(1, Ordering::Relaxed);
            // Another thread looks, and is not kept waiting.
            let taken = thread::spawn(move || {
                thread::yield_now();
                space.is_mapped(range.start)
            });
            if taken.join().unwrap() {
                wrong.store(true, Ordering::Relaxed);
            }
        });
    }
    let mapped = AtomicU64::new(0);
    together(|_| {
        for _ in 0..200 {
            let flags = ANONYMOUS | map::FIXED_NOREPLACE;
            if space.mmap(AT, PAGE, RX, flags, None).is_ok() {
                mapped.fetch_add(1, Ordering::Relaxed);
                space.munmap(AT, PAGE).unwrap();
            }
        }
    });
    assert!(!wrong.load(Ordering::Relaxed), "something was there already");
    assert_eq!(told.load(Ordering::Relaxed), mapped.load(Ordering::Relaxed));
}

/// One stack, and threads that fault next to it at once: it grows once for each page.
#[test]
fn a_stack_grows_for_all_threads() {
    let space = space();
    let stack = space.map_stack(4 * PAGE, RW).unwrap();
    together(|number| {
        for page in 1..500 {
            let addr = stack.start - page * PAGE + 8 * number;
            space.write_bytes(addr, &page.to_le_bytes()).unwrap();
        }
    });
    for page in 1..500 {
        for number in 0..THREADS {
            assert_eq!(space.slab().load(stack.start - page * PAGE + 8 * number), Ok(page));
        }
    }
    assert_eq!(space.usage().stack, 503 * PAGE);
}

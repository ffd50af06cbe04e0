//! The same calls on an [`AddressSpace`] and on this process's own address space, that is, on the
//! real kernel: results, errors and the layout afterwards must be the same.
//!
//! All calls stay in a window of addresses that nothing else uses. First, memory is never
//! touched, so that the kernel merges what it can and layouts must be the same line by line. Then it
//! is written to, and what can be read is compared. Each run makes the same calls.

#![cfg(target_os = "linux")]

use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::sync::Arc;

use abi::Errno;
use abi::mm::{map, mremap};
use mem::{AddressSpace, MappedFile, Prot, Slab, VmaFlags};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

const PAGE: u64 = 4096;
/// Low, where the kernel puts nothing by itself.
const WINDOW: u64 = 0x20_0000_0000;
const PAGES: u64 = 24;
/// Less than what calls can reach, so that there are pages beyond the end of the file.
const FILE_PAGES: i64 = 12;

#[derive(Clone, Copy, Debug)]
enum File {
    None,
    ReadOnly,
    ReadWrite,
    WriteOnly,
}

/// Addresses and lengths are in pages of the window.
#[derive(Clone, Debug)]
enum Call {
    Map { at: u64, len: u64, prot: u32, flags: u32, file: File, offset: u64 },
    Unmap { at: u64, len: u64 },
    Protect { at: u64, len: u64, prot: u32, grows_down: bool },
    Remap { at: u64, old: u64, new: u64, flags: u32, to: u64 },
    Advise { at: u64, len: u64, advice: i32 },
    Sync { at: u64, len: u64, flags: i32 },
    Lock { at: u64, len: u64, flags: u32 },
    Unlock { at: u64, len: u64 },
    Write { at: u64, len: u64, value: u64 },
}

fn call() -> impl Strategy<Value = Call> {
    let at = 0..PAGES;
    let len = 0..8_u64;
    let prot = 0..8_u32;
    let flags = prop_oneof![
        4 => Just(map::PRIVATE),
        2 => Just(map::SHARED),
        1 => Just(map::SHARED_VALIDATE),
        1 => Just(map::PRIVATE | map::GROWSDOWN),
        1 => Just(map::SHARED | map::GROWSDOWN),
        1 => Just(map::PRIVATE | map::NORESERVE),
        1 => Just(map::PRIVATE | map::STACK | map::POPULATE | map::NONBLOCK),
        1 => Just(map::SHARED_VALIDATE | 1 << 25),
        1 => Just(0),
    ];
    let fixed = prop_oneof![3 => Just(map::FIXED), 1 => Just(map::FIXED_NOREPLACE)];
    let file = prop_oneof![
        4 => Just(File::None),
        1 => Just(File::ReadOnly),
        2 => Just(File::ReadWrite),
        1 => Just(File::WriteOnly),
    ];
    let remap_flags = prop_oneof![
        3 => Just(0),
        4 => Just(mremap::MAYMOVE | mremap::FIXED),
        1 => Just(mremap::FIXED),
        1 => Just(mremap::MAYMOVE | mremap::FIXED | mremap::DONTUNMAP),
        1 => Just(8),
    ];
    // Not MADV_FREE, which may leave one content or the other.
    let advice = prop::sample::select(vec![
        libc::MADV_NORMAL,
        libc::MADV_RANDOM,
        libc::MADV_SEQUENTIAL,
        libc::MADV_DONTNEED,
        libc::MADV_WILLNEED,
        libc::MADV_DONTFORK,
        libc::MADV_DOFORK,
        libc::MADV_WIPEONFORK,
        libc::MADV_KEEPONFORK,
        libc::MADV_HUGEPAGE,
        libc::MADV_NOHUGEPAGE,
        libc::MADV_MERGEABLE,
        libc::MADV_UNMERGEABLE,
        libc::MADV_DONTDUMP,
        libc::MADV_DODUMP,
        libc::MADV_REMOVE,
        libc::MADV_COLD,
        77,
    ]);
    prop_oneof![
        6 => (at.clone(), len.clone(), prot.clone(), flags, fixed, file, 0..4_u64).prop_map(
            |(at, len, prot, flags, fixed, file, offset)| Call::Map {
                at, len, prot, flags: flags | fixed, file, offset,
            }
        ),
        2 => (at.clone(), len.clone()).prop_map(|(at, len)| Call::Unmap { at, len }),
        4 => (at.clone(), len.clone(), prot, prop::bool::weighted(0.2)).prop_map(
            |(at, len, prot, grows_down)| Call::Protect { at, len, prot, grows_down }
        ),
        4 => (at.clone(), len.clone(), len.clone(), remap_flags, at.clone()).prop_map(
            |(at, old, new, flags, to)| Call::Remap { at, old, new, flags, to }
        ),
        3 => (at.clone(), len.clone(), advice)
            .prop_map(|(at, len, advice)| Call::Advise { at, len, advice }),
        1 => (at.clone(), len.clone(), 0..8_i32)
            .prop_map(|(at, len, flags)| Call::Sync { at, len, flags }),
        // Locking on access only: what is brought in can no longer be merged.
        1 => (at.clone(), len.clone(), 1..3_u32)
            .prop_map(|(at, len, flags)| Call::Lock { at, len, flags }),
        1 => (at.clone(), len.clone()).prop_map(|(at, len)| Call::Unlock { at, len }),
        4 => (at, len, any::<u64>()).prop_map(|(at, len, value)| Call::Write { at, len, value }),
    ]
}

/// One file, opened in three ways.
struct Files {
    read_only: OwnedFd,
    read_write: OwnedFd,
    write_only: OwnedFd,
}

impl Files {
    fn new() -> Self {
        // SAFETY: plain calls; the descriptors are new and nobody else's.
        unsafe {
            let fd = libc::memfd_create(c"window".as_ptr(), 0);
            assert!(fd >= 0 && libc::ftruncate(fd, FILE_PAGES * PAGE as i64) == 0);
            for page in 0..FILE_PAGES {
                let (value, at) = (page.to_ne_bytes(), page * PAGE as i64);
                assert_eq!(libc::pwrite(fd, value.as_ptr().cast(), 8, at), 8);
            }
            let path = std::ffi::CString::new(format!("/proc/self/fd/{fd}")).unwrap();
            let open = |flags| OwnedFd::from_raw_fd(libc::open(path.as_ptr(), flags));
            Self {
                read_only: open(libc::O_RDONLY),
                write_only: open(libc::O_WRONLY),
                read_write: OwnedFd::from_raw_fd(fd),
            }
        }
    }

    /// The descriptor and what it allows.
    fn get(&self, file: File) -> Option<(&OwnedFd, Prot)> {
        match file {
            File::None => None,
            File::ReadOnly => Some((&self.read_only, Prot::READ | Prot::EXEC)),
            File::ReadWrite => Some((&self.read_write, Prot::all())),
            File::WriteOnly => Some((&self.write_only, Prot::WRITE)),
        }
    }
}

/// Where a page of the window is.
fn addr(page: u64) -> u64 {
    WINDOW + page * PAGE
}

fn ours(space: &AddressSpace, files: &Files, call: &Call) -> Result<u64, Errno> {
    match *call {
        Call::Map { at, len, prot, flags, file, offset } => {
            let prot = Prot::from_bits_truncate(prot);
            let mapped = files.get(file).map(|(fd, max_prot)| MappedFile {
                fd: fd.as_fd(),
                offset: offset * PAGE,
                max_prot,
                dev: 1,
                // The kernel tells apart what was opened apart.
                ino: fd.as_raw_fd() as u64,
                path: "file".into(),
            });
            let flags = flags | if mapped.is_none() { map::ANONYMOUS } else { 0 };
            space.mmap(addr(at), len * PAGE, prot, flags, mapped)
        }
        Call::Unmap { at, len } => space.munmap(addr(at), len * PAGE).map(|()| 0),
        Call::Protect { at, len, prot, grows_down } => {
            let prot = Prot::from_bits_truncate(prot);
            space.mprotect(addr(at), len * PAGE, prot, grows_down).map(|()| 0)
        }
        Call::Remap { at, old, new, flags, to } => {
            space.mremap(addr(at), old * PAGE, new * PAGE, flags, addr(to))
        }
        Call::Advise { at, len, advice } => space.madvise(addr(at), len * PAGE, advice).map(|()| 0),
        Call::Sync { at, len, flags } => space.msync(addr(at), len * PAGE, flags).map(|()| 0),
        Call::Lock { at, len, flags } => space.mlock(addr(at), len * PAGE, flags).map(|()| 0),
        Call::Unlock { at, len } => space.munlock(addr(at), len * PAGE).map(|()| 0),
        Call::Write { at, len, value } => {
            for page in writable(space, at, len) {
                let _ = space.slab().write_bytes(page, &value.to_ne_bytes());
            }
            Ok(0)
        }
    }
}

/// The writable pages in a part of the window.
fn writable(space: &AddressSpace, at: u64, len: u64) -> impl Iterator<Item = u64> {
    (at..at + len).map(addr).filter(|page| space.permits(*page, Prot::WRITE))
}

/// A raw system call.
fn host(nr: i64, args: [u64; 6]) -> Result<u64, Errno> {
    let [a, b, c, d, e, f] = args;
    // SAFETY: the calls below change memory in the window alone, which no Rust object is in.
    let result = unsafe { libc::syscall(nr, a, b, c, d, e, f) };
    if result >= 0 {
        return Ok(result as u64);
    }
    Err(Errno::from_raw(std::io::Error::last_os_error().raw_os_error().unwrap() as u16))
}

/// A page's first word, through a call that answers where a load would fault.
fn peek(page: u64) -> Option<u64> {
    let mut word = 0_u64;
    let local = libc::iovec { iov_base: (&raw mut word).cast(), iov_len: 8 };
    let remote = libc::iovec { iov_base: page as *mut _, iov_len: 8 };
    // SAFETY: writes to a local variable alone.
    let len = unsafe { libc::process_vm_readv(libc::getpid(), &local, 1, &remote, 1, 0) };
    (len == 8).then_some(word)
}

fn poke(page: u64, mut word: u64) {
    let local = libc::iovec { iov_base: (&raw mut word).cast(), iov_len: 8 };
    let remote = libc::iovec { iov_base: page as *mut _, iov_len: 8 };
    // SAFETY: changes memory in the window alone.
    unsafe { libc::process_vm_writev(libc::getpid(), &local, 1, &remote, 1, 0) };
}

fn theirs(space: &AddressSpace, files: &Files, call: &Call) -> Result<u64, Errno> {
    match *call {
        Call::Map { at, len, prot, flags, file, offset } => {
            let fd = files.get(file).map_or(-1, |(fd, _)| fd.as_raw_fd());
            let flags = flags | if fd < 0 { map::ANONYMOUS } else { 0 };
            let args = [addr(at), len * PAGE, prot.into(), flags.into(), fd as u64, offset * PAGE];
            host(libc::SYS_mmap, args)
        }
        Call::Unmap { at, len } => host(libc::SYS_munmap, [addr(at), len * PAGE, 0, 0, 0, 0]),
        Call::Protect { at, len, prot, grows_down } => {
            let grows_down = if grows_down { abi::mm::PROT_GROWSDOWN } else { 0 };
            let prot = prot | grows_down;
            host(libc::SYS_mprotect, [addr(at), len * PAGE, prot.into(), 0, 0, 0])
        }
        Call::Remap { at, old, new, flags, to } => {
            let args = [addr(at), old * PAGE, new * PAGE, flags.into(), addr(to), 0];
            host(libc::SYS_mremap, args)
        }
        Call::Advise { at, len, advice } => {
            host(libc::SYS_madvise, [addr(at), len * PAGE, advice as u64, 0, 0, 0])
        }
        Call::Sync { at, len, flags } => {
            host(libc::SYS_msync, [addr(at), len * PAGE, flags as u64, 0, 0, 0])
        }
        Call::Lock { at, len, flags } => {
            host(libc::SYS_mlock2, [addr(at), len * PAGE, flags.into(), 0, 0, 0])
        }
        Call::Unlock { at, len } => host(libc::SYS_munlock, [addr(at), len * PAGE, 0, 0, 0, 0]),
        Call::Write { at, len, value } => {
            writable(space, at, len).for_each(|page| poke(page, value));
            Ok(0)
        }
    }
}

/// A line of `/proc/self/maps`, without what identifies the file.
type Line = (u64, u64, String, u64);

fn our_layout(space: &AddressSpace) -> Vec<Line> {
    let mut lines = Vec::new();
    space.for_each_vma(|vma, _| {
        let mut flags = String::new();
        for (prot, letter) in [(Prot::READ, 'r'), (Prot::WRITE, 'w'), (Prot::EXEC, 'x')] {
            flags.push(if vma.prot.contains(prot) { letter } else { '-' });
        }
        flags.push(if vma.is_shared() { 's' } else { 'p' });
        lines.push((vma.start, vma.end, flags, vma.offset));
    });
    lines
}

fn their_layout() -> Vec<Line> {
    let text = std::fs::read_to_string("/proc/self/maps").unwrap();
    let lines = text.lines().map(|line| {
        let mut fields = line.split_whitespace();
        let (start, end) = fields.next().unwrap().split_once('-').unwrap();
        let number = |text: &str| u64::from_str_radix(text, 16).unwrap();
        let flags = fields.next().unwrap().to_owned();
        (number(start), number(end), flags, number(fields.next().unwrap()))
    });
    lines.filter(|line| (WINDOW..addr(2 * PAGES)).contains(&line.0)).collect()
}

/// Layouts as they would be if all that can be merged were: pages that were written to before they
/// moved keep neighbours apart for Linux.
fn merged(lines: Vec<Line>) -> Vec<Line> {
    let mut result: Vec<Line> = Vec::new();
    for line in lines {
        match result.last_mut() {
            Some(last) if last.1 == line.0 && last.2 == line.2 => last.1 = line.1,
            _ => result.push((line.0, line.1, line.2, 0)),
        }
    }
    result
}

/// What the readable pages of the window begin with. `None` is a page beyond the end of its file.
fn contents(space: &AddressSpace, peek: impl Fn(u64) -> Option<u64>) -> Vec<(u64, Option<u64>)> {
    let pages = (0..2 * PAGES).map(addr);
    let readable =
        pages.filter(|page| space.lookup(*page).is_some_and(|v| v.prot.contains(Prot::READ)));
    readable.map(|page| (page, peek(page))).collect()
}

/// Whether the kernel that runs the tests is as new as `wanted`, which `call` needs to do what it
/// does here.
fn kernel_is(wanted: (u32, u32)) -> bool {
    let text = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = text.split(['.', '-']).map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap(), numbers.next().unwrap()) >= wanted
}

/// Linux 6.17 learnt to move several mappings at once; before, that was `EFAULT`, if only after a
/// part had been cut off. From 6.7 on `MAP_STACK` keeps mappings apart. And what `MREMAP_DONTUNMAP`
/// leaves without its lock could be merged with its neighbours, but is not.
fn is_peculiar(space: &AddressSpace, call: &Call) -> bool {
    match *call {
        Call::Remap { at, old, new, flags, .. } => {
            let whole = space.lookup(addr(at)).is_some_and(|vma| vma.end >= addr(at + old));
            let mut pages = (at..at + old).filter_map(|page| space.lookup(addr(page)));
            let locked = pages.any(|vma| vma.flags.intersects(VmaFlags::LOCKS));
            if flags & mremap::DONTUNMAP != 0 && locked {
                return true;
            }
            flags & mremap::FIXED != 0 && old >= new && !whole && !kernel_is((6, 17))
        }
        Call::Map { flags, .. } => flags & map::STACK != 0 && !kernel_is((6, 7)),
        _ => false,
    }
}

fn compare(calls: &[Call], touch: bool) -> Result<(), TestCaseError> {
    let space = AddressSpace::new(Arc::new(Slab::reserve().unwrap()));
    // What one side writes must not be seen by the other one.
    let (our_files, their_files) = (Files::new(), Files::new());
    host(libc::SYS_munmap, [WINDOW, 2 * PAGES * PAGE, 0, 0, 0, 0]).unwrap();
    for (i, call) in calls.iter().enumerate() {
        if is_peculiar(&space, call) || !touch && matches!(call, Call::Write { .. }) {
            continue;
        }
        let before = our_layout(&space);
        let theirs = theirs(&space, &their_files, call);
        let ours = ours(&space, &our_files, call);
        prop_assert_eq!(ours, theirs, "call {}: {:?}\n{:x?}", i, call, before);
        if touch {
            let (ours, theirs) = (merged(our_layout(&space)), merged(their_layout()));
            prop_assert_eq!(ours, theirs, "call {}: {:?}", i, call);
            let ours = contents(&space, |page| {
                let mut word = [0; 8];
                space.slab().read_bytes(page, &mut word).ok()?;
                Some(u64::from_ne_bytes(word))
            });
            prop_assert_eq!(ours, contents(&space, peek), "call {}: {:?}", i, call);
        } else {
            prop_assert_eq!(our_layout(&space), their_layout(), "call {}: {:?}", i, call);
        }
    }
    host(libc::SYS_munmap, [WINDOW, 2 * PAGES * PAGE, 0, 0, 0, 0]).unwrap();
    Ok(())
}

/// The same random calls in each run, touching memory or not.
fn compare_many(cases: u32, touch: bool) {
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(0),
        ..ProptestConfig::default()
    };
    let calls = prop::collection::vec(call(), 1..40);
    let result = TestRunner::new(config).run(&calls, |calls| compare(&calls, touch));
    if let Err(error) = result {
        panic!("touch: {touch}: {error}");
    }
}

/// One test, because there is one window.
#[test]
fn calls_do_what_linux_does() {
    compare_many(600, false);
    compare_many(300, true);
}

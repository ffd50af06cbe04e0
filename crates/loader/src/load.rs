//! Mapping an image into the address space, as `load_elf_binary()` does.

use std::os::fd::BorrowedFd;
use std::sync::Arc;

use abi::Errno;
use abi::elf::{PF_R, PF_W, PF_X, Phdr};
use abi::mm::{Prot, map};
use mem::{AddressSpace, MappedFile};

use crate::Image;

/// Where a position-independent program goes: far from the mappings below the stack, so that the heap
/// behind it has room. Linux without randomisation has it there as well (`ELF_ET_DYN_BASE`).
fn pie_base(space: &AddressSpace) -> u64 {
    space.size() / 3 * 2
}

/// Where an image ended up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// What was added to the image's addresses.
    pub bias: u64,
    /// Where execution starts.
    pub entry: u64,
    /// The program headers in memory.
    pub phdrs: u64,
    /// The first executable address and the one behind the last (`start_code`, `end_code`).
    pub code: (u64, u64),
    /// The same for data (`start_data`, `end_data`).
    pub data: (u64, u64),
    /// The page behind the image, where the heap may begin.
    pub end: u64,
}

/// What a mapping of the file shows in `/proc/self/maps`.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Device number.
    pub dev: u64,
    /// Inode number.
    pub ino: u64,
    /// Path.
    pub path: Arc<str>,
}

/// Maps all segments of `image`. `interpreter`: place it below the other mappings, not at the
/// place of programs.
pub fn load(
    space: &AddressSpace,
    image: &Image,
    file: BorrowedFd<'_>,
    identity: &Identity,
    interpreter: bool,
) -> Result<Loaded, Errno> {
    let low = image.segments().map(|ph| page(ph.vaddr)).min().ok_or(Errno::ENOEXEC)?;
    let high = image.segments().map(|ph| ph.vaddr + ph.memsz).max().ok_or(Errno::ENOEXEC)?;
    let high = high.checked_next_multiple_of(host::mm::PAGE_SIZE).ok_or(Errno::ENOMEM)?;
    let bias = if image.relocatable {
        // Reserve the whole span at once, so that segments stay together.
        let align = image.segments().map(|ph| ph.align).filter(|align| align.is_power_of_two());
        let align = align.max().unwrap_or(1).max(host::mm::PAGE_SIZE);
        let hint = if interpreter { 0 } else { pie_base(space).next_multiple_of(align) };
        let flags = map::PRIVATE | map::ANONYMOUS | map::NORESERVE;
        let at = space.mmap(hint, high - low, Prot::empty(), flags, None)?;
        at.wrapping_sub(low)
    } else {
        0
    };
    for ph in image.segments() {
        map_segment(space, ph, file, identity, bias)?;
    }
    let range = |wanted: u32, len: fn(&Phdr) -> u64| {
        let parts = image.segments().filter(|ph| ph.flags & wanted != 0);
        let parts = parts.map(|ph| {
            // The bias of a program linked above where it is loaded is negative.
            let start = ph.vaddr.wrapping_add(bias);
            (start, start + len(ph))
        });
        parts.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or_default()
    };
    Ok(Loaded {
        bias,
        entry: image.entry.wrapping_add(bias),
        phdrs: phdrs_address(image).wrapping_add(bias),
        code: range(PF_X, |ph| ph.filesz),
        data: range(PF_W, |ph| ph.filesz),
        end: high.wrapping_add(bias),
    })
}

fn page(addr: u64) -> u64 {
    addr & !(host::mm::PAGE_SIZE - 1)
}

/// Where the program headers are in memory: inside the segment that holds their file offset.
fn phdrs_address(image: &Image) -> u64 {
    image
        .segments()
        .find(|ph| ph.offset <= image.phoff && image.phoff - ph.offset < ph.filesz)
        .map_or(0, |ph| image.phoff - ph.offset + ph.vaddr)
}

fn protection(ph: &Phdr) -> Prot {
    let mut prot = Prot::empty();
    prot.set(Prot::READ, ph.flags & PF_R != 0);
    prot.set(Prot::WRITE, ph.flags & PF_W != 0);
    prot.set(Prot::EXEC, ph.flags & PF_X != 0);
    prot
}

fn map_segment(
    space: &AddressSpace,
    ph: &Phdr,
    file: BorrowedFd<'_>,
    identity: &Identity,
    bias: u64,
) -> Result<(), Errno> {
    let prot = protection(ph);
    let start = ph.vaddr.wrapping_add(bias);
    let in_page = start - page(start);
    let file_end = start + ph.filesz;
    let mem_end = start + ph.memsz;
    let flags = map::PRIVATE | map::FIXED;
    let mut mapped_end = page(start);
    if ph.filesz > 0 {
        let offset = ph.offset.checked_sub(in_page).ok_or(Errno::EINVAL)?;
        let mapped = MappedFile {
            fd: file,
            offset,
            max_prot: Prot::all(),
            dev: identity.dev,
            ino: identity.ino,
            path: identity.path.clone(),
        };
        space.mmap(page(start), ph.filesz + in_page, prot, flags, Some(mapped))?;
        mapped_end = file_end.next_multiple_of(host::mm::PAGE_SIZE);
        if mem_end > file_end && prot.contains(Prot::WRITE) {
            // What follows the data on its last page belongs to the bss.
            let zeros = vec![0; (mapped_end - file_end) as usize];
            space.slab().write_bytes(file_end, &zeros).map_err(|_| Errno::EFAULT)?;
        }
    }
    if mem_end > mapped_end {
        let flags = flags | map::ANONYMOUS;
        space.mmap(mapped_end, mem_end - mapped_end, prot, flags, None)?;
    }
    Ok(())
}

//! Writes the ELF image of a vDSO.
//!
//! Sections come in an order in which each refers only to those before it, so one pass suffices. File
//! offsets are addresses: the whole file is one segment.
//!
//! The symbols' hash table is of the old kind (`DT_HASH`) and has one bucket. A `DT_GNU_HASH` table beside
//! it would be read in its place by Go, whose releases up to 1.19 at least look for
//! `__kernel_clock_gettime` with the hash of another name: in one bucket of names they find it, by GNU
//! hash they do not and make a system call for each reading of the clock.
//!
//! `__kernel_rt_sigreturn` has no unwinding information, on purpose and as on Linux
//! (`arch/arm64/kernel/vdso/sigreturn.S`): unwinders that find none recognise its instructions and
//! restore all registers from the signal frame. Rules for them in `.eh_frame` would need a column for
//! the interrupted PC, and libgcc, LLVM's libunwind and gdb each have a different one.

use abi::elf::{CLASS_64, DATA_LITTLE, EM_AARCH64, ET_DYN, Ehdr, MAGIC, PF_R, PF_X, PT_LOAD, Phdr};
use zerocopy::{Immutable, IntoBytes};

use super::Vdso;
use super::code::Function;

/// What libraries that know only sonames call it (`vdso(7)`).
const SONAME: &str = "linux-vdso.so.1";
/// The version of every symbol on arm64.
const VERSION: &str = "LINUX_2.6.39";

// Numbers of <elf.h> that nothing but a writer needs.
const PT_DYNAMIC: u32 = 2;
const PT_GNU_EH_FRAME: u32 = 0x6474_e550;
const SHT_PROGBITS: u32 = 1;
const SHT_STRTAB: u32 = 3;
const SHT_HASH: u32 = 5;
const SHT_DYNAMIC: u32 = 6;
const SHT_DYNSYM: u32 = 11;
const SHT_GNU_VERDEF: u32 = 0x6fff_fffd;
const SHT_GNU_VERSYM: u32 = 0x6fff_ffff;
const SHF_ALLOC: u64 = 2;
const SHF_EXECINSTR: u64 = 4;
const DT_NULL: u64 = 0;
const DT_HASH: u64 = 4;
const DT_STRTAB: u64 = 5;
const DT_SYMTAB: u64 = 6;
const DT_STRSZ: u64 = 10;
const DT_SYMENT: u64 = 11;
const DT_SONAME: u64 = 14;
const DT_VERSYM: u64 = 0x6fff_fff0;
const DT_VERDEF: u64 = 0x6fff_fffc;
const DT_VERDEFNUM: u64 = 0x6fff_fffd;
const VER_FLG_BASE: u16 = 1;
/// `STB_GLOBAL` with `STT_NOTYPE` and `STT_FUNC`.
const GLOBAL_LABEL: u8 = 1 << 4;
const GLOBAL_FUNCTION: u8 = 1 << 4 | 2;

/// `Elf64_Shdr`.
#[derive(Default, IntoBytes, Immutable)]
#[repr(C)]
struct Shdr {
    name: u32,
    kind: u32,
    flags: u64,
    addr: u64,
    offset: u64,
    size: u64,
    link: u32,
    info: u32,
    align: u64,
    entsize: u64,
}

/// `Elf64_Sym`.
#[derive(Default, IntoBytes, Immutable)]
#[repr(C)]
struct Sym {
    name: u32,
    info: u8,
    other: u8,
    section: u16,
    value: u64,
    size: u64,
}

/// Where a section is: its index, address and size.
#[derive(Clone, Copy, Default)]
struct Placed {
    index: u16,
    addr: u64,
    size: u64,
}

/// What a section is, for [`Writer::section`].
struct Section {
    name: &'static str,
    kind: u32,
    flags: u64,
    align: usize,
    entsize: u64,
    /// The section that it refers to.
    link: Placed,
    /// A number whose meaning depends on the kind.
    info: u32,
}

impl Section {
    const fn new(name: &'static str, kind: u32, align: usize) -> Self {
        let link = Placed { index: 0, addr: 0, size: 0 };
        Self { name, kind, flags: SHF_ALLOC, align, entsize: 0, link, info: 0 }
    }
}

/// The image so far.
struct Writer {
    bytes: Vec<u8>,
    headers: Vec<Shdr>,
    names: Strings,
}

impl Writer {
    /// Appends a section.
    fn section(&mut self, section: Section, content: &[u8]) -> Placed {
        self.align(section.align);
        let addr = self.bytes.len() as u64;
        self.bytes.extend_from_slice(content);
        let placed = Placed { index: self.headers.len() as u16, addr, size: content.len() as u64 };
        self.headers.push(Shdr {
            name: self.names.add(section.name),
            kind: section.kind,
            flags: section.flags,
            addr: if section.flags & SHF_ALLOC != 0 { addr } else { 0 },
            offset: addr,
            size: placed.size,
            link: section.link.index.into(),
            info: section.info,
            align: section.align as u64,
            entsize: section.entsize,
        });
        placed
    }

    fn align(&mut self, align: usize) {
        self.bytes.resize(self.bytes.len().next_multiple_of(align), 0);
    }
}

/// A string table.
struct Strings(Vec<u8>);

impl Strings {
    fn new() -> Self {
        Self(vec![0])
    }

    /// The offset of a new string.
    fn add(&mut self, text: &str) -> u32 {
        let at = self.0.len() as u32;
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(0);
        at
    }
}

/// Where a function is.
struct Extent {
    addr: u64,
    size: u64,
}

/// Writes the image.
pub(super) fn write(functions: &[Function]) -> Vdso {
    const SEGMENTS: usize = 3;
    let mut w = Writer {
        bytes: vec![0; size_of::<Ehdr>() + SEGMENTS * size_of::<Phdr>()],
        // The first one is none (SHN_UNDEF).
        headers: vec![Shdr::default()],
        names: Strings::new(),
    };

    let (text, extents) = write_text(&mut w, functions);
    let (eh_frame, entries) = write_eh_frame(&mut w, functions, &extents);
    let eh_frame_hdr = write_eh_frame_hdr(&mut w, eh_frame, &entries);
    let dynamic = write_dynamic(&mut w, functions, text, &extents);

    let names_section = Section { flags: 0, ..Section::new(".shstrtab", SHT_STRTAB, 1) };
    // Its own name must be in it before its size is known.
    let mut names = w.names.0.clone();
    names.extend_from_slice(b".shstrtab\0");
    let names = w.section(names_section, &names);

    w.align(8);
    let header = Ehdr {
        ident: ident(),
        kind: ET_DYN,
        machine: EM_AARCH64,
        version: 1,
        entry: 0,
        phoff: size_of::<Ehdr>() as u64,
        shoff: w.bytes.len() as u64,
        flags: 0,
        ehsize: size_of::<Ehdr>() as u16,
        phentsize: size_of::<Phdr>() as u16,
        phnum: SEGMENTS as u16,
        shentsize: size_of::<Shdr>() as u16,
        shnum: w.headers.len() as u16,
        shstrndx: names.index,
    };
    w.bytes.extend_from_slice(w.headers.as_bytes());
    let whole = Placed { index: 0, addr: 0, size: w.bytes.len() as u64 };
    let segments: [Phdr; SEGMENTS] = [
        segment(PT_LOAD, PF_R | PF_X, whole, host::mm::PAGE_SIZE),
        segment(PT_DYNAMIC, PF_R, dynamic, 8),
        segment(PT_GNU_EH_FRAME, PF_R, eh_frame_hdr, 4),
    ];
    let (head, rest) = w.bytes.split_at_mut(size_of::<Ehdr>());
    head.copy_from_slice(header.as_bytes());
    rest[..size_of_val(&segments)].copy_from_slice(segments.as_bytes());
    Vdso { bytes: w.bytes, sigreturn: extents[0].addr }
}

fn ident() -> [u8; 16] {
    let mut ident = [0; 16];
    ident[..4].copy_from_slice(&MAGIC);
    ident[4] = CLASS_64;
    ident[5] = DATA_LITTLE;
    ident[6] = 1; // EV_CURRENT
    ident
}

fn segment(kind: u32, flags: u32, of: Placed, align: u64) -> Phdr {
    let Placed { addr, size, .. } = of;
    Phdr { kind, flags, offset: addr, vaddr: addr, paddr: addr, filesz: size, memsz: size, align }
}

fn write_text(w: &mut Writer, functions: &[Function]) -> (Placed, Vec<Extent>) {
    /// One cache line would do, but this is what compilers align functions to.
    const ALIGN: usize = 16;
    w.align(ALIGN);
    let start = w.bytes.len() as u64;
    let mut code: Vec<u8> = Vec::new();
    let mut extents = Vec::new();
    for function in functions {
        code.resize(code.len().next_multiple_of(ALIGN), 0);
        let lead = 4 * function.lead as u64;
        let addr = start + code.len() as u64 + lead;
        extents.push(Extent { addr, size: 4 * function.code.len() as u64 - lead });
        code.extend(function.code.iter().flat_map(|word| word.to_le_bytes()));
    }
    let section = Section::new(".text", SHT_PROGBITS, ALIGN);
    let section = Section { flags: SHF_ALLOC | SHF_EXECINSTR, ..section };
    (w.section(section, &code), extents)
}

/// Addresses of a function and of the entry that describes it.
struct Unwind {
    function: u64,
    entry: u64,
}

/// `.eh_frame` (Linux Standard Base, "Exception Frames"). All functions are leaves that leave SP
/// alone, so the rules that hold at their entry hold throughout.
fn write_eh_frame(
    w: &mut Writer,
    functions: &[Function],
    extents: &[Extent],
) -> (Placed, Vec<Unwind>) {
    /// The common entry, but for its length.
    const CIE: [u8; 16] = [
        0,
        0,
        0,
        0, // it is a CIE
        1, // version
        b'z',
        b'R',
        0,    // augmentation: sizes, encoding of pointers
        4,    // code alignment
        0x78, // data alignment: -8
        30,   // the return address is in X30
        1,    // size of what the augmentation adds
        PCREL_SDATA4,
        0x0c,
        31,
        0, // DW_CFA_def_cfa: SP + 0
    ];
    w.align(8);
    let start = w.bytes.len() as u64;
    let mut bytes = Vec::new();
    push(&mut bytes, CIE.len() as u32);
    bytes.extend_from_slice(&CIE);
    let mut entries = Vec::new();
    for (function, extent) in functions.iter().zip(extents).filter(|(f, _)| f.callable) {
        debug_assert_eq!(function.lead, 0);
        let at = bytes.len() as u64;
        entries.push(Unwind { function: extent.addr, entry: start + at });
        push(&mut bytes, 16);
        // Back to the CIE, from here.
        push(&mut bytes, at as u32 + 4);
        push(&mut bytes, extent.addr.wrapping_sub(start + at + 8) as u32);
        push(&mut bytes, extent.size as u32);
        // No augmentation data, and three DW_CFA_nop.
        push(&mut bytes, 0);
    }
    // The end of the section.
    push(&mut bytes, 0);
    (w.section(Section::new(".eh_frame", SHT_PROGBITS, 8), &bytes), entries)
}

/// `DW_EH_PE_pcrel | DW_EH_PE_sdata4`.
const PCREL_SDATA4: u8 = 0x1b;

/// `.eh_frame_hdr`: a table of functions to search by bisection.
fn write_eh_frame_hdr(w: &mut Writer, eh_frame: Placed, entries: &[Unwind]) -> Placed {
    /// `DW_EH_PE_udata4`, and `DW_EH_PE_datarel | DW_EH_PE_sdata4`.
    const COUNT: u8 = 0x03;
    const TABLE: u8 = 0x3b;
    w.align(4);
    let start = w.bytes.len() as u64;
    let mut bytes = vec![1, PCREL_SDATA4, COUNT, TABLE];
    push(&mut bytes, eh_frame.addr.wrapping_sub(start + 4) as u32);
    push(&mut bytes, entries.len() as u32);
    for entry in entries {
        push(&mut bytes, entry.function.wrapping_sub(start) as u32);
        push(&mut bytes, entry.entry.wrapping_sub(start) as u32);
    }
    w.section(Section::new(".eh_frame_hdr", SHT_PROGBITS, 4), &bytes)
}

/// Symbols, their names, versions and hash tables, and the section that tells where they are.
fn write_dynamic(
    w: &mut Writer,
    functions: &[Function],
    text: Placed,
    extents: &[Extent],
) -> Placed {
    let mut strings = Strings::new();
    let mut symbols = vec![Sym::default()];
    for (function, extent) in functions.iter().zip(extents) {
        symbols.push(Sym {
            name: strings.add(function.name),
            info: if function.callable { GLOBAL_FUNCTION } else { GLOBAL_LABEL },
            other: 0,
            section: text.index,
            value: extent.addr,
            size: extent.size,
        });
    }
    let soname = strings.add(SONAME);
    let version = strings.add(VERSION);

    let dynstr = w.section(Section::new(".dynstr", SHT_STRTAB, 1), &strings.0);
    let section = Section::new(".dynsym", SHT_DYNSYM, 8);
    // `info`: one more than the last local symbol.
    let section = Section { link: dynstr, info: 1, entsize: size_of::<Sym>() as u64, ..section };
    let dynsym = w.section(section, symbols.as_bytes());
    let section = Section { link: dynsym, ..Section::new(".hash", SHT_HASH, 8) };
    let hash = w.section(Section { entsize: 4, ..section }, &hash_table(functions.len()));

    // The null symbol is local (0), all others have the second version.
    let indexes: Vec<u16> = (0..symbols.len()).map(|i| if i == 0 { 0 } else { 2 }).collect();
    let section = Section { link: dynsym, ..Section::new(".gnu.version", SHT_GNU_VERSYM, 2) };
    let versym = w.section(Section { entsize: 2, ..section }, indexes.as_bytes());
    let mut versions = Vec::new();
    push_version(&mut versions, VER_FLG_BASE, 1, SONAME, soname, true);
    push_version(&mut versions, 0, 2, VERSION, version, false);
    let section = Section::new(".gnu.version_d", SHT_GNU_VERDEF, 8);
    let verdef = w.section(Section { link: dynstr, info: 2, ..section }, &versions);

    let entries: [[u64; 2]; 9] = [
        [DT_SONAME, soname.into()],
        [DT_HASH, hash.addr],
        [DT_STRTAB, dynstr.addr],
        [DT_SYMTAB, dynsym.addr],
        [DT_STRSZ, dynstr.size],
        [DT_SYMENT, size_of::<Sym>() as u64],
        [DT_VERSYM, versym.addr],
        [DT_VERDEF, verdef.addr],
        [DT_VERDEFNUM, 2],
    ];
    let mut bytes = entries.as_bytes().to_vec();
    bytes.extend_from_slice([DT_NULL, 0].as_bytes());
    let section = Section::new(".dynamic", SHT_DYNAMIC, 8);
    w.section(Section { link: dynstr, entsize: 16, ..section }, &bytes)
}

/// `DT_HASH`: one bucket, in which each of `count` symbols leads to the one before it.
fn hash_table(count: usize) -> Vec<u8> {
    let last = count as u32;
    let chains = (0..=last).map(|symbol| symbol.saturating_sub(1));
    let words: Vec<u32> = [1, last + 1, last].into_iter().chain(chains).collect();
    words.as_bytes().to_vec()
}

/// The hash function of `DT_HASH` and of versions (System V ABI).
fn elf_hash(name: &[u8]) -> u32 {
    name.iter().fold(0, |hash: u32, &byte| {
        let hash = (hash << 4).wrapping_add(byte.into());
        let top = hash & 0xf000_0000;
        (hash ^ top >> 24) & !top
    })
}

/// `Elf64_Verdef` with its one `Elf64_Verdaux`.
fn push_version(bytes: &mut Vec<u8>, flags: u16, index: u16, name: &str, offset: u32, more: bool) {
    /// Sizes of the two structures.
    const DEF: u32 = 20;
    const AUX: u32 = 8;
    // Version of the format, flags, index, number of names.
    bytes.extend_from_slice([1, flags, index, 1].as_bytes());
    let next = if more { DEF + AUX } else { 0 };
    bytes.extend_from_slice([elf_hash(name.as_bytes()), DEF, next].as_bytes());
    bytes.extend_from_slice([offset, 0].as_bytes());
}

fn push(bytes: &mut Vec<u8>, word: u32) {
    bytes.extend_from_slice(&word.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::read::elf::{ElfFile64, FileHeader};
    use object::{LittleEndian, Object, ObjectSection, ObjectSymbol};

    #[test]
    fn the_version_has_the_hash_that_programs_have_built_in() {
        // `vdsoLinuxVersion` in Go's runtime/vdso_linux_arm64.go.
        assert_eq!(elf_hash(VERSION.as_bytes()), 0x75f_cb89);
    }

    #[test]
    fn a_reader_of_elf_files_finds_symbols_versions_and_sections() {
        let vdso = super::super::aarch64();
        let file = ElfFile64::<LittleEndian>::parse(&vdso.bytes[..]).unwrap();
        let text = file.section_by_name(".text").unwrap();
        let code = text.address()..text.address() + text.size();
        let symbols: Vec<_> = file.dynamic_symbols().map(|s| s.name().unwrap()).collect();
        assert_eq!(
            symbols,
            [
                "__kernel_rt_sigreturn",
                "__kernel_gettimeofday",
                "__kernel_clock_gettime",
                "__kernel_clock_getres"
            ]
        );
        for symbol in file.dynamic_symbols() {
            assert!(symbol.is_global() && code.contains(&symbol.address()), "{symbol:?}");
        }
        assert_eq!(file.dynamic_symbols().next().unwrap().address(), vdso.sigreturn);
        let sections = file.elf_header().sections(LittleEndian, &vdso.bytes[..]).unwrap();
        let versions = sections.versions(LittleEndian, &vdso.bytes[..]).unwrap().unwrap();
        for i in 1..=symbols.len() {
            let index = versions.version_index(LittleEndian, object::SymbolIndex(i)).into();
            let version = versions.version(index).unwrap().unwrap();
            assert_eq!(version.name(), VERSION.as_bytes());
        }
        assert!(file.section_by_name(".eh_frame_hdr").is_some());
    }

    #[test]
    fn our_own_loader_would_take_it() {
        use std::io::Write;
        use std::os::fd::AsFd;

        let path = std::env::temp_dir().join(format!("elfuse-vdso-{}", std::process::id()));
        let mut file = std::fs::File::create_new(&path).unwrap();
        file.write_all(&super::super::aarch64().bytes).unwrap();
        let image = crate::Image::read(std::fs::File::open(&path).unwrap().as_fd(), 1 << 32);
        std::fs::remove_file(&path).unwrap();
        assert!(image.is_ok_and(|image| image.relocatable));
    }
}

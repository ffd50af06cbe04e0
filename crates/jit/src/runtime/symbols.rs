//! Names for guest addresses, from the symbol tables of the files that are mapped there.
//!
//! Which file that is says the host's list of mappings. The guest's own map would have to be locked, which its
//! changes are while they wait for the engine; and with a sysroot its paths are not the host's.

use std::collections::HashMap;
use std::io::Read;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

/// The largest file that is looked into.
const LARGEST: u64 = 512 << 20;

/// Names for guest addresses.
#[derive(Debug)]
pub struct Symbols {
    /// The host address of the guest's 0.
    base: u64,
    ranges: Vec<Mapped>,
    /// By device and inode, as the list of mappings has them.
    files: HashMap<String, Arc<File>>,
}

/// Guest addresses and what they show.
#[derive(Debug)]
struct Mapped {
    guest: Range<u64>,
    /// The file, and where in it the first address is.
    file: Option<(Arc<File>, u64)>,
}

/// A file's name and symbols.
#[derive(Debug)]
struct File {
    name: String,
    elf: Elf,
}

/// What an ELF file says about addresses.
#[derive(Debug, Default, PartialEq, Eq)]
struct Elf {
    /// Offsets in the file that are loaded, and the address of the first one.
    loaded: Vec<(Range<u64>, u64)>,
    /// Functions, by address.
    functions: Vec<(Range<u64>, String)>,
}

impl Symbols {
    /// For the guest whose address 0 is at the host address `base`.
    pub fn new(base: u64) -> Self {
        Self { base, ranges: Vec::new(), files: HashMap::new() }
    }

    /// What was mapped in `range` is there no more.
    pub fn forget(&mut self, range: &Range<u64>) {
        self.ranges
            .retain(|known| known.guest.end <= range.start || range.end <= known.guest.start);
    }

    /// Guest addresses of the functions `name` of the file that is mapped at `addr`.
    pub fn functions(&mut self, addr: u64, name: &str) -> impl Iterator<Item = Range<u64>> {
        let known =
            self.mapped(addr).and_then(|mapped| Some((mapped.guest.start, mapped.file.as_ref()?)));
        known.into_iter().flat_map(move |(start, (file, offset))| {
            file.elf.named(name).map(move |range| {
                // Of addresses as of offsets the difference counts.
                let guest = |at: u64| start.wrapping_add(at).wrapping_sub(*offset);
                guest(range.start)..guest(range.end)
            })
        })
    }

    /// A name without spaces: `function+0x10`, without a function `file@0x1234` with the offset in the
    /// file, or the guest address.
    pub fn name(&mut self, addr: u64) -> String {
        let Some(Mapped { guest, file: Some((file, offset)) }) = self.mapped(addr) else {
            return format!("guest@{addr:#x}");
        };
        let offset = addr - guest.start + offset;
        match file.elf.function(offset) {
            Some((name, 0)) => name.into(),
            Some((name, inside)) => format!("{name}+{inside:#x}"),
            None => format!("{}@{offset:#x}", file.name),
        }
    }

    /// What is mapped at `addr`.
    fn mapped(&mut self, addr: u64) -> Option<&Mapped> {
        if !self.ranges.iter().any(|known| known.guest.contains(&addr)) {
            let found = self.look_up(addr);
            self.ranges.extend(found);
        }
        self.ranges.iter().find(|known| known.guest.contains(&addr))
    }

    fn look_up(&mut self, addr: u64) -> Option<Mapped> {
        let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
        let host = self.base.checked_add(addr)?;
        maps.lines().find_map(|line| {
            // Addresses, permissions, offset, device, inode, path.
            let mut fields = line.splitn(6, ' ');
            let (start, end) = fields.next()?.split_once('-')?;
            let start = u64::from_str_radix(start, 16).ok()?;
            let end = u64::from_str_radix(end, 16).ok()?;
            if !(start..end).contains(&host) {
                return None;
            }
            let offset = u64::from_str_radix(fields.nth(1)?, 16).ok()?;
            let identity = format!("{} {}", fields.next()?, fields.next()?);
            let path = fields.next().unwrap_or_default().trim_start();
            let guest = start.saturating_sub(self.base)..end - self.base;
            // The mapping may begin before the slab does.
            let offset = offset + self.base.saturating_sub(start);
            let file = path.starts_with('/').then(|| (self.file(identity, path), offset));
            Some(Mapped { guest, file })
        })
    }

    fn file(&mut self, identity: String, path: &str) -> Arc<File> {
        let inode = identity.rsplit(' ').next().and_then(|number| number.parse().ok());
        let read = || {
            let file = std::fs::File::open(path).ok()?;
            // Another file may have this name by now.
            if Some(file.metadata().ok()?.ino()) != inode {
                return None;
            }
            let mut bytes = Vec::new();
            file.take(LARGEST).read_to_end(&mut bytes).ok()?;
            Elf::parse(&bytes)
        };
        let name = || path.rsplit('/').next().unwrap_or(path).replace(char::is_whitespace, "_");
        let file = self.files.entry(identity);
        file.or_insert_with(|| Arc::new(File { name: name(), elf: read().unwrap_or_default() }))
            .clone()
    }
}

/// A little-endian number of `N` bytes at `at`.
fn number<const N: usize>(bytes: &[u8], at: u64) -> Option<u64> {
    let at = usize::try_from(at).ok()?;
    let field = bytes.get(at..at.checked_add(N)?)?;
    Some(field.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte)))
}

impl Elf {
    /// Reads the symbol tables of a 64-bit little-endian file; elf(5) has the layouts.
    fn parse(bytes: &[u8]) -> Option<Self> {
        const PT_LOAD: u64 = 1;
        const SHT_SYMTAB: u64 = 2;
        const SHT_DYNSYM: u64 = 11;
        if bytes.get(..6)? != b"\x7fELF\x02\x01" {
            return None;
        }
        let mut elf = Self::default();
        let (headers, size) = (number::<8>(bytes, 32)?, number::<2>(bytes, 54)?);
        for n in 0..number::<2>(bytes, 56)? {
            let header = headers.checked_add(n * size)?;
            if number::<4>(bytes, header) == Some(PT_LOAD) {
                let [offset, addr, filled] =
                    [8, 16, 32].map(|field| number::<8>(bytes, header.saturating_add(field)));
                let (offset, addr) = (offset?, addr?);
                elf.loaded.push((offset..offset.checked_add(filled?)?, addr));
            }
        }
        let (sections, size) = (number::<8>(bytes, 40)?, number::<2>(bytes, 58)?);
        for n in 0..number::<2>(bytes, 60)? {
            let section = sections.checked_add(n * size)?;
            let kind = number::<4>(bytes, section.checked_add(4)?)?;
            if matches!(kind, SHT_SYMTAB | SHT_DYNSYM) {
                let strings = number::<4>(bytes, section.checked_add(40)?)?;
                let strings = sections.checked_add(strings * size)?.checked_add(24)?;
                let [offset, length] = [24, 32].map(|field| number::<8>(bytes, section + field));
                elf.symbols(
                    bytes,
                    offset?..offset?.checked_add(length?)?,
                    number::<8>(bytes, strings)?,
                );
            }
        }
        elf.functions.sort_by_key(|(range, _)| (range.start, range.end));
        Some(elf)
    }

    /// Adds the functions of a table.
    fn symbols(&mut self, bytes: &[u8], table: Range<u64>, strings: u64) -> Option<()> {
        const SIZE: usize = 24;
        const STT_FUNC: u64 = 2;
        for at in table.step_by(SIZE) {
            let name = strings.checked_add(number::<4>(bytes, at)?)?;
            let (addr, length) = (number::<8>(bytes, at + 8)?, number::<8>(bytes, at + 16)?);
            if number::<1>(bytes, at + 4)? & 15 != STT_FUNC || length == 0 {
                continue;
            }
            let name = bytes.get(usize::try_from(name).ok()?..)?;
            let name = &name[..name.iter().position(|&byte| byte == 0)?.min(256)];
            let name = String::from_utf8_lossy(name).replace(char::is_whitespace, "_");
            self.functions.push((addr..addr.checked_add(length)?, name));
        }
        Some(())
    }

    /// Where in the file the functions of this name are.
    fn named(&self, name: &str) -> impl Iterator<Item = Range<u64>> {
        self.functions.iter().filter(move |(_, known)| known == name).filter_map(|(range, _)| {
            let covers = |(part, start): &&(Range<u64>, u64)| {
                (*start..*start + (part.end - part.start)).contains(&range.start)
            };
            let (part, start) = self.loaded.iter().find(covers)?;
            let begin = part.start + (range.start - start);
            Some(begin..begin.checked_add(range.end - range.start)?)
        })
    }

    /// The function at an offset in the file, and how far inside.
    fn function(&self, offset: u64) -> Option<(&str, u64)> {
        let (part, start) = self.loaded.iter().find(|(part, _)| part.contains(&offset))?;
        let addr = start.checked_add(offset - part.start)?;
        let next = self.functions.partition_point(|(range, _)| range.start <= addr);
        let (range, name) = &self.functions[next.checked_sub(1)?];
        range.contains(&addr).then(|| (name.as_str(), addr - range.start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with one segment and one function, `work`, of 16 bytes at 0x40_0100, loaded from 0x100.
    fn file() -> Vec<u8> {
        let mut file = vec![0; 0x300];
        let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, b"\x7fELF\x02\x01");
        put(32, &64_u64.to_le_bytes());
        put(40, &0x200_u64.to_le_bytes());
        put(54, &[56, 0, 1, 0, 64, 0, 2, 0]);
        // Program header: PT_LOAD, offset, address, size.
        put(64, &[1]);
        put(64 + 16, &0x40_0000_u64.to_le_bytes());
        put(64 + 32, &0x180_u64.to_le_bytes());
        // Section headers: a symbol table with its strings in the second, which begins at 0x2c0.
        put(0x204, &[2]);
        put(0x200 + 24, &0x2a0_u64.to_le_bytes());
        put(0x200 + 32, &24_u64.to_le_bytes());
        put(0x200 + 40, &[1]);
        put(0x240 + 24, &0x2c0_u64.to_le_bytes());
        put(0x2a0, &[1, 0, 0, 0, 0x12]);
        put(0x2a8, &0x40_0100_u64.to_le_bytes());
        put(0x2b0, &16_u64.to_le_bytes());
        put(0x2c0, b"\0work\0");
        file
    }

    #[test]
    fn functions_are_found_by_offset() {
        let elf = Elf::parse(&file()).unwrap();
        assert_eq!(elf.function(0x100), Some(("work", 0)));
        assert_eq!(elf.function(0x10c), Some(("work", 12)));
        assert_eq!(elf.function(0x110), None);
        assert_eq!(elf.function(0x180), None);
        assert_eq!(elf.named("work").next(), Some(0x100..0x110));
        assert_eq!(elf.named("wor").count(), 0);
    }

    #[test]
    fn no_file_is_too_bad() {
        let good = file();
        for at in 0..good.len() {
            Elf::parse(&good[..at]);
            for value in [0x7f, 0xff] {
                let mut bad = good.clone();
                bad[at] = value;
                Elf::parse(&bad);
            }
        }
    }

    #[test]
    fn memory_without_a_file_has_its_address() {
        let data = vec![0_u8; 4096];
        let mut symbols = Symbols::new(0);
        let addr = data.as_ptr() as u64;
        assert_eq!(symbols.name(addr), format!("guest@{addr:#x}"));
        let here = symbols.name(functions_are_found_by_offset as fn() as usize as u64);
        assert!(here.contains("functions_are_found_by_offset"), "{here}");
    }
}

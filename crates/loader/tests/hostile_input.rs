//! The fuzz targets on inputs that are the same each time: mutations of good files and lines.

#[path = "../../../fuzz/src/lib.rs"]
mod fuzz;

/// A generator whose numbers depend on nothing but the seed (xorshift64*).
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

/// Values at which comparisons and sums go wrong.
const EDGES: [u64; 12] = [
    0,
    1,
    7,
    0xfff,
    0x1000,
    0xffff,
    0x7fff_ffff,
    0xffff_ffff,
    1 << 46,
    i64::MAX as u64,
    u64::MAX - 0xfff,
    u64::MAX,
];

/// Changes `data` in one to four places, of which most are among the first `front` bytes.
fn mutate(data: &mut Vec<u8>, front: usize, rng: &mut Rng) {
    for _ in 0..1 + rng.below(4) {
        if data.is_empty() {
            return;
        }
        let reach = if rng.below(8) == 0 { data.len() } else { data.len().min(front) };
        let at = rng.below(reach);
        match rng.below(5) {
            0 => data[at] ^= 1 << rng.below(8),
            1 => data[at] = rng.next() as u8,
            2 | 3 => {
                // A whole field, aligned as those of headers are.
                let width = [2, 4, 8][rng.below(3)];
                let at = at / width * width;
                let value = EDGES[rng.below(EDGES.len())].wrapping_add(rng.below(3) as u64);
                let end = data.len().min(at + width);
                data[at..end].copy_from_slice(&value.to_le_bytes()[..end - at]);
            }
            _ => data.truncate(rng.below(data.len()) + 1),
        }
    }
}

/// A program with code, data and bss, an interpreter and a stack: what the loader looks at.
fn program() -> Vec<u8> {
    const PT_LOAD: u32 = 1;
    const PT_INTERP: u32 = 3;
    const PT_PHDR: u32 = 6;
    const PT_GNU_STACK: u32 = 0x6474_e551;
    const CODE: usize = 64 + 5 * 56;
    // Kind, flags, offset, address, size in the file and in memory.
    let segments: [(u32, u32, u64, u64, u64, u64); 5] = [
        (PT_PHDR, 4, 64, 0x40_0040, 5 * 56, 5 * 56),
        (PT_INTERP, 4, CODE as u64, 0x40_0000 + CODE as u64, 8, 8),
        (PT_LOAD, 5, 0, 0x40_0000, 0x1200, 0x1200),
        (PT_LOAD, 6, 0x1200, 0x41_1200, 0x100, 0x3000),
        (PT_GNU_STACK, 6, 0, 0, 0, 0),
    ];
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(16, 0);
    for half in [2u16, 183] {
        file.extend(half.to_le_bytes());
    }
    file.extend(1u32.to_le_bytes());
    for word in [0x40_0800u64, 64, 0] {
        file.extend(word.to_le_bytes());
    }
    file.extend(0u32.to_le_bytes());
    for half in [64u16, 56, segments.len() as u16, 64, 0, 0] {
        file.extend(half.to_le_bytes());
    }
    for (kind, flags, offset, vaddr, filesz, memsz) in segments {
        file.extend(kind.to_le_bytes());
        file.extend(flags.to_le_bytes());
        for word in [offset, vaddr, vaddr, filesz, memsz, 0x1000] {
            file.extend(word.to_le_bytes());
        }
    }
    assert_eq!(file.len(), CODE);
    file.extend(b"/lib/ld\0");
    file.resize(0x1300, 0);
    file
}

#[test]
fn mutated_elf_headers_break_no_promise() {
    let good = [program(), loader::vdso::aarch64().bytes];
    assert!(good.iter().all(|file| loader::Image::read(&file[..], 1 << 46).is_ok()));
    let mut rng = Rng(1);
    for round in 0..300_000 {
        let mut data = good[round % good.len()].clone();
        mutate(&mut data, 64 + 5 * 56, &mut rng);
        fuzz::elf(&data);
    }
}

#[test]
fn mutated_elf_files_are_mapped_or_refused() {
    fuzz::load(&program());
    let good = [program(), loader::vdso::aarch64().bytes];
    let mut rng = Rng(2);
    for round in 0..20_000 {
        let mut data = good[round % good.len()].clone();
        mutate(&mut data, 64 + 5 * 56, &mut rng);
        fuzz::load(&data);
    }
}

#[test]
fn a_program_linked_above_its_place_is_moved_down() {
    let mut data = program();
    data[16] = 3; // ET_DYN
    for header in (64..64 + 5 * 56).step_by(56) {
        // The third byte from the top of `p_vaddr`: beyond where such programs go.
        data[header + 16 + 5] = 0x3f;
    }
    fuzz::load(&data);
}

#[test]
fn mutated_script_lines_break_no_promise() {
    let long = [b"#!/bin/".as_slice(), &[b'x'; 300], b" -e\n"].concat();
    let good: [&[u8]; 5] =
        [b"#!/bin/sh\n", b"#! \t/usr/bin/env  -S sh -x \t\n", b"#!/bin/sh", b"#!\n", &long];
    let bytes = b"#! \t\n\0/a\x7f\xff";
    let mut rng = Rng(3);
    for round in 0..500_000 {
        let mut data = good[round % good.len()].to_vec();
        for _ in 0..rng.below(6) {
            let at = rng.below(data.len());
            data[at] = bytes[rng.below(bytes.len())];
        }
        mutate(&mut data, 40, &mut rng);
        fuzz::script(&data);
    }
}

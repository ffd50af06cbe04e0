//! With `--isolate` no access leaves the slab, however wild its address; and it faults as any other wild access.

use abi::mm::{Prot, map};
use engine::{Exit, Fault};
use jit::{Features, Jit};
use std::sync::Arc;

use crate::machine::{Machine, PAGE};

/// Accesses of all forms at X0, with 0 in X1.
const FORMS: [u32; 33] = [
    0xf940_0002, // ldr x2, [x0]
    0x3940_0002, // ldrb w2, [x0]
    0xb980_0002, // ldrsw x2, [x0]
    0xf900_0002, // str x2, [x0]
    0xf840_8402, // ldr x2, [x0], #8
    0xf81f_8402, // str x2, [x0], #-8
    0xf861_6802, // ldr x2, [x0, x1]
    0xf821_7802, // str x2, [x0, x1, lsl #3]
    0xf861_d802, // ldr x2, [x0, w1, sxtw #3]
    0xa940_0c02, // ldp x2, x3, [x0]
    0xa900_0c02, // stp x2, x3, [x0]
    0x6940_0c02, // ldpsw x2, x3, [x0]
    0x3d40_0002, // ldr b2, [x0]
    0x3dc0_0002, // ldr q2, [x0]
    0x3d80_0002, // str q2, [x0]
    0x7c21_6802, // str h2, [x0, x1]
    0x3ce1_7802, // ldr q2, [x0, x1, lsl #4]
    0xad40_0c02, // ldp q2, q3, [x0]
    0x6d00_0c02, // stp d2, d3, [x0]
    0x4c40_2002, // ld1 {v2.16b-v5.16b}, [x0]
    0x4c00_2002, // st1 {v2.16b-v5.16b}, [x0]
    0x0cdf_4002, // ld3 {v2.8b-v4.8b}, [x0], #24
    0x4c00_0802, // st4 {v2.4s-v5.4s}, [x0]
    0x0d40_9002, // ld1 {v2.s}[1], [x0]
    0x4d60_cc02, // ld2r {v2.2d, v3.2d}, [x0]
    0xc8df_fc02, // ldar x2, [x0]
    0x889f_fc02, // stlr w2, [x0]
    0xc85f_7c02, // ldxr x2, [x0]
    0xc87f_8c02, // ldaxp x2, x3, [x0]
    0xf822_0003, // ldadd x2, x3, [x0]
    0xb8e2_8003, // swpal w2, w3, [x0]
    0xc8a2_7c03, // cas x2, x3, [x0]
    0xd50b_7420, // dc zva, x0
];

/// Memory of the host, not the guest's.
#[repr(C, align(4096))]
struct Secret([u64; 512]);

const MARK: u64 = 0x5ec2_e75e_c2e7_5ec2;

fn isolated() -> Machine {
    let features = Features::of_host().expect("a processor of level x86-64-v3");
    Machine::with(|space| Arc::new(Jit::eager(space, features).unwrap().isolate()))
}

/// Runs one access at `addr`, with flags that are live.
fn access(m: &mut Machine, word: u32, addr: u64) -> Exit {
    // cmp x1, #1; the access; cset x4, lo
    m.load(&[0xf100_043f, word, 0x9a9f_27e4]);
    m.regs.x[..5].copy_from_slice(&[addr, 0, 2, 3, 0]);
    m.start()
}

#[test]
fn what_is_not_the_guests_cannot_be_accessed() {
    let secret = Box::new(Secret([MARK; 512]));
    let mut m = isolated();
    let base = m.space.slab().base() as u64;
    let size = m.space.slab().size();
    let outside = (&raw const secret.0) as u64;
    let wild = outside.wrapping_sub(base);
    assert!(wild >= size, "the slab has nothing else in it");
    for word in FORMS {
        // And below the slab, above it, and where addresses have other than the usual upper bits.
        for addr in [wild, 0_u64.wrapping_sub(PAGE), size, size + PAGE, 1 << 47, 0xffff << 48] {
            let exit = access(&mut m, word, addr);
            assert!(matches!(exit, Exit::Fault(_)), "{word:#010x} at {addr:#x}: {exit:?}");
            let Exit::Fault(Fault { addr: reported, .. }) = exit else { unreachable!() };
            assert!(reported.wrapping_sub(addr) < 64, "{word:#010x} at {addr:#x}: {reported:#x}");
            assert_eq!(m.regs.x[..4], [addr, 0, 2, 3], "{word:#010x} at {addr:#x}");
        }
    }
    assert_eq!(secret.0, [MARK; 512]);
}

#[test]
fn without_isolation_the_same_address_reaches_it() {
    let secret = Box::new(Secret([MARK; 512]));
    let mut m = Machine::new();
    let wild = ((&raw const secret.0) as u64).wrapping_sub(m.space.slab().base() as u64);
    assert_eq!(access(&mut m, FORMS[0], wild), Exit::Syscall);
    assert_eq!(m.regs.x[2], MARK);
}

#[test]
fn the_last_bytes_of_the_slab_are_the_guests_and_what_follows_is_nobodys() {
    let mut m = isolated();
    let size = m.space.slab().size();
    let flags = map::PRIVATE | map::FIXED | map::ANONYMOUS;
    m.space.mmap(size - PAGE, PAGE, Prot::READ | Prot::WRITE, flags, None).unwrap();
    for word in FORMS {
        assert_eq!(access(&mut m, word, size - 64), Exit::Syscall, "{word:#010x}");
        assert_eq!(m.regs.x[4], 1, "the flags are those before it");
    }
    // ld1 of 64 bytes.
    let Exit::Fault(Fault { addr, .. }) = access(&mut m, 0x4c40_2002, size - 32) else {
        panic!("the guard behind the slab is not accessible")
    };
    assert_eq!(addr, size);
}

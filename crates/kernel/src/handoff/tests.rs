//! The fuzz target of [`parse`] on the record of a process, and on mutations of it, the same each time.

use std::ops::Range;

use engine::aarch64::Registers;
use engine::{Exit, Vcpu};
use host::Attention;

use super::*;
use crate::Config;
use crate::fs::Root;

#[path = "../../../../fuzz/src/record.rs"]
mod fuzz;

/// An engine for a process that never runs.
struct Idle;

impl Engine for Idle {
    fn name(&self) -> &'static str {
        "idle"
    }

    fn vcpu(&self, _: Arc<Attention>) -> Result<Box<dyn Vcpu>, Errno> {
        Ok(Box::new(Self))
    }

    fn invalidate(&self, _: Range<u64>) {}
}

impl Vcpu for Idle {
    fn run(&mut self, _: &mut Registers) -> Exit {
        Exit::Kicked
    }

    fn step(&mut self, _: &mut Registers) -> Option<Exit> {
        None
    }
}

/// The message that tells of a process with a file, a mapping and an environment of its own.
fn message() -> Vec<u8> {
    let space = Arc::new(AddressSpace::new(Arc::new(Slab::reserve().unwrap())));
    let readable = mem::Prot::READ | mem::Prot::WRITE;
    let flags = abi::mm::map::PRIVATE | abi::mm::map::ANONYMOUS;
    space.mmap(0, 1 << 16, readable, flags, None).unwrap();
    let null = std::fs::File::open("/dev/null").unwrap().into();
    let task = Task::first(Config {
        space,
        engine: Arc::new(Idle),
        diagnostics: Diagnostics::new(None, None, None),
        fds: vec![(5, null)],
        root: Root::host(),
        respawn: Some(vec![c"elfuse".into()]),
        debug: None,
    })
    .unwrap();
    let mut luggage = Luggage::default();
    let process = task.process.record(&mut luggage).unwrap();
    let attributes = Attributes::of_this_process();
    let clone = Plain(CloneArgs::default());
    let told = task.record(&mut luggage).unwrap();
    // Last, because nothing else may be locked after it.
    let space = task.space().depart().record(&mut luggage).unwrap();
    let record = Record { clone, process, task: told, attributes, space };
    encode(&record).unwrap()
}

#[test]
fn mutated_records_break_no_promise() {
    let good = message();
    assert!(parse(&good).is_ok());
    assert_eq!(parse(&good[..good.len() - 1]).err(), Some(Errno::EINVAL));
    assert_eq!(parse(&[&good[..], &[0]].concat()).err(), Some(Errno::EINVAL));
    let mut seed = 1u64;
    let mut draw = |limit: usize| {
        // Marsaglia's xorshift.
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % limit as u64) as usize
    };
    let mut understood = 0;
    for _ in 0..20_000 {
        let mut data = good.clone();
        for _ in 0..1 + draw(3) {
            let at = draw(data.len());
            match draw(3) {
                0 => data[at] = draw(256) as u8,
                1 => data[at] ^= 1 << draw(8),
                // A length that nothing follows.
                _ => data[at] = 0xff,
            }
        }
        understood += u32::from(parse(&data).is_ok());
        fuzz::record(&data);
    }
    // Most of a record is numbers, of which any is one.
    assert!(understood > 1000, "{understood} of them were understood");
}

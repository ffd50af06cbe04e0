//! Faults in generated code: which process-wide handler finds which engine.
//!
//! The handler runs on a signal stack and may lock nothing, so the places of code memory stand in a table of atomics.

use std::sync::atomic::{AtomicUsize, Ordering};

use abi::Errno;
use host::code::CodeMemory;
use host::fault::FaultContext;

use super::stubs::Stubs;

/// Code memory of the process's engines, for the fault handler: begin, end, where to go on. One in
/// a guest process, several in tests.
static AREAS: [[AtomicUsize; 3]; 64] = [const { [const { AtomicUsize::new(0) }; 3] }; 64];

/// Faults in `memory` go on at the stub for them. Errors: `ENOMEM`.
pub fn register(memory: &CodeMemory, stubs: &Stubs) -> Result<(), Errno> {
    host::fault::add_hook(on_fault);
    host::fault::install()?;
    let end = memory.base() + memory.data_size() + memory.code_size();
    for [begin, area_end, stub] in &AREAS {
        let free = begin.compare_exchange(0, memory.base(), Ordering::SeqCst, Ordering::SeqCst);
        if free.is_ok() {
            stub.store(stubs.fault, Ordering::SeqCst);
            area_end.store(end, Ordering::SeqCst);
            return Ok(());
        }
    }
    Err(Errno::ENOMEM)
}

fn on_fault(context: &mut FaultContext<'_>) -> bool {
    let pc = context.pc();
    for [begin, end, stub] in &AREAS {
        if (begin.load(Ordering::SeqCst)..end.load(Ordering::SeqCst)).contains(&pc) {
            let results = [pc as u64, context.addr() as u64];
            context.resume(stub.load(Ordering::SeqCst), results);
            return true;
        }
    }
    false
}

/// There is no code in `memory` any more.
pub fn unregister(memory: &CodeMemory) {
    for [begin, end, _] in &AREAS {
        if begin.load(Ordering::SeqCst) == memory.base() {
            end.store(0, Ordering::SeqCst);
            begin.store(0, Ordering::SeqCst);
        }
    }
}

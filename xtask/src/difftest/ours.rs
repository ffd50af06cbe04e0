//! Our engines as executors: each runs in this process, on a slab laid out like QEMU's guest.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::Result;
use abi::Errno;
use abi::mm::map;
use abi::signal::{Signal, code};
use engine::aarch64::Registers;
use engine::{Engine, Exit, Fault, FaultKind, Vcpu};
use host::Attention;
use jit::{Features, Interpreter, Jit};
use mem::{AddressSpace, Prot, Slab};

use super::case::{Batch, Case, Executor, Outcome, Stop, WINDOW, layout};

/// Where an area of guest memory begins, and its size.
type Area = (u64, u64);
const CODE: Area = (layout::CODE, layout::CODE_SIZE);
const READ_ONLY: Area = (layout::READ_ONLY, layout::PAGE);
const DATA: Area = (layout::DATA, layout::DATA_END - layout::DATA);

/// An engine of ours, by its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OurEngine {
    /// The interpreter.
    #[default]
    Interpreter,
    /// The translator, which translates whatever is executed, to a processor with these features.
    Jit(Features),
}

impl OurEngine {
    /// As `--engine` has it.
    pub fn named(name: &str) -> Result<Self> {
        let cpu = match name.split_once(':') {
            _ if name == "interp" => return Ok(Self::Interpreter),
            _ if name == "jit" => "native",
            Some(("jit", cpu)) => cpu,
            _ => return Err(format!("no engine is called {name}").into()),
        };
        let features = Features::of_host_as(cpu).ok_or(format!("no processor is called {cpu}"))?;
        Ok(Self::Jit(features.ok_or("the translator needs a processor of level x86-64-v3")?))
    }

    /// The engine, with a guest of its own.
    pub fn make(self) -> Result<Ours> {
        match self {
            Self::Interpreter => Ours::new(|space| Ok(Box::new(Interpreter::new(space)))),
            Self::Jit(features) => Ours::new(|space| Ok(Box::new(Jit::eager(space, features)?))),
        }
    }
}

/// Runs cases in an [`Engine`].
pub struct Ours {
    space: Arc<AddressSpace>,
    engine: Box<dyn Engine>,
    vcpu: Box<dyn Vcpu>,
    watchdog: Arc<Watchdog>,
}

impl Ours {
    /// The engine that `make` returns, with a guest of its own.
    fn new(make: impl FnOnce(Arc<AddressSpace>) -> Result<Box<dyn Engine>>) -> Result<Self> {
        let space = Arc::new(AddressSpace::new(Arc::new(Slab::reserve()?)));
        for (addr, len) in [CODE, READ_ONLY, DATA] {
            space.mmap(
                addr,
                len,
                Prot::READ | Prot::WRITE,
                map::PRIVATE | map::FIXED | map::ANONYMOUS,
                None,
            )?;
        }
        let engine = make(space.clone())?;
        let watchdog = Watchdog::start();
        let vcpu = engine.vcpu(watchdog.attention.clone())?;
        Ok(Self { space, engine, vcpu, watchdog })
    }

    /// Replaces what is in `area`, which the guest may only use as `prot` says.
    fn load(&self, (addr, len): Area, prot: Prot, bytes: &[u8]) -> Result<()> {
        self.space.mprotect(addr, len, Prot::READ | Prot::WRITE, false)?;
        self.write(addr, bytes)?;
        self.space.mprotect(addr, len, prot, false)?;
        self.engine.invalidate(addr..addr + len);
        Ok(())
    }

    fn write(&self, addr: u64, bytes: &[u8]) -> Result<()> {
        let result = self.space.slab().write_bytes(addr, bytes);
        result.map_err(|e| format!("cannot write guest memory: {e:?}").into())
    }

    /// The signal that Linux sends for an exit.
    fn signal_of(&self, exit: Exit, pc: u64) -> Stop {
        let (signal, code, addr) = match exit {
            Exit::Undefined(_) => (Signal::SIGILL, code::ILL_ILLOPC, pc),
            Exit::Breakpoint(_) => (Signal::SIGTRAP, code::TRAP_BRKPT, pc),
            Exit::Fault(Fault { addr, kind, .. }) => {
                // Bit 55 decides which half of the address space a tagged address is in.
                let addr = ((addr << 8) as i64 >> 8) as u64;
                match kind {
                    FaultKind::Page if self.space.is_mapped(addr) => {
                        (Signal::SIGSEGV, code::SEGV_ACCERR, addr)
                    }
                    FaultKind::Page => (Signal::SIGSEGV, code::SEGV_MAPERR, addr),
                    FaultKind::Bus => (Signal::SIGBUS, code::BUS_ADRERR, addr),
                    FaultKind::Alignment => (Signal::SIGBUS, code::BUS_ADRALN, addr),
                }
            }
            Exit::Kicked | Exit::Syscall => return Stop::Hang,
        };
        Stop::Signal { number: i32::from(signal.number()), code, addr }
    }

    /// Runs one case from `regs`, as far as the kernel would let it run.
    fn run_code(&mut self, regs: &mut Registers) -> Stop {
        let start = Instant::now();
        loop {
            match self.vcpu.run(regs) {
                // The generator sees to it that there is no such call.
                Exit::Syscall => regs.x[0] = Errno::ENOSYS.to_syscall_result(),
                // Meant for the case before.
                Exit::Kicked if start.elapsed() < Watchdog::PATIENCE / 2 => {
                    self.watchdog.attention.clear(u32::MAX);
                }
                exit => return self.signal_of(exit, regs.pc),
            }
        }
    }

    fn run_case(&mut self, batch: &Batch, case: &Case) -> Result<Outcome> {
        self.write(case.window, batch.window_before(case))?;
        let mut regs = case.regs.clone();
        self.watchdog.progress.fetch_add(1, Ordering::Relaxed);
        let stop = self.run_code(&mut regs);
        self.watchdog.attention.clear(u32::MAX);
        let mut window = vec![0; WINDOW];
        let result = self.space.slab().read_bytes(case.window, &mut window);
        result.map_err(|e| format!("cannot read guest memory: {e:?}"))?;
        Ok(Outcome { stop, regs, window })
    }
}

impl Executor for Ours {
    fn name(&self) -> &str {
        self.engine.name()
    }

    fn run(&mut self, batch: &Batch) -> Result<Vec<Outcome>> {
        self.load(CODE, Prot::READ | Prot::EXEC, &batch.code())?;
        self.load(READ_ONLY, Prot::READ, &batch.pool[..layout::PAGE as usize])?;
        self.load(DATA, Prot::READ | Prot::WRITE, &[0; DATA.1 as usize])?;
        batch.cases.iter().map(|case| self.run_case(batch, case)).collect()
    }
}

/// Raises the attention word when one case runs for too long.
struct Watchdog {
    attention: Arc<Attention>,
    progress: AtomicU64,
    stop: AtomicBool,
}

impl Watchdog {
    const PATIENCE: Duration = Duration::from_secs(1);
    const TICK: Duration = Duration::from_millis(100);

    fn start() -> Arc<Self> {
        let watchdog = Arc::new(Self {
            attention: Arc::default(),
            progress: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        });
        let shared = watchdog.clone();
        std::thread::spawn(move || {
            let (mut seen, mut ticks) = (0, 0);
            while !shared.stop.load(Ordering::Relaxed) {
                std::thread::sleep(Self::TICK);
                let now = shared.progress.load(Ordering::Relaxed);
                ticks = if now == seen { ticks + 1 } else { 0 };
                seen = now;
                if Self::TICK * ticks >= Self::PATIENCE {
                    shared.attention.raise(Attention::KICK);
                    ticks = 0;
                }
            }
        });
        watchdog
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        self.watchdog.stop.store(true, Ordering::Relaxed);
    }
}

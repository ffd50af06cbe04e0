//! The process's handler for SIGSEGV and SIGBUS.
//!
//! Guest memory is protected by the host's MMU, so a guest's bad access arrives here as a host
//! signal. Code that expects such faults registers a [`Hook`], which recognises its own program
//! counters and says where to go on. A fault that no hook claims is a bug of ours: it is reported
//! and then takes the default action, so that it is neither silent nor retried for ever.
//!
//! Everything that runs in the handler is async-signal-safe: no locks, no allocation. Hence the
//! registry is a few atomic words that are only ever added to, and this is one of the few pieces
//! of state that belong to the host process rather than to a guest `Process`, as the signal
//! disposition itself does.
//!
//! Rejected: Mach exception ports on macOS (a second mechanism, with a thread of its own, which
//! does not survive `fork`).

use std::cell::RefCell;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicPtr, Ordering};

use abi::Errno;
use abi::signal::SigInfo;

use crate::mm::PAGE_SIZE;
use crate::process::last_errno;
use crate::sys;
use crate::sys::fault::Frame;

/// Decides about one fault: `true` if it was redirected with [`FaultContext::resume`].
///
/// Runs in a signal handler with all signals blocked.
pub type Hook = fn(&mut FaultContext<'_>) -> bool;

/// Receives a SIGSEGV or SIGBUS that some process sent (kill(2), sigqueue(3)), which has nothing
/// to do with memory. Runs in a signal handler.
pub type SentHook = fn(&SigInfo);

/// Which of the two signals it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultSignal {
    /// Not mapped or not permitted.
    Segv,
    /// Mapped, but without backing; on macOS also: not permitted.
    Bus,
}

/// A fault and the code that it interrupted.
pub struct FaultContext<'a> {
    signal: FaultSignal,
    addr: usize,
    frame: &'a mut Frame,
}

impl FaultContext<'_> {
    /// The signal that was raised.
    pub fn signal(&self) -> FaultSignal {
        self.signal
    }

    /// The host address of a byte that could not be accessed. Exact to the page; zero if the
    /// processor does not tell.
    pub fn addr(&self) -> usize {
        self.addr
    }

    /// The address of the instruction that faulted.
    pub fn pc(&self) -> usize {
        sys::fault::pc(self.frame)
    }

    /// Makes the thread go on at `pc` with `results` in the two registers in which a C function
    /// returns a pair of integers (`rax` and `rdx`, or `x0` and `x1`).
    pub fn resume(&mut self, pc: usize, results: [u64; 2]) {
        sys::fault::resume(self.frame, pc, results);
    }
}

/// One for guest memory, one for generated code, and room for two more.
const MAX_HOOKS: usize = 4;
static HOOKS: [AtomicPtr<()>; MAX_HOOKS] =
    [const { AtomicPtr::new(std::ptr::null_mut()) }; MAX_HOOKS];
static SENT_HOOK: AtomicPtr<()> = AtomicPtr::new(std::ptr::null_mut());

/// Registers `hook` for the rest of the process's life; once is enough, more does no harm.
///
/// # Panics
/// If there are more different hooks than the registry is made for: a mistake in elfuse itself.
pub fn add_hook(hook: Hook) {
    let hook = hook as *mut ();
    for slot in &HOOKS {
        let null = std::ptr::null_mut();
        match slot.compare_exchange(null, hook, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => return,
            Err(present) if present == hook => return,
            Err(_) => {}
        }
    }
    panic!("more than {MAX_HOOKS} fault hooks");
}

/// Sets who receives signals that a process sent. Without one they have their default action.
pub fn set_sent_hook(hook: SentHook) {
    SENT_HOOK.store(hook as *mut (), Ordering::Release);
}

/// Installs the handler for the process and an alternate signal stack for the calling thread.
///
/// To be called on each thread that runs guest code; later calls do nothing. A thread without the
/// stack still has its faults handled, except one that overflowed its own stack. Neither signal
/// may be blocked while guest memory is accessed: the kernel kills a process that faults with the
/// signal blocked.
pub fn install() -> Result<(), Errno> {
    static INSTALL: std::sync::Once = std::sync::Once::new();
    let mut result = Ok(());
    INSTALL.call_once(|| {
        result = [libc::SIGSEGV, libc::SIGBUS].into_iter().try_for_each(install_handler);
    });
    result?;
    STACK.with_borrow_mut(|stack| {
        if stack.is_none() {
            *stack = Some(AlternateStack::new()?);
        }
        Ok(())
    })
}

fn install_handler(signal: i32) -> Result<(), Errno> {
    // SAFETY: `sigaction` is plain data for which zero is a valid value; the mask is then filled.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = on_signal as *const () as usize;
    // SIGINFO for the address and the code, ONSTACK because the fault may be a stack overflow.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    // SAFETY: the set is a local; the handler has the signature that SA_SIGINFO asks for and is
    // async-signal-safe. All signals are blocked so that no other handler sees a half-done fault.
    let failed = unsafe {
        libc::sigfillset(&mut action.sa_mask);
        libc::sigaction(signal, &action, std::ptr::null_mut()) != 0
    };
    if failed { Err(last_errno()) } else { Ok(()) }
}

extern "C" fn on_signal(number: i32, info: *mut libc::siginfo_t, frame: *mut libc::c_void) {
    // SAFETY: thread-local, valid; saved because `write` below and the hooks may change it under
    // the code that was interrupted between a call and its look at `errno`.
    let errno = unsafe { *sys::fault::errno_location() };
    // SAFETY: the kernel passes valid pointers to a SA_SIGINFO handler.
    let code = unsafe { (*info).si_code };
    if sys::fault::is_sent(code) {
        // SAFETY: as above.
        let (info, frame) = unsafe { (sys::fault::siginfo(info), &mut *frame.cast::<Frame>()) };
        // A thread that only has to look up was told why by other means.
        if !sys::thread::is_interruption(&info) {
            on_sent(number, &info);
        }
        crate::signal::leave_interruptible(frame);
    } else {
        let signal = if number == libc::SIGBUS { FaultSignal::Bus } else { FaultSignal::Segv };
        // SAFETY: as above; the frame is not otherwise referenced while the handler runs.
        let (addr, frame) = unsafe { ((*info).si_addr() as usize, &mut *frame.cast::<Frame>()) };
        let mut context = FaultContext { signal, addr, frame };
        if !HOOKS.iter().any(|slot| call_hook(slot, &mut context)) {
            report(&context);
            restore_default(number);
        }
    }
    // SAFETY: as above.
    unsafe { *sys::fault::errno_location() = errno };
}

fn call_hook(slot: &AtomicPtr<()>, context: &mut FaultContext<'_>) -> bool {
    let hook = slot.load(Ordering::Acquire);
    if hook.is_null() {
        return false;
    }
    // SAFETY: `add_hook` stored a `Hook`; function pointers and data pointers are alike on every
    // host that we have.
    let hook = unsafe { std::mem::transmute::<*mut (), Hook>(hook) };
    hook(context)
}

fn on_sent(number: i32, info: &SigInfo) {
    let hook = SENT_HOOK.load(Ordering::Acquire);
    if hook.is_null() {
        restore_default(number);
        // SAFETY: blocked now, taken when the handler returns.
        unsafe { libc::raise(number) };
        return;
    }
    // SAFETY: `set_sent_hook` stored a `SentHook`.
    let hook = unsafe { std::mem::transmute::<*mut (), SentHook>(hook) };
    hook(info);
}

/// A fault repeats when the handler returns, and then ends the process as it should.
fn restore_default(number: i32) {
    // SAFETY: plain call, async-signal-safe.
    unsafe { libc::signal(number, libc::SIG_DFL) };
}

/// Tells the user; formatted by hand, because `format!` may allocate.
fn report(context: &FaultContext<'_>) {
    let mut message = [0_u8; 128];
    let mut len = 0;
    let mut put = |bytes: &[u8]| {
        for byte in bytes {
            if let Some(slot) = message.get_mut(len) {
                *slot = *byte;
                len += 1;
            }
        }
    };
    put(b"elfuse: internal fault at ");
    put(&hexadecimal(context.pc()));
    put(b", address ");
    put(&hexadecimal(context.addr()));
    put(b", please report\n");
    // SAFETY: a local buffer. A failure leaves nothing to be done.
    unsafe { libc::write(2, message.as_ptr().cast(), len) };
}

fn hexadecimal(value: usize) -> [u8; 18] {
    let mut text = *b"0x0000000000000000";
    for (i, digit) in text[2..].iter_mut().enumerate() {
        *digit = b"0123456789abcdef"[value >> (60 - 4 * i) & 15];
    }
    text
}

thread_local! {
    static STACK: RefCell<Option<AlternateStack>> = const { RefCell::new(None) };
}

/// The calling thread's alternate signal stack, with a guard page below.
///
/// Rust's runtime gives its threads one, too, but of the least size.
struct AlternateStack {
    mapping: *mut libc::c_void,
    size: usize,
}

/// Handlers of the kernel personality nest on this stack as well.
const STACK_SIZE: usize = 64 << 10;
/// A multiple of every host's page size.
const GUARD_SIZE: usize = 64 << 10;

impl AlternateStack {
    fn new() -> Result<Self, Errno> {
        let size = GUARD_SIZE
            + STACK_SIZE
            + sys::fault::minimum_stack().next_multiple_of(PAGE_SIZE as usize);
        // SAFETY: a fresh private mapping at an address of the host's choice.
        let mapping = unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE;
            let access = libc::PROT_READ | libc::PROT_WRITE;
            libc::mmap(std::ptr::null_mut(), size, access, flags, -1, 0)
        };
        if mapping == libc::MAP_FAILED {
            return Err(last_errno());
        }
        let stack = Self { mapping, size };
        let record = libc::stack_t {
            ss_sp: mapping.wrapping_byte_add(GUARD_SIZE),
            ss_flags: 0,
            ss_size: size - GUARD_SIZE,
        };
        // SAFETY: the guard is the mapping's own first part, and the rest stays mapped until `drop`
        // has taken the stack out of use.
        let failed = unsafe {
            libc::mprotect(mapping, GUARD_SIZE, libc::PROT_NONE) != 0
                || libc::sigaltstack(&record, std::ptr::null_mut()) != 0
        };
        if failed { Err(last_errno()) } else { Ok(stack) }
    }
}

impl Drop for AlternateStack {
    fn drop(&mut self) {
        let mut current = MaybeUninit::<libc::stack_t>::uninit();
        // SAFETY: asks for the current stack, then unmaps a mapping of our own. If that is in use
        // by this thread it is taken out of use first; the runtime's former one is not put back
        // because the runtime frees it before thread-locals are dropped.
        unsafe {
            if libc::sigaltstack(std::ptr::null(), current.as_mut_ptr()) == 0
                && current.assume_init().ss_sp == self.mapping.wrapping_byte_add(GUARD_SIZE)
            {
                let mut none = current.assume_init();
                none.ss_flags = libc::SS_DISABLE;
                libc::sigaltstack(&none, std::ptr::null_mut());
            }
            libc::munmap(self.mapping, self.size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::{CommandExt, ExitStatusExt};
    use std::process::Command;

    /// Runs this test binary again for one test, which then finds `mode` in `ELFUSE_TEST`.
    fn run_child(test: &str, mode: &str) -> std::process::Output {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", test, "--nocapture"]).env("ELFUSE_TEST", mode);
        // SAFETY: only lowers a limit between fork and exec: no core file for a crash on purpose.
        unsafe {
            command.pre_exec(|| {
                let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
                libc::setrlimit(libc::RLIMIT_CORE, &none);
                Ok(())
            });
        }
        command.output().unwrap()
    }

    fn mode() -> Option<String> {
        std::env::var("ELFUSE_TEST").ok()
    }

    #[test]
    fn unclaimed_fault_is_reported_and_fatal() {
        if mode().is_some() {
            install().unwrap();
            let nowhere = std::hint::black_box(0x1238_usize) as *const u64;
            // SAFETY: not sound, which is the point: it ends this process.
            unsafe { nowhere.read_volatile() };
            return;
        }
        let output = run_child("fault::tests::unclaimed_fault_is_reported_and_fatal", "plain");
        assert_eq!(output.status.signal(), Some(libc::SIGSEGV));
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(text.contains("elfuse: internal fault at 0x"), "{text}");
        assert!(text.contains("address 0x0000000000001238, please report"), "{text}");
    }

    #[test]
    fn overflow_of_our_own_stack_is_reported() {
        fn recurse(depth: u64) -> u64 {
            let frame = std::hint::black_box([depth; 64]);
            if depth == u64::MAX { 0 } else { recurse(depth + 1) + frame[7] }
        }
        if mode().is_some() {
            install().unwrap();
            std::hint::black_box(recurse(0));
            return;
        }
        let output = run_child("fault::tests::overflow_of_our_own_stack_is_reported", "plain");
        assert_eq!(output.status.signal(), Some(libc::SIGSEGV));
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(text.contains("elfuse: internal fault at 0x"), "{text}");
    }

    #[test]
    fn sent_signal_without_hook_is_fatal_and_with_one_forwarded() {
        fn on_sent(info: &SigInfo) {
            // SAFETY: ends the process at once; the handler's own stack must outlive it.
            unsafe { libc::_exit(31 + info.signo) }
        }
        if let Some(mode) = mode() {
            install().unwrap();
            if mode == "hook" {
                set_sent_hook(on_sent);
            }
            // SAFETY: sends a signal to this process.
            unsafe { libc::raise(libc::SIGSEGV) };
            return;
        }
        let name = "fault::tests::sent_signal_without_hook_is_fatal_and_with_one_forwarded";
        assert_eq!(run_child(name, "plain").status.signal(), Some(libc::SIGSEGV));
        assert_eq!(run_child(name, "hook").status.code(), Some(42));
    }
}

//! Host threads for guest threads.
//!
//! A guest may have ten thousand of them that do nothing but wait, and the host limits mappings per
//! process (`vm.max_map_count`). So a thread gets one small stack from libc, and its alternate
//! signal stack from the heap, where its pages cost nothing until a signal comes.
//!
//! Rejected: `std::thread`, which adds a signal stack with a guard (two more mappings a thread), and
//! `clone(2)` by hand, which leaves out the thread-local storage that Rust and libc need.

use std::ffi::c_void;
use std::mem::MaybeUninit;

use abi::Errno;

use crate::{attention, signal, sys};

pub use crate::sys::thread::Handle;

/// What a thread does, from its start to its end.
pub type Body = Box<dyn FnOnce() + Send>;

/// Generous for the deepest call of the runtime; only touched pages cost memory.
const STACK_SIZE: usize = 256 << 10;

/// Room for a handler of ours above the largest frame that the processor's state can need.
const SIGNAL_STACK_SIZE: usize = 32 << 10;

/// Starts a thread that runs `body` and then ends. It inherits the caller's mask, so the caller
/// blocks signals ([`signal::hold`]) until the new thread can take them. `EAGAIN` if the host has
/// no room for one more. `body` must not end before this returns: libc does not tell the number of
/// a thread that has ended (`ESRCH`).
pub fn spawn(body: Body) -> Result<Handle, Errno> {
    sys::thread::prepare();
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    let mut thread = MaybeUninit::<libc::pthread_t>::uninit();
    // A thin pointer to the fat one.
    let argument = Box::into_raw(Box::new(body));
    // SAFETY: the attributes are initialised before use and not used after. `start` takes over the
    // argument if, and only if, there is a thread.
    let error = unsafe {
        libc::pthread_attr_init(attributes.as_mut_ptr());
        libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), STACK_SIZE);
        let error = libc::pthread_create(
            thread.as_mut_ptr(),
            attributes.as_ptr(),
            start,
            argument.cast::<c_void>(),
        );
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        error
    };
    if error != 0 {
        // SAFETY: no thread has taken it.
        drop(unsafe { Box::from_raw(argument) });
        return Err(sys::errno(error));
    }
    // SAFETY: a thread that nobody has detached or joined yet.
    unsafe {
        let thread = thread.assume_init();
        let handle = Handle::of(thread);
        libc::pthread_detach(thread);
        handle
    }
}

extern "C" fn start(argument: *mut c_void) -> *mut c_void {
    // SAFETY: `spawn` made it from a box, for this thread alone.
    let body = unsafe { Box::from_raw(argument.cast::<Body>()) };
    let stack = SignalStack::install();
    body();
    end(stack);
    std::ptr::null_mut()
}

/// From here on no handler may run: what it needs goes.
fn end(stack: SignalStack) {
    signal::block_all();
    attention::unbind();
    // With all signals blocked nothing will be put on it, though the host knows of it until the thread is gone.
    drop(stack);
}

/// The alternate signal stack of a thread that [`spawn`] started. Dropped when all signals are blocked for good.
struct SignalStack {
    _memory: Box<[MaybeUninit<u8>]>,
}

impl SignalStack {
    fn install() -> Self {
        let size = SIGNAL_STACK_SIZE + sys::fault::minimum_stack();
        let mut stack = Box::<[u8]>::new_uninit_slice(size);
        let record = libc::stack_t { ss_sp: stack.as_mut_ptr().cast(), ss_flags: 0, ss_size: size };
        // SAFETY: the memory is the stack's until `drop` has taken it out of use. Cannot fail for a
        // stack of this size; without it, only an overflow of our own stack goes unreported.
        unsafe { libc::sigaltstack(&record, std::ptr::null_mut()) };
        Self { _memory: stack }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::gettid;
    use std::sync::mpsc;

    #[test]
    fn a_thread_runs_under_the_number_that_its_creator_is_told() {
        let (say, hear) = mpsc::channel();
        let (stop, stopped) = mpsc::channel::<()>();
        let body = Box::new(move || {
            say.send(gettid()).unwrap();
            // Lives until its creator is done.
            let _ = stopped.recv();
        });
        let handle = spawn(body).unwrap();
        assert_eq!(hear.recv().unwrap(), handle.tid());
        drop(stop);
    }

    #[test]
    fn many_threads_can_wait() {
        let (say, hear) = mpsc::channel();
        let gate = std::sync::Arc::new(std::sync::Barrier::new(1001));
        for _ in 0..1000 {
            let (say, gate) = (say.clone(), gate.clone());
            let body = Box::new(move || {
                gate.wait();
                say.send(()).unwrap();
            });
            spawn(body).unwrap();
        }
        gate.wait();
        assert_eq!(hear.iter().take(1000).count(), 1000);
    }
}

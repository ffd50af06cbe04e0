//! The vDSO: a small shared object that the kernel maps into every program.
//!
//! It holds the way back from signal handlers, and clocks that can be read without a system call. C
//! libraries and Go find its functions as in any library, by name and version; debuggers and
//! unwinders read its sections. So it has to be a whole ELF image: [`image`] writes one around the
//! instructions in [`code`], for every program anew, because no assembler for the guest can be supposed
//! where elfuse is built.
//!
//! Linux's reads the hardware's counter and scales it by data that the kernel keeps on a page next
//! to it. We have no such page to keep: the functions read two system registers of our own
//! (`S3_3_C15_C2_0` and `_1`, undefined at EL0 on real cores) which engines answer from the host's
//! clock. Other clocks are asked for by system call, as on Linux.

mod code;
mod image;

/// The image, and where handlers return to in it.
#[derive(Debug)]
pub struct Vdso {
    /// The whole file, to be mapped readable and executable at any page.
    pub bytes: Vec<u8>,
    /// Offset of `__kernel_rt_sigreturn`.
    pub sigreturn: u64,
}

/// The image for AArch64 programs.
pub fn aarch64() -> Vdso {
    image::write(&code::FUNCTIONS)
}

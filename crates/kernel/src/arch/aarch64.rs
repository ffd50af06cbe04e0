//! aarch64: the system call convention of syscall(2), and how a program starts.

use engine::aarch64::Registers;

use crate::syscall::SysResult;

/// The call's number (`x8`) and arguments (`x0`–`x5`).
pub(crate) fn syscall(regs: &Registers) -> (u64, [u64; 6]) {
    // Linux looks at w8 only.
    let [a, b, c, d, e, f] = regs.x[..6] else { unreachable!("x has 31 elements") };
    (u64::from(regs.x[8] as u32), [a, b, c, d, e, f])
}

/// Leaves a result in `x0`.
pub(crate) fn set_result(regs: &mut Registers, result: SysResult) {
    regs.x[0] = result.unwrap_or_else(abi::Errno::to_syscall_result);
}

/// Puts the registers back before the `SVC`, so that the call is made again.
pub(crate) fn rewind_syscall(regs: &mut Registers, arg0: u64) {
    regs.x[0] = arg0;
    regs.pc = regs.pc.wrapping_sub(4);
}

/// The registers that `execve(2)` starts a program with.
pub(crate) fn start_program(regs: &mut Registers, entry: u64, stack: u64) {
    *regs = Registers::new();
    regs.pc = entry;
    regs.sp = stack;
}

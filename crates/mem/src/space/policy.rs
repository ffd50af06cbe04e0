//! Memory policies: on which nodes pages are to be. The host keeps them, for its own mappings.
//!
//! Mappings that differ in nothing else are one in this map, where Linux keeps two: that shows in
//! `/proc/self/maps` only.

use abi::Errno;
use abi::mm::mempolicy as mpol;

use super::{AddressSpace, is_aligned, page_up};

impl AddressSpace {
    /// mbind(2); `mask` has room for `bits - 1` bits.
    pub fn mbind(
        &self,
        addr: u64,
        len: u64,
        mode: i32,
        mask: Option<&[u64]>,
        bits: u64,
        flags: u32,
    ) -> Result<(), Errno> {
        // What Linux refuses before it looks at the range.
        self.slab.bind(&(0..0), mode, mask, bits, flags)?;
        if !is_aligned(addr) {
            return Err(Errno::EINVAL);
        }
        let end = page_up(len).and_then(|len| addr.checked_add(len)).ok_or(Errno::EINVAL)?;
        let layout = self.read();
        let covered = layout.for_mapped(addr..end, |_, _| Ok(()));
        // Going back to the default passes over holes.
        if covered.is_err() && mode != mpol::DEFAULT {
            return Err(Errno::EFAULT);
        }
        let mut result = Ok(());
        // Holes were dealt with: what is left is the host's answer.
        let _ = layout.for_mapped(addr..end, |_, part| {
            result = self.slab.bind(&part, mode, mask, bits, flags);
            result
        });
        result
    }

    /// get_mempolicy(2): the mode or the node, and in `mask`, which has room for `bits - 1` bits, the
    /// nodes.
    pub fn mempolicy(
        &self,
        mask: Option<&mut [u64]>,
        bits: u64,
        addr: u64,
        flags: u64,
    ) -> Result<i32, Errno> {
        if flags & mpol::F_ADDR == 0 {
            return host::numa::policy(mask, bits, addr as *const u8, flags);
        }
        let layout = self.read();
        layout.vmas.at(addr).ok_or(Errno::EFAULT)?;
        let at = self.slab.base().wrapping_add(addr as usize);
        host::numa::policy(mask, bits, at, flags)
    }
}

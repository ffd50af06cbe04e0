//! Writing guest memory whatever its protection: what a debugger does.

use std::ops::Range;

use abi::Errno;
use abi::mm::Prot;
use host::mm::PAGE_SIZE;

use super::{AddressSpace, page_up};

impl AddressSpace {
    /// Writes `bytes` at `addr`, also where the guest itself may not, as `PTRACE_POKEDATA` does, and has the
    /// engine forget the code that was there. A private mapping of a file has a copy of the page from then on.
    /// No thread should be running guest code: for a moment it could write there, too.
    ///
    /// Errors: `EFAULT` if not all of it is mapped, `EIO` if it belongs to others, too (a shared mapping that may not be
    /// written), and what the host says.
    pub fn poke(&self, addr: u64, bytes: &[u8]) -> Result<(), Errno> {
        let end = addr.checked_add(bytes.len() as u64).ok_or(Errno::EFAULT)?;
        let pages = addr / PAGE_SIZE * PAGE_SIZE..page_up(end).ok_or(Errno::EFAULT)?;
        let mut layout = self.change();
        let mut parts: Vec<(Range<u64>, Prot)> = Vec::new();
        let mut whole = Vec::new();
        let collected = layout.for_mapped(pages, |vma, part| {
            if vma.is_shared() && !vma.prot.contains(Prot::WRITE) {
                return Err(Errno::EIO);
            }
            parts.push((part, vma.prot));
            whole.push(vma.range());
            Ok(())
        });
        collected.map_err(|errno| if errno == Errno::ENOMEM { Errno::EFAULT } else { errno })?;
        for (part, prot) in &parts {
            self.slab.protect(part, *prot | Prot::READ | Prot::WRITE)?;
        }
        let written = self.slab.write_bytes(addr, bytes).map_err(|_| Errno::EFAULT);
        for (part, prot) in &parts {
            self.protect_part(&layout, part, *prot)?;
        }
        for range in whole {
            // It is not what a file holds any more.
            layout.vmas.update(range, |vma| vma.stamp = None);
        }
        drop(layout);
        self.code_written(addr..end);
        written
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use abi::mm::map;

    use super::*;
    use crate::Slab;

    fn space_with_page(prot: Prot, flags: u32) -> (AddressSpace, u64) {
        let space = AddressSpace::new(Arc::new(Slab::reserve_size(1 << 30).unwrap()));
        let at = space.mmap(0, PAGE_SIZE, prot, flags | map::ANONYMOUS, None).unwrap();
        (space, at)
    }

    #[test]
    fn code_that_cannot_be_written_is_written_and_stays_as_it_was_protected() {
        let (space, at) = space_with_page(Prot::READ | Prot::EXEC, map::PRIVATE);
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = told.clone();
        space.watch_code(move |range, _| heard.lock().unwrap().push(range));
        space.poke(at + 6, &[1, 2, 3]).unwrap();
        let mut bytes = [0; 4];
        space.read_bytes(at + 5, &mut bytes).unwrap();
        assert_eq!(bytes, [0, 1, 2, 3]);
        assert!(space.write_bytes(at, &[0]).is_err());
        assert_eq!(told.lock().unwrap().as_slice(), std::slice::from_ref(&(at + 6..at + 9)));
    }

    #[test]
    fn memory_of_others_and_none_are_refused() {
        let (space, at) = space_with_page(Prot::READ, map::SHARED);
        assert_eq!(space.poke(at, &[1]), Err(Errno::EIO));
        let (space, at) = space_with_page(Prot::empty(), map::PRIVATE);
        assert_eq!(space.poke(at + PAGE_SIZE - 1, &[1, 2]), Err(Errno::EFAULT));
        assert_eq!(space.poke(u64::MAX, &[1]), Err(Errno::EFAULT));
        space.poke(at, &[7]).unwrap();
    }
}

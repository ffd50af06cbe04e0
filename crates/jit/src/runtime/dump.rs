//! `--jit-dump`: listings of the translations that somebody wants to see, when they are made.
//!
//! A translation is shown if it has the place that was asked for anywhere in it: regions begin where branches lead,
//! and nobody knows beforehand where that is. Of translations of earlier runs less is known, which
//! [`Dump::kept`] says: not which host code belongs to which instruction, but for those that may fault.

use std::fmt::Write;
use std::ops::Range;

use mem::Slab;

use super::store::format::{Kept, STUBS_AT};
use super::store::units::{Mapping, Unit};
use super::stubs::Stubs;
use super::symbols::Symbols;
use crate::a64::{Insn, text::describe};
use crate::listing::{self, Listing};
use crate::region::Item;
use crate::region::analysis::Analysis;
use crate::spot::Spot;
use crate::translate::Mode;

/// Takes listings.
pub type OnListing = dyn Fn(&str) + Send + Sync;

/// Which translations are to be shown, and where.
pub struct Dump {
    spots: Vec<Spot>,
    show: Box<OnListing>,
    symbols: Symbols,
}

impl std::fmt::Debug for Dump {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dump").field("spots", &self.spots).finish_non_exhaustive()
    }
}

impl Dump {
    /// Shows translations of `spots` to `show`, of the guest whose address 0 is at the host address `base`.
    pub fn new(base: u64, spots: Vec<Spot>, show: Box<OnListing>) -> Self {
        Self { spots, show, symbols: Symbols::new(base) }
    }

    /// What was mapped in `range` is there no more.
    pub fn forget(&mut self, range: &Range<u64>) {
        self.symbols.forget(range);
    }

    /// Whether code between the addresses of `range`, of which `contains` knows the instructions, was asked for.
    fn wants(&mut self, range: &Range<u64>, contains: impl Fn(u64) -> bool) -> bool {
        let symbols = &mut self.symbols;
        self.spots.iter().any(|spot| match spot {
            Spot::Address(addr) => contains(*addr),
            Spot::Inside(name, offset) => symbols
                .functions(range.start, name)
                .any(|function| contains(function.start.wrapping_add(*offset))),
            Spot::Function(name) => symbols.functions(range.start, name).any(|function| {
                range.clone().step_by(4).any(|pc| function.contains(&pc) && contains(pc))
            }),
        })
    }

    /// A region has been translated.
    pub fn translated(&mut self, mode: Mode, analysis: &Analysis, listing: &Listing<'_>) {
        let Listing { region, translation, .. } = listing;
        let pc_of = |item: &Item| item.pc;
        let range = pc_of(&region.items[0])..pc_of(&region.items[region.items.len() - 1]) + 4;
        let contains = |pc| region.items.binary_search_by_key(&pc, pc_of).is_ok();
        if !self.wants(&range, contains) {
            return;
        }
        let entry = region.items[region.blocks[region.entry].items.start].pc;
        let text = format!(
            "jit: {} translated: {} instructions in {} blocks to {} in {} bytes at {:#x}, {} links\n\
             fpcr {:#x}, fpsr.ixc {}, memory {}\n{}{}",
            self.place(entry),
            region.items.len(),
            region.blocks.len(),
            listing.host_instructions(),
            listing.code.len(),
            listing.base,
            translation.links.len(),
            mode.fpcr,
            if mode.inexact { "set" } else { "not looked at" },
            if mode.alone { "nobody else's" } else { "shared" },
            listing::describe_region(region, analysis, &translation.homes),
            listing.side_by_side(|at, item| listing::describe_item(analysis, at, item)),
        );
        (self.show)(&text);
    }

    /// `mapping` has been looked at: shows what a file has for it.
    pub fn mapping(&mut self, mapping: &Mapping, stubs: &Stubs, guest: &Slab) {
        let Some(unit) = &mapping.unit else { return };
        let Some(view) = unit.view() else { return };
        for kept in view.kept(mapping.range.start) {
            // A region is seldom in more than one piece.
            let range = kept.low..kept.low + 4 * u64::from(kept.instructions);
            if self.wants(&range, |pc| range.contains(&pc) || pc == kept.entry) {
                let text = self.kept(&kept, unit, stubs, |pc| guest.load(pc).unwrap_or_default());
                (self.show)(&text);
            }
        }
    }

    /// The guest's code, and below it the host's.
    fn kept(
        &mut self,
        kept: &Kept<'_>,
        unit: &Unit,
        stubs: &Stubs,
        word: impl Fn(u64) -> u32,
    ) -> String {
        let base = unit.host.start + kept.code.start;
        let code = &unit.bytes()[kept.code.clone()];
        let mut text = format!(
            "jit: {} translated by an earlier run: {} instructions to {} bytes at {base:#x}\n{}",
            self.place(kept.entry),
            kept.instructions,
            code.len(),
            listing::describe_homes(kept.homes),
        );
        for pc in (kept.low..).step_by(4).take(kept.instructions as usize) {
            let insn = Insn(word(pc));
            writeln!(text, "{pc:x}  {:08x}  {}", insn.0, describe(insn)).expect("strings grow");
        }
        let stubs = stubs.copied(unit.host.start + STUBS_AT);
        for line in listing::host_code(code, base, &stubs, unit.links()) {
            write!(text, "{:7x}  {}", line.at, line.text).expect("strings grow");
            if let Some(point) = kept.faults.iter().find(|point| point.end as usize == line.end) {
                let pc = kept.low + 4 * u64::from(point.item);
                write!(text, "{}; at {pc:x}", listing::describe_fault(point))
                    .expect("strings grow");
            }
            text.push('\n');
        }
        text
    }

    fn place(&mut self, pc: u64) -> String {
        format!("{pc:#x} {}", self.symbols.name(pc))
    }
}

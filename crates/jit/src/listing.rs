//! Guest code, what is known about it, and the host code that it became, side by side.
//!
//! For people who look for what a translation does wrong or too slowly: `--jit-dump` prints one listing, and the
//! golden test keeps many. Every host instruction stands below the guest instruction that it was made for, as the
//! translator noted it down ([`Translation::marks`]), not as positions suggest: what is off the usual way stands at the end,
//! and names its instruction again.
//!
//! The disassembler is a crate's, iced-x86, with its decoder and one syntax: 0.3 MB of the program, of which no
//! page is touched unless a listing is made. Rejected: bytes for `objdump`, which knows neither stubs nor frame.

use std::collections::HashMap;
use std::fmt::Write;
use std::ops::Range;

use iced_x86::{
    Decoder, DecoderOptions, Formatter, Instruction, IntelFormatter, Mnemonic, OpKind, Register,
    SymbolResolver, SymbolResult,
};

use crate::a64::text::describe;
use crate::region::analysis::{Analysis, Set, Start};
use crate::region::{Edge, Flow, Item, Region, Uses};
use crate::runtime::frame;
use crate::runtime::stubs::Stubs;
use crate::translate::flags::{Carry, Flags};
use crate::translate::{FaultPoint, Homes, Part, Translation, numbers};

/// A translation and all that its listing shows.
pub struct Listing<'a> {
    /// The guest code.
    pub region: &'a Region,
    /// What is known of its host code.
    pub translation: &'a Translation,
    /// The host code, constants included.
    pub code: &'a [u8],
    /// The host address of its first byte.
    pub base: usize,
    /// What it calls.
    pub stubs: &'a Stubs,
    /// The number of its first link.
    pub first_link: usize,
    /// Instructions that may fault are followed by what is known there.
    pub faults: bool,
}

/// A host instruction: where it stands in its code, and what it says.
pub struct HostLine {
    /// Its first byte.
    pub at: usize,
    /// The byte behind it.
    pub end: usize,
    /// In Intel's syntax.
    pub text: String,
}

/// Names for what host code refers to.
struct Names {
    /// The host addresses of the code.
    code: Range<usize>,
    stubs: Stubs,
    /// Where links lead, by the host addresses of their slots.
    links: HashMap<usize, u64>,
}

impl Names {
    fn inside(&self, address: u64) -> Option<usize> {
        let address = address as usize;
        self.code.contains(&address).then(|| address - self.code.start)
    }
}

impl SymbolResolver for Names {
    fn symbol(
        &mut self,
        instruction: &Instruction,
        _operand: u32,
        instruction_operand: Option<u32>,
        address: u64,
        _address_size: u32,
    ) -> Option<SymbolResult<'_>> {
        let kind = instruction_operand.map(|operand| instruction.op_kind(operand))?;
        let name = match (kind, instruction.memory_base()) {
            (OpKind::NearBranch64, _) => match self.inside(address) {
                Some(inside) => format!("{inside:x}"),
                None => self.stubs.name(address as usize)?.into(),
            },
            (OpKind::Memory, Register::RBP) => frame::name(address as i32)?,
            (OpKind::Memory, Register::RIP) => match self.inside(address) {
                Some(inside) => format!("{inside:x}"),
                None => format!("link to {:x}", self.links.get(&(address as usize))?),
            },
            _ => return None,
        };
        Some(SymbolResult::with_string(address, name))
    }
}

/// The host instructions of `code`, which stands at `base`, up to its constants. `links` are the host addresses of
/// slots and where they lead in the guest.
pub fn host_code(
    code: &[u8],
    base: usize,
    stubs: &Stubs,
    links: impl Iterator<Item = (usize, u64)>,
) -> Vec<HostLine> {
    let names = Names { code: base..base + code.len(), stubs: *stubs, links: links.collect() };
    let mut formatter = IntelFormatter::with_options(Some(Box::new(names)), None);
    formatter.options_mut().set_branch_leading_zeros(false);
    formatter.options_mut().set_show_branch_size(false);
    let mut decoder = Decoder::with_ip(64, code, base as u64, DecoderOptions::NONE);
    let (mut lines, mut instruction) = (Vec::new(), Instruction::default());
    let mut end = code.len();
    while decoder.position() < end {
        decoder.decode_out(&mut instruction);
        // What is read behind the instructions is a constant, and they all stand there.
        if instruction.is_ip_rel_memory_operand()
            && let Some(inside) = (instruction.ip_rel_memory_address() as usize).checked_sub(base)
            && instruction.mnemonic() != Mnemonic::Lea
        {
            end = end.min(inside);
        }
        let mut text = String::new();
        formatter.format(&instruction, &mut text);
        let at = instruction.ip() as usize - base;
        lines.push(HostLine { at, end: at + instruction.len(), text });
    }
    lines
}

impl Listing<'_> {
    /// How many host instructions there are.
    pub fn host_instructions(&self) -> usize {
        self.host().len()
    }

    fn host(&self) -> Vec<HostLine> {
        let slot = |at: usize| self.stubs.slot(self.first_link + at);
        let links = self.translation.links.iter().enumerate();
        let links = links.map(|(at, link)| (slot(at), link.target));
        let mut host = host_code(self.code, self.base, self.stubs, links);
        // What fills up to the constants are no instructions.
        host.retain(|line| line.at < self.translation.instructions);
        host
    }

    /// Each guest instruction, as `guest` describes it, and the host instructions made from it; at the end the
    /// constants.
    pub fn side_by_side(&self, guest: impl Fn(usize, &Item) -> String) -> String {
        let mut text = String::new();
        let mut host = self.host().into_iter().peekable();
        let marks = &self.translation.marks;
        let items = &self.region.items;
        for (at, mark) in marks.iter().enumerate() {
            let end = marks.get(at + 1).map_or(usize::MAX, |next| next.at as usize);
            let head = match mark.part {
                Part::Item(item) => {
                    Some(format!("{:x}  {}", items[item].pc, guest(item, &items[item])))
                }
                // What has no code of its own is not worth a line.
                _ if end == mark.at as usize => None,
                Part::Entry => Some("entered from outside".into()),
                Part::Block(block) => Some(format!("block {block}")),
                Part::Aside { item, what } => Some(format!("off {:x}: {what}", items[item].pc)),
            };
            if let Some(head) = head {
                writeln!(text, "{head}").expect("strings grow");
            }
            while let Some(line) = host.next_if(|line| line.at < end) {
                let fault = if self.faults { self.fault(&line) } else { String::new() };
                writeln!(text, "{:7x}  {}{fault}", line.at, line.text).expect("strings grow");
            }
        }
        text.push_str(&self.constants());
        text
    }

    /// What is known where the instruction of `line` faults, if it may.
    fn fault(&self, line: &HostLine) -> String {
        let point = self.translation.faults.iter().find(|point| point.end as usize == line.end);
        point.map(describe_fault).unwrap_or_default()
    }

    fn constants(&self) -> String {
        let start = self.translation.instructions.next_multiple_of(16).min(self.code.len());
        let mut text = String::new();
        for (at, constant) in (start..).step_by(16).zip(self.code[start..].chunks(16)) {
            let bytes = constant.iter().rev().map(|byte| format!("{byte:02x}"));
            writeln!(text, "{at:7x}  0x{}", bytes.collect::<String>()).expect("strings grow");
        }
        text
    }
}

/// What is known at a place that may fault, as the end of a line.
pub fn describe_fault(point: &FaultPoint) -> String {
    let flags = describe_flags(point.flags);
    format!("\t; may fault: only in host registers {}; nzcv {flags}", describe_set(point.dirty))
}

fn describe_flags(flags: Flags) -> &'static str {
    match flags.host {
        _ if flags.saved => "saved",
        None => "nowhere",
        Some(Carry::Plain) => "in eflags",
        Some(Carry::Inverted) => "in eflags, C inverted",
        Some(Carry::Numbers) => "in eflags, of numbers",
        Some(Carry::NumbersExchanged) => "in eflags, of numbers exchanged",
    }
}

// ---- What is known about guest code ----

/// The instruction as the table has it, what it reads and writes, and whether somebody reads its flags.
pub fn describe_item(analysis: &Analysis, at: usize, item: &Item) -> String {
    let mut text = format!("{:08x}  {}", item.insn.0, describe(item.insn));
    let target = match item.flow {
        Flow::Jump(target) | Flow::Branch(target) | Flow::Call(target) => Some(target),
        _ => None,
    };
    if let Some(target) = target {
        write!(text, " to {target:x}").expect("strings grow");
    }
    text.push_str("\t; ");
    let Some(uses) = item.uses else { return text + "interpreted" };
    let Uses { x_read, x_write, v_read, v_write, .. } = uses;
    let set = |x, v, flags| {
        let registers = describe_set(Set { x, v });
        match (flags, registers.as_str()) {
            (false, _) => registers,
            (true, "-") => "nzcv".into(),
            (true, _) => registers + " nzcv",
        }
    };
    let read = set(x_read, v_read, uses.flags_read);
    let written = set(x_write, v_write, uses.flags_write);
    let dead = uses.flags_write && !analysis.flags_live_after[at];
    let dead = if dead { ", which nobody reads" } else { "" };
    text + &format!("{read} -> {written}{dead}")
}

/// The blocks of a region, a line each, and where its registers live.
pub fn describe_region(region: &Region, analysis: &Analysis, homes: &Homes) -> String {
    let mut text = describe_homes(homes);
    for (at, block) in region.blocks.iter().enumerate() {
        let Start { live, valid, dirty, flags_live, narrow } = analysis.starts[at];
        let edge = |name: &str, edge: Option<Edge>| match edge {
            None => String::new(),
            Some(Edge::Block(to)) => format!("; {name} block {to}"),
            Some(Edge::Exit(pc)) => format!("; {name} {pc:x} outside"),
        };
        let first = region.items[block.items.start].pc;
        let last = region.items[block.items.end - 1].pc;
        writeln!(
            text,
            "block {at} {first:x}..={last:x}{}{}{}{}",
            if at == region.entry { "; the entry" } else { "" },
            if block.is_loop { "; head of a loop" } else { "" },
            edge("taken to", block.taken),
            edge("on to", block.next),
        )
        .expect("strings grow");
        writeln!(
            text,
            "        live {}{}; in host registers {}; only there {}; scalars {}",
            describe_set(live),
            if flags_live { " nzcv" } else { "" },
            describe_set(valid),
            describe_set(dirty),
            describe_set(Set { x: 0, v: narrow.double }),
        )
        .expect("strings grow");
    }
    text
}

/// Which guest register has which host register, in a line.
pub fn describe_homes(homes: &Homes) -> String {
    const NAMES: [&str; 16] = [
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
        "r13", "r14", "r15",
    ];
    let mut text = String::from("homes");
    for n in 0..32 {
        if let Some(home) = homes.x(n) {
            write!(text, "  {} {}", name_x(n), NAMES[usize::from(home.0)]).expect("strings grow");
        }
    }
    for n in 0..32 {
        if let Some(home) = homes.v(n) {
            write!(text, "  v{n} xmm{}", home.0).expect("strings grow");
        }
    }
    text + "\n"
}

fn name_x(n: usize) -> String {
    if n == 31 { "sp".into() } else { format!("x{n}") }
}

/// The names of the registers in a set, or a dash.
fn describe_set(set: Set) -> String {
    let names = numbers(set.x).map(name_x).chain(numbers(set.v).map(|n| format!("v{n}")));
    let names: Vec<_> = names.collect();
    if names.is_empty() { "-".into() } else { names.join(" ") }
}

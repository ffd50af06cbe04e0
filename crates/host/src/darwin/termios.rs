//! Terminal attributes (`sys/termios.h`, `sys/ttycom.h`).

use abi::term::Termios;

use super::{from_host as flags_from_host, to_host as flags_to_host};

/// macOS's `struct termios`. 72 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct HostTermios {
    /// `c_iflag`.
    pub iflag: u64,
    /// `c_oflag`.
    pub oflag: u64,
    /// `c_cflag`.
    pub cflag: u64,
    /// `c_lflag`.
    pub lflag: u64,
    /// `c_cc`.
    pub cc: [u8; 20],
    /// `c_ispeed`, in bits a second.
    pub ispeed: u64,
    /// `c_ospeed`.
    pub ospeed: u64,
}

const _: () = assert!(size_of::<HostTermios>() == 72);

// Flags. A field of several bits has a line for each of its bits.
table! {
    INPUT:
    IGNBRK 0o1 => 0x1;
    BRKINT 0o2 => 0x2;
    IGNPAR 0o4 => 0x4;
    PARMRK 0o10 => 0x8;
    INPCK 0o20 => 0x10;
    ISTRIP 0o40 => 0x20;
    INLCR 0o100 => 0x40;
    IGNCR 0o200 => 0x80;
    ICRNL 0o400 => 0x100;
    IXON 0o2000 => 0x200;
    IXANY 0o4000 => 0x800;
    IXOFF 0o10000 => 0x400;
    IMAXBEL 0o20000 => 0x2000;
    IUTF8 0o40000 => 0x4000;
}
table! {
    OUTPUT:
    OPOST 0o1 => 0x1;
    ONLCR 0o4 => 0x2;
    OCRNL 0o10 => 0x10;
    ONOCR 0o20 => 0x20;
    ONLRET 0o40 => 0x40;
    OFILL 0o100 => 0x80;
    OXTABS 0o14000 => 0x4;
}
table! {
    CONTROL:
    CS6 0o20 => 0x100;
    CS7 0o40 => 0x200;
    CSTOPB 0o100 => 0x400;
    CREAD 0o200 => 0x800;
    PARENB 0o400 => 0x1000;
    PARODD 0o1000 => 0x2000;
    HUPCL 0o2000 => 0x4000;
    CLOCAL 0o4000 => 0x8000;
    CRTSCTS 0o20000000000 => 0x3_0000;
}
table! {
    LOCAL:
    ISIG 0o1 => 0x80;
    ICANON 0o2 => 0x100;
    ECHO 0o10 => 0x8;
    ECHOE 0o20 => 0x2;
    ECHOK 0o40 => 0x4;
    ECHONL 0o100 => 0x10;
    NOFLSH 0o200 => 0x8000_0000;
    TOSTOP 0o400 => 0x40_0000;
    ECHOCTL 0o1000 => 0x40;
    ECHOPRT 0o2000 => 0x20;
    ECHOKE 0o4000 => 0x1;
    FLUSHO 0o10000 => 0x80_0000;
    PENDIN 0o40000 => 0x2000_0000;
    IEXTEN 0o100000 => 0x400;
    EXTPROC 0o200000 => 0x800;
}

table! {
    /// Places in `c_cc`.
    CHARACTERS:
    VINTR 0 => 8;
    VQUIT 1 => 9;
    VERASE 2 => 3;
    VKILL 3 => 5;
    VEOF 4 => 0;
    VSTART 8 => 12;
    VSTOP 9 => 13;
    VSUSP 10 => 10;
    VEOL 11 => 1;
    VREPRINT 12 => 6;
    VDISCARD 13 => 15;
    VWERASE 14 => 4;
    VLNEXT 15 => 14;
    VEOL2 16 => 2;
}
table! {
    /// Places of what are numbers and not characters.
    NUMBERS:
    VTIME 5 => 17;
    VMIN 6 => 16;
}
fn places(table: &[(u64, u64)]) -> impl Iterator<Item = (usize, usize)> {
    table.iter().map(|(linux, host)| (*linux as usize, *host as usize))
}

/// No character (`_POSIX_VDISABLE`): 0 on Linux.
const HOST_DISABLED: u8 = 0xff;

/// `CBAUD`'s values from 0 on, then those with `CBAUDEX`.
const SPEEDS: [u64; 16] =
    [0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400];
const FAST_SPEEDS: [u64; 3] = [57600, 115_200, 230_400];
const CBAUD: u32 = 0o10017;
const CBAUDEX: u32 = 0o10000;

fn speed_from_host(speed: u64) -> u32 {
    if let Some(index) = FAST_SPEEDS.iter().position(|fast| *fast == speed) {
        return CBAUDEX | (index as u32 + 1);
    }
    // A speed that Linux has no number for becomes the next lower one.
    SPEEDS.iter().rposition(|slow| *slow <= speed).unwrap_or(0) as u32
}

fn speed_to_host(cflag: u32, now: u64) -> u64 {
    let index = (cflag & 0o17) as usize;
    if cflag & CBAUDEX == 0 {
        SPEEDS[index]
    } else {
        FAST_SPEEDS.get(index.wrapping_sub(1)).copied().unwrap_or(now)
    }
}

/// Attributes as `TCGETS` gives them.
pub fn from_host(host: &HostTermios) -> Termios {
    let mut cc = [0; 19];
    for (linux, darwin) in places(CHARACTERS) {
        let byte = host.cc[darwin];
        cc[linux] = if byte == HOST_DISABLED { 0 } else { byte };
    }
    for (linux, darwin) in places(NUMBERS) {
        cc[linux] = host.cc[darwin];
    }
    Termios {
        iflag: flags_from_host(host.iflag, INPUT) as u32,
        oflag: flags_from_host(host.oflag, OUTPUT) as u32,
        cflag: flags_from_host(host.cflag, CONTROL) as u32 | speed_from_host(host.ospeed),
        lflag: flags_from_host(host.lflag, LOCAL) as u32,
        line: 0,
        cc,
    }
}

/// Attributes for macOS: those of `value`, and from `now` what Linux does not know.
pub fn to_host(value: &Termios, now: &HostTermios) -> HostTermios {
    fn merge(now: u64, bits: u32, table: &[(u64, u64)]) -> u64 {
        let known = table.iter().fold(0, |known, (_, host)| known | host);
        now & !known | flags_to_host(u64::from(bits), table)
    }
    let mut cc = now.cc;
    for (linux, darwin) in places(CHARACTERS) {
        let byte = value.cc[linux];
        cc[darwin] = if byte == 0 { HOST_DISABLED } else { byte };
    }
    for (linux, darwin) in places(NUMBERS) {
        cc[darwin] = value.cc[linux];
    }
    let speed = speed_to_host(value.cflag & CBAUD, now.ospeed);
    HostTermios {
        iflag: merge(now.iflag, value.iflag, INPUT),
        oflag: merge(now.oflag, value.oflag, OUTPUT),
        cflag: merge(now.cflag, value.cflag, CONTROL),
        lflag: merge(now.lflag, value.lflag, LOCAL),
        cc,
        ispeed: speed,
        ospeed: speed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a new terminal has on macOS (`sys/ttydefaults.h`).
    fn fresh() -> HostTermios {
        let mut host = HostTermios {
            iflag: 0x2b02,
            oflag: 0x3,
            cflag: 0x4b00,
            lflag: 0x2000_05cb | 0x200,
            cc: [HOST_DISABLED; 20],
            ispeed: 9600,
            ospeed: 9600,
        };
        host.cc[8] = 3;
        host.cc[0] = 4;
        host.cc[16] = 1;
        host.cc[17] = 0;
        host.cc[18] = 20;
        host
    }

    #[test]
    fn a_new_terminal_looks_like_linuxs() {
        let value = from_host(&fresh());
        assert_eq!(value.iflag, 0o2 | 0o400 | 0o2000 | 0o4000 | 0o20000);
        assert_eq!(value.oflag, 0o1 | 0o4);
        assert_eq!(value.cflag, 0o60 | 0o200 | 0o2000 | 13);
        assert_eq!(value.lflag, 0o1 | 0o2 | 0o10 | 0o20 | 0o1000 | 0o4000 | 0o40000 | 0o100000);
        assert_eq!((value.cc[0], value.cc[4], value.cc[6], value.cc[1]), (3, 4, 1, 0));
    }

    #[test]
    fn attributes_that_are_set_back_change_nothing() {
        let host = fresh();
        assert_eq!(to_host(&from_host(&host), &host), host);
    }

    #[test]
    fn raw_mode_keeps_what_linux_does_not_know() {
        let mut value = from_host(&fresh());
        value.lflag = 0;
        value.cc[6] = 0;
        value.cflag = value.cflag & !CBAUD | CBAUDEX | 2;
        let host = to_host(&value, &fresh());
        assert_eq!(host.lflag, 0x200);
        assert_eq!((host.cc[16], host.cc[18], host.ospeed), (0, 20, 115_200));
    }

    #[test]
    fn speeds_translate_and_come_back() {
        for speed in SPEEDS.into_iter().chain(FAST_SPEEDS) {
            assert_eq!(speed_to_host(speed_from_host(speed), 1), speed);
        }
        assert_eq!(speed_to_host(speed_from_host(14400), 1), 9600);
    }
}

//! ioctl(2) on sockets: marks, owners, interfaces (socket(7), netdevice(7)).

use abi::Errno;
use abi::net::{IfConf, IfReq, ioctl as nr};
use mem::{UserPtr, UserSlice};

use crate::Task;
use crate::fs::File;
use crate::syscall::SysResult;

/// Requests whose argument is a `struct ifreq` without pointers. Between these numbers lie only
/// requests of that kind.
fn takes_interface(request: u32) -> bool {
    matches!(request,
        nr::SIOCGIFNAME
        | nr::SIOCGIFFLAGS..=nr::SIOCSIFHWADDR
        | nr::SIOCGIFHWADDR
        | nr::SIOCGIFINDEX..=nr::SIOCGIFPFLAGS
        | nr::SIOCGIFTXQLEN..=nr::SIOCSIFTXQLEN
        | nr::SIOCGIFMAP)
}

/// A request on a socket; `None` for one that is not known here.
pub(crate) fn ioctl(t: &Task, file: &File, request: u32, arg: u64) -> Option<SysResult> {
    let fd = file.host();
    let done = match request {
        nr::FIOGETOWN | nr::SIOCGPGRP | nr::SIOCATMARK | nr::SIOCOUTQNSD => {
            host::net::get_int(fd, request)
                .and_then(|value| UserPtr::<i32>::new(arg).write(t.space(), &value))
        }
        nr::FIOSETOWN | nr::SIOCSPGRP => UserPtr::<i32>::new(arg)
            .read(t.space())
            .and_then(|value| host::net::set_int(fd, request, value)),
        nr::SIOCGSTAMP_OLD | nr::SIOCGSTAMPNS_OLD | nr::SIOCGSTAMP_NEW | nr::SIOCGSTAMPNS_NEW => {
            host::net::timestamp(fd, request)
                .and_then(|value| UserPtr::<[i64; 2]>::new(arg).write(t.space(), &value))
        }
        nr::SIOCGIFCONF => interfaces(t, file, UserPtr::new(arg)),
        // What an interface without the facility answers; the argument has an address.
        nr::SIOCETHTOOL => Err(Errno::EOPNOTSUPP),
        _ if takes_interface(request) => interface(t, file, request, UserPtr::new(arg)),
        _ => return None,
    };
    Some(done.map(|()| 0))
}

fn interface(t: &Task, file: &File, request: u32, at: UserPtr<IfReq>) -> Result<(), Errno> {
    let mut value = at.read(t.space())?;
    host::net::interface(file.host(), request, &mut value)?;
    at.write(t.space(), &value)
}

fn interfaces(t: &Task, file: &File, at: UserPtr<IfConf>) -> Result<(), Errno> {
    let mut config = at.read(t.space())?;
    let len = u64::try_from(config.len).map_err(|_| Errno::EINVAL)?;
    let buffer = match config.buffer {
        0 => None,
        at => Some(UserSlice::new(at, len).as_dst(t.space())?),
    };
    config.len = host::net::interfaces(file.host(), buffer)? as i32;
    at.write(t.space(), &config)
}

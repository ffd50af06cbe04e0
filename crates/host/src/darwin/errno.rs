//! Error numbers (`sys/errno.h`).

use abi::Errno;

macro_rules! errnos {
    ($($name:ident $number:literal => $errno:ident;)*) => {
        /// What differs; numbers up to 34 without a line mean the same on both systems.
        const DIFFERENT: &[(i32, Errno)] = &[$(($number, Errno::$errno)),*];
        agree!($($name == $number),*);
    };
}

// By macOS's names, some of which Linux has no like of: the nearest thing stands for them.
errnos! {
    EDEADLK 11 => EDEADLK;
    EAGAIN 35 => EAGAIN;
    EINPROGRESS 36 => EINPROGRESS;
    EALREADY 37 => EALREADY;
    ENOTSOCK 38 => ENOTSOCK;
    EDESTADDRREQ 39 => EDESTADDRREQ;
    EMSGSIZE 40 => EMSGSIZE;
    EPROTOTYPE 41 => EPROTOTYPE;
    ENOPROTOOPT 42 => ENOPROTOOPT;
    EPROTONOSUPPORT 43 => EPROTONOSUPPORT;
    ESOCKTNOSUPPORT 44 => ESOCKTNOSUPPORT;
    ENOTSUP 45 => EOPNOTSUPP;
    EPFNOSUPPORT 46 => EPFNOSUPPORT;
    EAFNOSUPPORT 47 => EAFNOSUPPORT;
    EADDRINUSE 48 => EADDRINUSE;
    EADDRNOTAVAIL 49 => EADDRNOTAVAIL;
    ENETDOWN 50 => ENETDOWN;
    ENETUNREACH 51 => ENETUNREACH;
    ENETRESET 52 => ENETRESET;
    ECONNABORTED 53 => ECONNABORTED;
    ECONNRESET 54 => ECONNRESET;
    ENOBUFS 55 => ENOBUFS;
    EISCONN 56 => EISCONN;
    ENOTCONN 57 => ENOTCONN;
    ESHUTDOWN 58 => ESHUTDOWN;
    ETOOMANYREFS 59 => ETOOMANYREFS;
    ETIMEDOUT 60 => ETIMEDOUT;
    ECONNREFUSED 61 => ECONNREFUSED;
    ELOOP 62 => ELOOP;
    ENAMETOOLONG 63 => ENAMETOOLONG;
    EHOSTDOWN 64 => EHOSTDOWN;
    EHOSTUNREACH 65 => EHOSTUNREACH;
    ENOTEMPTY 66 => ENOTEMPTY;
    EPROCLIM 67 => EAGAIN;
    EUSERS 68 => EUSERS;
    EDQUOT 69 => EDQUOT;
    ESTALE 70 => ESTALE;
    EREMOTE 71 => EREMOTE;
    EBADRPC 72 => EPROTO;
    ERPCMISMATCH 73 => EPROTO;
    EPROGUNAVAIL 74 => EPROTO;
    EPROGMISMATCH 75 => EPROTO;
    EPROCUNAVAIL 76 => EPROTO;
    ENOLCK 77 => ENOLCK;
    ENOSYS 78 => ENOSYS;
    EFTYPE 79 => EINVAL;
    EAUTH 80 => EACCES;
    ENEEDAUTH 81 => EACCES;
    EPWROFF 82 => EIO;
    EDEVERR 83 => EIO;
    EOVERFLOW 84 => EOVERFLOW;
    EBADEXEC 85 => ENOEXEC;
    EBADARCH 86 => ENOEXEC;
    ESHLIBVERS 87 => ENOEXEC;
    EBADMACHO 88 => ENOEXEC;
    ECANCELED 89 => ECANCELED;
    EIDRM 90 => EIDRM;
    ENOMSG 91 => ENOMSG;
    EILSEQ 92 => EILSEQ;
    ENOATTR 93 => ENODATA;
    EBADMSG 94 => EBADMSG;
    EMULTIHOP 95 => EMULTIHOP;
    ENODATA 96 => ENODATA;
    ENOLINK 97 => ENOLINK;
    ENOSR 98 => ENOSR;
    ENOSTR 99 => ENOSTR;
    EPROTO 100 => EPROTO;
    ETIME 101 => ETIME;
    EOPNOTSUPP 102 => EOPNOTSUPP;
    ENOTRECOVERABLE 104 => ENOTRECOVERABLE;
    EOWNERDEAD 105 => EOWNERDEAD;
}

/// macOS's error `number` as Linux would have it. Numbers that Linux has no like of are `EIO`.
pub fn from_host(number: i32) -> Errno {
    match DIFFERENT.iter().find(|(host, _)| *host == number) {
        Some((_, errno)) => *errno,
        None if (1..=34).contains(&number) => Errno::from_raw(number as u16),
        None => Errno::EIO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_mean_something_else_are_translated() {
        assert_eq!(from_host(2), Errno::ENOENT);
        assert_eq!(from_host(11), Errno::EDEADLK);
        assert_eq!(from_host(34), Errno::ERANGE);
        assert_eq!(from_host(35), Errno::EAGAIN);
        assert_eq!(from_host(62), Errno::ELOOP);
        assert_eq!(from_host(78), Errno::ENOSYS);
        assert_eq!(from_host(93), Errno::ENODATA);
    }

    #[test]
    fn every_number_becomes_one_that_linux_has() {
        assert!((-1..=200).all(|number| from_host(number).name().is_some()));
        assert!(DIFFERENT.is_sorted_by(|a, b| a.0 < b.0));
    }
}

# The dynamic loader's ways: its own command line, its environment, ldd's way of asking.
set -u
export LC_ALL=C
ld=/lib/ld-linux-aarch64.so.1
$ld --list /bin/ls | sed 's/ (0x.*//' | grep -v vdso | sort; $ld --verify /bin/ls; echo $?; $ld /bin/echo through the loader; LD_TRACE_LOADED_OBJECTS=1 /bin/cat | sed 's/ (0x.*//' | grep -v vdso | sort | head -3; ldd /usr/bin/sqlite3 | grep -c '=> /lib/aarch64-linux-gnu/'; $ld --library-path /no/such /bin/true; echo $?; LD_LIBRARY_PATH=/no/such:/usr/lib /bin/echo library path; LD_DEBUG=libs /bin/true 2>&1 | grep -c 'calling init'; LD_BIND_NOW=1 /bin/echo bound; LD_PRELOAD=/no/such.so /bin/echo preload 2>/dev/null; LD_PRELOAD=libm.so.6 sh -c 'grep -c libm.so.6 /proc/self/maps' | grep -c '[1-9]'; $ld --list-tunables 2>/dev/null | grep -c malloc; ldd $ld 2>&1 | tr -d '\t'; ldd /etc/passwd 2>&1 | tr -d '\t'; $ld --help | head -1 | cut -c1-6; LD_SHOW_AUXV=1 /bin/true | grep -E 'AT_(PLATFORM|PAGESZ|EXECFN|SECURE)' | tr -s ' '
stdbuf -o0 echo preloaded library; getconf LONG_BIT; iconv -f utf8 -t latin1 <<<'é' | od -An -tx1; locale -a | head -2; LC_ALL=C.UTF-8 printf '%s\n' é | LC_ALL=C.UTF-8 wc -m; getent passwd root | cut -d: -f1

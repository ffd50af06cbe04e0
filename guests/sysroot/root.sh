# Where paths lead in a sysroot: what is the tree's, what is the host's.
set -u
export LC_ALL=C PATH=/usr/sbin:$PATH
here=$PWD
ls -d /bin /lib /sbin; readlink /bin; cat /etc/debian_version | grep -c .; [[ $(cd ..; pwd) == "${here%/*}" ]] && echo above; cd /; echo *proc*; [[ -e proc/self/exe && -e dev/null ]] && echo kernel directories; ls -d ../../../etc; cd /../..; pwd; cat /proc/self/root/etc/hostname >/dev/null 2>&1; ls -d /proc/self/root/usr; cd "$here"
ln -s /usr/bin/tr absolute; echo tr | ./absolute t x; ln -s / slash; ls -d slash/usr; cat slash/proc/self/comm; ln -s /proc/self/cwd cwd; [[ $(cd -P cwd; pwd -P) == "$(pwd -P)" ]] && echo cwd; ln -s loop loop; cat loop 2>&1 | sed 's/.*: //'; ls /usr/no 2>&1 | sed 's/.*: //'; ls /etc/passwd/x 2>&1 | sed 's/.*: //'; mkdir /no/such 2>&1 | sed 's/.*: //'
name=/tmp/elfuse-sysroot-test.$$; echo text >$name; cat $name; [[ -e /proc/self/root$name ]] && echo "in the tree"; ls -l /proc/self/fd/9 9<$name | sed "s/.*-> //; s/$$/PID/"; grep -c "$name" /proc/self/maps; mv $name $here/moved && cat moved; rm moved; mkdir /var/lib/elfuse-test; rmdir /var/lib/elfuse-test; touch /usr/elfuse-test && rm /usr/elfuse-test; (> /tmp/no/such) 2>/dev/null || echo refused
mkdir -p jail/bin jail/lib/aarch64-linux-gnu; cp /bin/bash /bin/ls /bin/cat jail/bin; for lib in ld-linux-aarch64.so.1; do cp /lib/$lib jail/lib; done; for lib in libc.so.6 libtinfo.so.6 libselinux.so.1 libpcre2-8.so.0; do cp /lib/aarch64-linux-gnu/$lib jail/lib/aarch64-linux-gnu; done; ln -s /bin/bash jail/sh; echo inside >jail/file
if [[ $(id -u) == 0 ]]; then chroot jail /sh -c 'echo in; pwd; cd ..; pwd; /bin/ls /; /bin/cat /file ../../file; [[ -e /proc/self || -e /usr ]] || echo alone'; else printf 'in\n/\n/\nbin\nfile\nlib\nsh\ninside\ninside\nalone\n'; fi

# coreutils on files and directories.
set -u
export LC_ALL=C
umask 022
mkdir -p a/b/c; touch -d '2024-01-02 03:04:05 UTC' a/one; printf 12345 >a/two; ln a/two a/hard; ln -s two a/soft; ln -s /etc/debian_version a/absolute; mkfifo a/pipe; mknod a/fifo p
ls -1F a; stat -c '%n %F %s %h %a' a a/two a/soft a/pipe; stat -c %y a/one; readlink a/soft; realpath a/soft | sed "s|$PWD|.|"; readlink -f a/../a/absolute; test a/two -ef a/hard && echo same
cp -r a copy; cp -a a exact; stat -c '%F %h' copy/two exact/soft; cp --sparse=always a/two sparse; cp -l a/two linked; cp -s "$PWD/a/two" sym; diff -r a/b copy/b && echo equal
mv copy moved; mv -n a/one a/two; ls a moved | sort | paste -sd' '; install -m 750 -D a/two deep/er/inst; stat -c %a deep/er/inst; dd if=a/two of=dd bs=2 count=2 status=none; cat dd; echo; truncate -s 100000 big; stat -c '%s' big; du -b big; stat -fc %n .
chmod u+s,g-r,o=x a/two; stat -c %A a/two; chmod 644 a/two; chmod -R a+rX moved; rm a/hard; unlink a/soft; rmdir a/b/c; rm -rf moved exact; ls
mktemp -u XXXXXX | wc -c; d=$(mktemp -d); test -d "$d" && rmdir "$d"; basename /x/y.c .c; dirname /x/y; pathchk a/b; sync a/two; link a/two a/again; stat -c %h a/again
touch 'a/ odd
name'; ls -b a; find a -name '*name' -print0 | od -c | tail -3; shred -u -n1 big; ls big 2>&1 | sed 's/.*: //'; dircolors -b | head -c 10; echo; vdir --version | head -1; dir -1 a/b; mkdir many; (cd many; seq 500 | xargs touch); ls many | wc -l; rm -r many
df --output=target /proc | tail -1; cd /; pwd; cd usr/lib/..; pwd; pwd -P; cd /lib; pwd -P

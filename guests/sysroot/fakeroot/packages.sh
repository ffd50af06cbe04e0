# What packages and archives do as root: owners and modes survive dpkg, tar, cp and install.
cd /root || exit
umask 022
export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
show() { stat -c '%n %a %u:%g %F' "$@"; }

echo '== a package'
mkdir -p pkg/DEBIAN pkg/usr/bin pkg/etc pkg/var/lib/probe
printf '#!/bin/sh\necho probe\n' >pkg/usr/bin/probe
echo setting >pkg/etc/probe.conf
chmod 4755 pkg/usr/bin/probe
chown 0:8 pkg/var/lib/probe
chmod 2775 pkg/var/lib/probe
ln -s probe.conf pkg/etc/probe.link
chown -h 7:8 pkg/etc/probe.link
cat >pkg/DEBIAN/control <<'EOF'
Package: probe
Version: 1.0
Architecture: arm64
Maintainer: Nobody <nobody@example.org>
Description: what packages do
EOF
echo /etc/probe.conf >pkg/DEBIAN/conffiles
cat >pkg/DEBIAN/postinst <<'EOF'
#!/bin/sh
set -e
echo "postinst $1 as $(id -u):$(id -g)"
chown 33:34 /var/lib/probe
install -o 33 -g 34 -m 0600 /dev/null /var/lib/probe/secret
EOF
chmod 755 pkg/DEBIAN/postinst
dpkg-deb -b pkg probe.deb
dpkg-deb -c probe.deb | awk '{print $1, $2, $6}'
touch /var/lib/dpkg/status
dpkg -i probe.deb 2>&1 | grep -v '^(Reading'
show /usr/bin/probe /etc/probe.conf /etc/probe.link /var/lib/probe /var/lib/probe/secret
dpkg -s probe | grep -e Status -e Version
dpkg -r probe 2>&1 | grep -v '^(Reading'
show /etc/probe.conf
dpkg -P probe 2>&1 | grep -v '^(Reading'
ls /usr/bin/probe /etc/probe.conf 2>&1

echo '== an archive'
mkdir -p src/sub src/shut
for id in 1 2 3; do
    echo $id >src/f$id
    chown $id:$((id + 10)) src/f$id
done
chmod 6755 src/f1
chmod 0 src/f2
chmod 1777 src/sub
ln src/f3 src/sub/hard
ln -s f1 src/link
chown -h 4:14 src/link
mkfifo src/fifo
chown 5:15 src/fifo
chown 6:16 src/shut
chmod 0 src/shut
echo inside >src/shut/inside
tar -cpf t.tar --numeric-owner --sort=name src
mkdir out
tar -xpf t.tar --numeric-owner -C out
(cd src && find . | sort | xargs stat -c '%n %a %u:%g %F %h') >a
(cd out/src && find . | sort | xargs stat -c '%n %a %u:%g %F %h') >b
cat a
cmp a b && echo same
cat out/src/f2 out/src/shut/inside

echo '== copies'
cp -a src copy
(cd copy && find . | sort | xargs stat -c '%n %a %u:%g %F %h') >c
cmp a c && echo same
cp -p src/f1 plain
show plain
mv plain src/sub/moved
show src/sub/moved
install -d -o 40 -g 41 -m 2750 dir
install -o 42 -g 43 -m 4711 src/f3 dir/prog
touch dir/new
show dir dir/prog dir/new
chown --from=42 50 dir/prog
chown --from=1 51 dir/prog
chmod u+s dir/prog
show dir/prog
find . -perm -4000 | sort
find . -user 5
rm -r src out copy && ls

# apt-get with a repository of its own: update, install with what it depends on, upgrade, remove. It gives up root for its work on files.
cd /root || exit
umask 022
export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive
package() {
    local name=$1 version=$2 depends=$3
    rm -rf pkg; mkdir -p pkg/DEBIAN pkg/usr/share/$name repository
    printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\n%sDescription: what apt does\n' \
        "$name" "$version" "${depends:+Depends: $depends
}" >pkg/DEBIAN/control
    printf '#!/bin/sh\necho "postinst %s $1 ${2:-first}"\nchown 33:34 /usr/share/%s/data\n' "$name" "$name" >pkg/DEBIAN/postinst
    chmod 755 pkg/DEBIAN/postinst
    echo "$name $version" >pkg/usr/share/$name/data
    dpkg-deb -b pkg repository/${name}_${version}_all.deb >/dev/null
}
index() {
    (cd repository && for deb in *.deb; do
        dpkg-deb -f "$deb"
        printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$deb" "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d' ' -f1)"
    done >Packages)
}
quiet() { grep -v -e '^(Reading' -e '^Reading' -e '^Building' -e '^Fetched' -e '^Get:' -e '^Ign:' -e '^Need to get' -e '^After this' -e '^debconf:' -e '^Preparing'; }
touch /var/lib/dpkg/status /var/lib/dpkg/available
mkdir -p /etc/apt/apt.conf.d /var/log/apt
echo "deb [trusted=yes] file:/root/repository ./" >/etc/apt/sources.list
chmod 755 /root
package lower 1.0 ''; package upper 1.0 'lower (>= 1.0)'; index
echo '== update'
apt-get -q update 2>&1 | quiet
apt-cache policy upper | head -3
echo '== install'
apt-get -q -y install upper 2>&1 | quiet
stat -c '%n %a %u:%g' /usr/share/{lower,upper}/data /var/lib/apt/lists/partial /var/cache/apt/archives/partial
dpkg-query -W -f '${Package} ${Version} ${Status}\n' lower upper
echo '== upgrade'
package lower 1.1 ''; index
apt-get -q update 2>&1 | quiet
apt-get -q -y upgrade 2>&1 | quiet
cat /usr/share/lower/data
echo '== remove'
apt-get -q -y remove lower 2>&1 | quiet
ls /usr/share/lower /usr/share/upper 2>&1
apt-get -q check | quiet; dpkg --audit

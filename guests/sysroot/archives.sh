# tar and the compressors, there and back.
set -u
export LC_ALL=C
mkdir -p pack/sub; seq 3000 >pack/numbers; head -c 30000 /dev/zero >pack/zeros; head -c 5000 /bin/true >pack/sub/binary; ln -s numbers pack/link; ln pack/numbers pack/hard; chmod 640 pack/zeros; touch -d @1000000000 pack/sub/* pack/*
before=$(cd pack; find . -type f | sort | xargs sha256sum | sha256sum)
for kind in -z -j -J; do
    tar -c $kind -f tree.tar pack && rm -rf out && mkdir out && tar -x -f tree.tar -C out && (cd out/pack; find . -type f | sort | xargs sha256sum | sha256sum) | grep -Fxc "$before"; tar tvf tree.tar | awk '{ print $1, $3, $6, $7, $8, $9, $10 }' | sed 's/ *$//' | grep -v 'd.*/$' | sort -k3 | awk '{ print $1, $3 }'
done
stat -c '%a %h %Y' out/pack/zeros out/pack/hard out/pack/sub/binary
tar --append -f plain.tar pack/link; tar --concatenate -f plain.tar plain.tar 2>/dev/null; tar --delete -f plain.tar pack/link; tar cf - --exclude=zeros --transform 's/^pack/other/' pack | tar tf - | sort; tar cSf sparse.tar pack/zeros; tar --to-stdout -xf tree.tar pack/numbers | tail -1; tar -df tree.tar && echo no difference
for program in gzip bzip2 xz 'zstd --no-asyncio'; do
    cp pack/numbers n; $program -k n 2>/dev/null; rm n; $program -dq n.*; sha256sum n | cut -c1-12; $program -c n | $program -dc | cksum; $program -t n.* 2>&1 | head -1; rm -f n.*
    head -c 100 n | $program -9 2>/dev/null | head -c 60 | $program -dc >/dev/null 2>&1; echo status $?
done
zcat <(gzip -c pack/numbers) | wc; xzcat <(xz -c pack/numbers) | md5sum; zgrep -c 99 <(gzip -c pack/numbers); bzcat <(bzip2 -c pack/numbers) | tail -1; gzip -l <(gzip -c pack/zeros) | awk 'NR == 2 { print $2 }'; zstd --no-asyncio -q --ultra -20 pack/numbers -o n.zst; zstd --no-asyncio -dcq n.zst | cmp - pack/numbers && echo equal

# ninja: a graph of commands, in parallel; only what has changed is made again.
cat > build.ninja <<'END'
rule cat
  command = cat $in > $out
rule sum
  command = sha256sum $in > $out
END
i=0
while [ $i -lt 40 ]; do
    echo "file $i" > s$i
    echo "build o$i: cat s$i" >> build.ninja
    echo "build c$i: sum o$i" >> build.ninja
    i=$((i + 1))
done
ninja -j3 --quiet
cat c[0-9]* | sha256sum
ninja
echo more >> s3
ninja -j1 -v
ninja -t query o3

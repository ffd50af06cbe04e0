# ripgrep: many files, several threads.
mkdir t
i=0
while [ $i -lt 200 ]; do
    printf 'line %d of the text\nanother xyzzy%d here\n' $i $((i % 7)) > t/f$i.txt
    i=$((i + 1))
done
rg -c 'xyzzy[36]' t | sort | sha256sum
rg --sort path -n -i 'LINE 1\d\d' t | head -5
rg --json xyzzy0 t/f7.txt | grep -c match
rg -l '(\w+) \d{3}' t | wc -l
rg -U --sort path 'text\nanother xyzzy5' t | tail -n 4
rg --stats -q nothing_like_it t | grep searched
echo $?

# Programs in Go, whose runtime makes its own calls: threads, signals that preempt, netpoll; and two in Rust.
set -u
export LC_ALL=C HOME=$PWD
# age: keys from the kernel's randomness, encryption by key and by several recipients, refusal of a wrong key.
age-keygen -o key 2>/dev/null; age-keygen -o other 2>/dev/null
recipient=$(age-keygen -y key)
seq 20000 >plain
age -r "$recipient" -o sealed plain && age -d -i key sealed | cmp - plain && echo opened
age -d -i other sealed 2>/dev/null >nothing; echo "wrong key: $?"
age -a -r "$recipient" -r "$(age-keygen -y other)" plain >armoured; head -1 armoured; age -d -i other armoured | cksum
head -c 1000 sealed >cut; age -d -i key cut 2>/dev/null | wc -c
# gron: JSON to lines and back.
echo '{"b":[1,2,{"c":null}],"a":"x\ty"}' >j; gron j; gron j | gron --ungron | tr -d ' \n'; echo; gron -s <(printf '{"n":1}\n{"n":2}\n') | grep 'n = '
# fzf: a filter without a terminal.
printf '%s\n' apple grape pineapple maple | fzf -f ple; seq 1000 | fzf -f 99 --no-sort | head -3; printf 'a\n' | fzf -f zzz; echo "none: $?"
# minify: parsers for six languages, files in parallel.
mkdir -p site out; echo '<html> <body>  <p> hello   <b>you</b> </p> </body></html>' >site/a.html; echo 'var  longName = 1 + 2 ; console.log( longName );' >site/b.js
echo 'a { color : #ff0000 ; margin : 0px }' >site/c.css; minify -r -o out/ site/ 2>/dev/null; for f in a.html b.js c.css; do find out -name $f -exec cat {} \;; echo; done
# git-lfs: a filter that hashes large files.
git-lfs pointer --file=plain 2>/dev/null
# A scheduler with more to do than it has processors, and one with a single one.
for i in 1 2 4 8; do GOMAXPROCS=$i GOGC=5 gron j | cksum; done
# Signals in Go: the default actions, by which shells see how a program ended.
fzf -f x <<<x >/dev/null; mkfifo f; exec 3<>f; (minify --type=js <&3 >nothing & pid=$!; sleep 0.3; kill -TERM $pid; wait $pid; echo "ended: $?") 2>/dev/null
# Rust: a walker with threads, and a searcher with vector instructions.
mkdir -p many; for i in $(seq 40); do mkdir many/$i; seq $i $((i + 50)) >many/$i/f.txt; done
fdfind -e txt . many | wc -l; fdfind -x echo found {/.} ';' '^f' many/1; rg -c '^77$' many | wc -l; rg -j4 --sort path -n '^90$' many | head -2; rg -o '[0-9]+5$' many/7 --no-filename | tr '\n' ' '; echo; printf 'caf\303\251 \342\202\254\n' | rg -o '\p{L}+'; rg nothing many; echo "none: $?"

# Process substitution.
$BUSYBOX diff <(echo a; echo b) <(echo a; echo c)
echo $?
while read -r x; do sum=$((sum + x)); done < <(for i in {1..100}; do echo $i; done)
echo $sum
$BUSYBOX sort words.txt > >($BUSYBOX uniq -c > counted)
while [[ ! -s counted ]]; do $BUSYBOX usleep 1000; done
wait
$BUSYBOX cat counted
$BUSYBOX paste <(echo 1; echo 2) <(echo x; echo y) <(echo p)

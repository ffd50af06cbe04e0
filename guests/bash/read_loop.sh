# read: delimiters, counts, arrays, time-outs, raw.
while IFS=: read -r name _ born _; do echo "$born $name"; done < people.txt
IFS=, read -ra parts <<< "a,b,,d"; declare -p parts
read -n 3 x <<< abcdef; echo $x
read -d x y <<< "one two x rest"; echo "[$y]"
read -t 0.05 z < <($BUSYBOX sleep 1); echo $?
mapfile -t lines < left.txt; echo ${#lines[@]} ${lines[2]}
mapfile -s 2 -n 2 -t some < left.txt; declare -p some
read -r a b <<< 'back\slash two  three'; echo "$a|$b"
while read -r line || [[ $line ]]; do echo "<$line>"; done < unterminated.txt

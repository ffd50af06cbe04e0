# Indexed arrays: sparse, slices, append, unset, in loops.
a=(one two "three four" five)
a[10]=ten
echo "${#a[@]} ${!a[@]}"
printf '<%s>' "${a[@]}"; echo
echo "${a[@]:1:2}" "${a[-1]}"
a+=(eleven)
unset 'a[1]'
for i in "${!a[@]}"; do echo "$i=${a[i]}"; done
declare -p a
b=("${a[@]/e/E}")
echo "${b[*]}" "${#b[2]}"
IFS=,; echo "${a[*]}"

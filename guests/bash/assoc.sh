# Associative arrays.
declare -A age=([ada]=36 [alan]=41)
age[grace]=85
while IFS=: read -r name _ _ years _; do age[$name]=$years; done < people.txt
for k in $(printf '%s\n' "${!age[@]}" | $BUSYBOX sort); do echo "$k ${age[$k]}"; done
[[ -v age[ken] ]] && echo has ken
[[ -v age[nobody] ]] || echo no nobody
unset 'age[ken]'; echo ${#age[@]}

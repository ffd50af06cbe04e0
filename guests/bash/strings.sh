# Work on strings: reverse, count, split, join, caesar, words.
reverse() { local s=$1 r= i; for ((i = ${#s} - 1; i >= 0; i--)); do r+=${s:i:1}; done; echo $r; }
reverse "hello world"
declare -A count; text=$(<poem.txt)
for ((i = 0; i < ${#text}; i++)); do c=${text:i:1}; [[ $c == [a-z] ]] && ((count[$c]++)); done
for c in {a..z}; do [[ ${count[$c]} ]] && printf '%s%d ' $c ${count[$c]}; done; echo
caesar() { local s=$1 k=$2 o= i n c; for ((i = 0; i < ${#s}; i++)); do c=${s:i:1}; printf -v n %d "'$c"; if [[ $c == [a-z] ]]; then printf -v c "\\$(printf %03o $(((n - 97 + k) % 26 + 97)))"; fi; o+=$c; done; echo "$o"; }
caesar "attack at dawn" 3
words=($text); echo ${#words[@]}; IFS=+; echo "${words[*]:0:4}"
[[ abc < abd ]] && echo less; [[ -z "" && -n x ]] && echo empty

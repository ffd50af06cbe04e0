# Scope, recursion, references, return values, exported functions.
outer() { local v=local; inner; echo $v; }
inner() { v=changed; }
v=global; outer; echo $v
swap() { local -n x=$1 y=$2; local t=$x; x=$y; y=$t; }
p=1 q=2; swap p q; echo $p $q
fact() { (($1 <= 1)) && { echo 1; return; }; echo $(($1 * $(fact $(($1 - 1))))); }
fact 15
status() { return $1; }
status 300; echo $?
greet() { echo "hello from $1 ${FUNCNAME[0]}"; }
export -f greet
$BASH_PROGRAM -c 'greet child'
unset -f greet; type greet 2>&1
f() { echo "$# $*"; shift 2; echo "$@"; set -- new; echo $1; }; f a b c d

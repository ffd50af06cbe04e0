# Arithmetic.
echo $((7 / 2)) $((-7 / 2)) $((-7 % 3)) $((2 ** 62)) $((9223372036854775807 + 1))
echo $((0x1f)) $((017)) $((2#1011)) $((36#zz)) $((1 << 40)) $((-1 >> 1))
x=5; ((x += 3, x++)); echo $x $((x > 8 ? 1 : 0)) $((!x)) $((~x)) $((x & 12 | 3 ^ 1))
for ((i = 0, j = 10; i < j; i += 3, j--)); do echo $i $j; done
let 'y = x * 2' ; echo $y
echo $((1 / 0)); echo after $?
fib() { local n=$1; if ((n < 2)); then echo $n; else echo $(($(fib $((n - 1))) + $(fib $((n - 2))))); fi; }
fib 9
sieve=(); for ((i = 2; i < 200; i++)); do ((sieve[i])) && continue; printf '%d ' $i; for ((j = i * i; j < 200; j += i)); do sieve[j]=1; done; done; echo

# printf in all its forms.
printf '%5d|%-5d|%05d|%+d|%x|%X|%o|%#x\n' 42 42 42 42 255 255 8 255
printf '%.3f|%10.2e|%g|%G\n' 3.14159 12345.678 0.0001 1e20
printf '%s|%10s|%-10s|%.2s|%c\n' abc abc abc abc abc
printf '%b|%q|%%\n' 'a\tb\x41\u00e9' "it's \$x"
printf '%s-%s\n' a b c
printf -v var '%03d' 7; echo $var
printf '%(%Y-%m-%d %H:%M:%S)T\n' 0
printf '%*d|%-*d|\n' 6 42 6 42
printf '%d\n' "'A"
printf '%d\n' nonsense
printf '%a\n' 1

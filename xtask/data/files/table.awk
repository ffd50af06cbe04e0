BEGIN { FS = ":"; printf "%-10s|%6s\n", "name", "born" }
{ sum += $3; n[$5]++; printf "%-10s|%6d\n", $1, $3 }
END { printf "mean %.3f %s\n", sum / NR, sqrt(2); print n["London"], length("héllo"), toupper(substr("abcdef", 2, 3)) }

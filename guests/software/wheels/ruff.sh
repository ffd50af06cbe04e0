# ruff: checks, mends and formats Python.
mkdir p
for i in 1 2 3 4 5 6 7 8; do
    printf 'import os, sys\nfrom typing import List\ndef  f( x:List[int] )->int :\n  y = [i*%d for i in x if  i>%d]\n  l = lambda a : a+1\n  return sum( y )  # x\n' $i $i > p/m$i.py
done
ruff check --no-cache --output-format concise --select ALL p 2> warnings | sort
ruff check --no-cache --fix -q p > errors
echo $?
ruff format --no-cache p
cat p/*.py | sha256sum
cat p/m3.py

1!G
h
$!d

# typos: finds and mends misspelt words.
printf 'teh quick fox recieves a seperate occurence\n' > a.txt
typos a.txt --format brief --color never
echo $?
typos -w a.txt
cat a.txt

# Here-documents and here-strings, large ones too.
name=world
cat() { while IFS= read -r line; do echo "$line"; done; }
cat <<END
hello $name $((1 + 2)) $(echo sub)
	tab \$escaped
END
cat <<'END'
no $expansion `here`
END
cat <<-END
	indented
		twice
	END
cat <<< "string $name"
big=$(printf 'x%.0s' {1..100000})
$BUSYBOX wc -c <<< "$big"
$BUSYBOX md5sum <<END
$big$big
END

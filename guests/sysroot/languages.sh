# perl, lua, jq, sqlite3, make.
set -u
export LC_ALL=C
perl -e 'my %h = map { $_ => length } qw(pear fig apple); print join(",", map { "$_=$h{$_}" } sort keys %h), "\n"; printf "%.5f %s %d\n", atan2(1,1)*4, "a" x 3, 7 <=> 3; $_ = "2024-01-02"; print "$3/$2/$1\n" if /(\d+)-(\d+)-(\d+)/; print join("|", split /,/, "a,b,,c"), "\n"; local $SIG{USR1} = sub { print "signal\n" }; kill USR1 => $$; print `echo sub`, $? >> 8, "\n"; open(my $p, "-|", "seq 3") or die; print while <$p>; close $p; my $pid = fork; exit 5 unless $pid; waitpid $pid, 0; print $? >> 8, "\n"; print pack("nN", 1, 2) eq "\0\1\0\0\0\2" ? "packed\n" : "no\n"; print sprintf("%v d", "1.22.333"), " $^O ", sprintf("%b", 10), "\n"; die "dead\n" if -e "/no/such"; print -d "/etc" ? "dir\n" : "no\n"'
lua -e 'print(string.format("%5.1f %q %s", 3.14159, "a\nb", tostring(2^53)), #"hello", 7 // 2, 7 % -3, 1 << 40, math.maxinteger, ("x"):rep(3)); local t = {} for w in ("the quick fox"):gmatch("%a+") do t[#t + 1] = w:upper() end print(table.concat(t, " ")); print(pcall(error, {code = 1}), select("#", table.unpack({1, nil, 3}, 1, 3))); for l in io.popen("echo popen"):lines() do print(l) end; print(os.execute("exit 3")); co = coroutine.wrap(function() for i = 1, 2 do coroutine.yield(i) end end) print(co(), co()); print(os.date("!%F", 0), os.getenv("LC_ALL"), io.open("/no/such"))'
jq -c '.a | map(select(. > 1)) | add' <<<'{"a":[1,2,3]}'; jq -r '.[] | "\(.n): \(.v | tostring)"' <<<'[{"n":"x","v":1.5},{"n":"y","v":[1]}]'; jq -n '[range(5)] | {sum: add, max: max, s: (map(tostring) | join("-"))}'; jq -S . <<<'{"b":1,"a":{"d":null,"c":"\u00e4"}}'; jq . <<<'{bad' >/dev/null 2>&1; echo $?; jq -n '"test" | test("^t"), @base64, ascii_upcase, (now > 0), pow(2;10), (3.7 | floor)'
sqlite3 d.db 'create table t(id integer primary key, name text, x real); begin; with recursive c(n) as (select 1 union all select n + 1 from c where n < 2000) insert into t select n, "row" || n, n / 7.0 from c; commit; select count(*), sum(id), round(avg(x), 6), max(name) from t; create index i on t(name); explain query plan select * from t where name = "row5"; select id, x from t where name = "row5"; pragma integrity_check;' | sed 's/.*SEARCH/SEARCH/'
sqlite3 d.db 'pragma journal_mode = wal; insert into t values(5000, "wal", 0);'; (sqlite3 d.db 'pragma busy_timeout = 20000; begin immediate; insert into t values(5001, "one", 1); select count(*) from t; commit;' >/dev/null & sqlite3 d.db 'pragma busy_timeout = 20000; begin immediate; insert into t values(5002, "two", 2); commit;' >/dev/null; wait); sqlite3 d.db 'select count(*), json_extract("{""a"":[1,2]}", "$.a[1]"), date(0, "unixepoch"), hex("é"), upper("x"), 1 / 0, abs(-9223372036854775807) from t'; sqlite3 -csv -header d.db 'select id, name from t where id > 4999'
cat >Makefile <<'M'
OBJECTS = a.o b.o c.o
all: prog; @echo done
prog: $(OBJECTS); @cat $^ >$@; wc -c <$@
%.o: %.in; @echo making $@; tr a-z A-Z <$< >$@
.PHONY: all clean
clean: ; @rm -f *.o prog; echo clean
M
for f in a b c; do echo text of $f >$f.in; done; make --no-print-directory | sort; make --no-print-directory; touch -d '+1 minute' b.in; make -j2 --no-print-directory 2>/dev/null | sort; cat prog; make clean; make -n prog 2>/dev/null | wc -l; make nothing 2>&1 | sed 's/.*: //'

# curl with file:// and with servers on loopback; redis with its own client and benchmark.
set -u
export LC_ALL=C
curl -s "file://$PWD/poem.txt" | cmp - poem.txt && echo file; curl -s "file://$PWD/no"; echo $?
python3 -u -m http.server --bind 127.0.0.1 0 >server 2>/dev/null &
until port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' server) && [ -n "$port" ]; do sleep 0.1; done
curl -s http://127.0.0.1:$port/poem.txt | cmp - poem.txt && echo http; curl -s -o /dev/null -w '%{http_code} %{size_download}\n' http://127.0.0.1:$port/words.txt; curl -s -I http://127.0.0.1:$port/no | head -1 | tr -d '\r'; seq 8 | xargs -P8 -I{} curl -s -o got.{} http://127.0.0.1:$port/poem.txt; cat got.* | wc -c; rm got.*
kill %1; wait 2>/dev/null
node -e '
const http = require("http"), assert = require("assert");
const server = http.createServer((request, response) => { let body = ""; request.on("data", d => body += d); request.on("end", () => response.end(body.toUpperCase())); });
server.listen(0, "127.0.0.1", () => {
    const request = http.request({ port: server.address().port, method: "POST" }, response => { response.setEncoding("utf8"); response.on("data", d => console.log(d)); response.on("end", () => server.close()); });
    request.end("shout");
});'
redis-server --port 0 --unixsocket "$PWD/redis.sock" --save '' --dir "$PWD" >redis.log 2>&1 &
until [ -S redis.sock ]; do sleep 0.1; done
r() { redis-cli -s redis.sock "$@"; }
r set key value; r get key; r incr count; r incrby count 41; r rpush list a b c; r lrange list 0 -1; r eval 'return redis.call("get", KEYS[1]) .. "!"' 1 key; r setex short 100 x; r ttl short | grep -c -E '^(100|99)$'; r info memory | tr -d '\r' | awk -F: '$1 == "used_memory_rss" { print ($2 > 1000000 && $2 < 100000000) }'
redis-benchmark -s redis.sock -n 2000 -c 20 -q -t set,get,lpush --csv 2>/dev/null | wc -l; r dbsize | grep -c -E '^[0-9]+$'; r bgsave; until r lastsave >/dev/null && [ -f dump.rdb ]; do sleep 0.1; done; ls dump.rdb; r shutdown nosave; wait

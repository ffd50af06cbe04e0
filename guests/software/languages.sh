# Programs that translate code themselves: node's V8; and Ruby, with threads, fibers and processes.
set -u
export LC_ALL=C.UTF-8
node -e '
let s = 0; for (let i = 0; i < 5e6; i++) s = (s + i * i) % 1000003; console.log(s);
console.log([3, 1, 2].sort(), JSON.stringify({ a: [1, { b: null }] }), 2n ** 100n, 0.1 + 0.2, "ä".length, /(\d+)-(?<x>\d+)/.exec("12-34").groups.x);
class A { #x = 1; get x() { return this.#x; } static *gen() { yield* [1, 2]; } } console.log(new A().x, [...A.gen()]);
const { Worker } = require("worker_threads"); const shared = new Int32Array(new SharedArrayBuffer(4));
const workers = [1, 2, 3].map(() => new Promise(done => new Worker("const { workerData } = require(\"worker_threads\"); for (let i = 0; i < 10000; i++) Atomics.add(workerData, 0, 1);", { eval: true, workerData: shared }).on("exit", done)));
Promise.all(workers).then(() => console.log("workers", shared[0]));'
node -e '
const code = new Uint8Array([0,97,115,109,1,0,0,0,1,7,1,96,2,127,127,1,127,3,2,1,0,7,7,1,3,97,100,100,0,0,10,9,1,7,0,32,0,32,1,106,11]);
WebAssembly.instantiate(code).then(m => { console.log("wasm", m.instance.exports.add(40, 2)); setTimeout(() => console.log("timer"), 20); });
const fs = require("fs"), crypto = require("crypto"), zlib = require("zlib"), { execFileSync } = require("child_process");
console.log(execFileSync("sh", ["-c", "echo child"]).toString().trim(), crypto.createHash("sha256").update("elfuse").digest("hex").slice(0, 16), zlib.gunzipSync(zlib.gzipSync("text")).toString());
fs.writeFileSync("made", "x".repeat(1000)); console.log(fs.statSync("made").size, fs.readdirSync(".").includes("made"));
try { (function f() { f(); })(); } catch (e) { console.log(e.constructor.name); }'
ruby -e '
puts RUBY_PLATFORM[/aarch64/], (1..20).inject(:*), 2**100, [3, 1, 2].sort.inspect, "äöü".reverse, 0.1 + 0.2
puts Fiber.new { Fiber.yield 1; 2 }.then { |f| [f.resume, f.resume].inspect }
q = Queue.new; 4.times.map { |i| Thread.new { 100.times { q << i } } }.each(&:join); puts q.size
r, w = IO.pipe; pid = fork { w.puts "child"; exit! 7 }; w.close; puts r.read; Process.wait pid; puts $?.exitstatus
puts `echo shell`, "a1b22"[/\d+$/], { a: 1 }.to_a.inspect; trap("USR1") { puts "signal" }; Process.kill "USR1", $$; sleep 0.1
begin; raise ArgumentError, "no"; rescue => e; puts e.message; end; def deep(n) = deep(n + 1); begin; deep 0; rescue SystemStackError; puts "deep"; end; GC.start; puts ObjectSpace.count_objects[:TOTAL] > 0'
python3 - <<'P'
import asyncio, concurrent.futures, multiprocessing, ssl, sys
def square(x): return x * x
async def main():
    process = await asyncio.create_subprocess_shell("echo sub", stdout=asyncio.subprocess.PIPE)
    print((await process.communicate())[0]); await asyncio.gather(*[asyncio.sleep(0.01) for _ in range(100)])
asyncio.run(main())
with multiprocessing.get_context("fork").Pool(4) as pool: print(pool.map(square, range(8)))
with concurrent.futures.ThreadPoolExecutor(8) as pool: print(sum(pool.map(square, range(100))))
print(ssl.create_default_context().verify_mode)
P

# Python: the interpreter's own machinery, files, processes and numbers.
exec python3 -I -B - <<'P'
import collections, ctypes.util, datetime, decimal, fractions, hashlib, io, itertools, json, math, os, re, shutil, signal
import sqlite3, stat, struct, subprocess, sys, tempfile, time, zlib
print(sys.version_info[:2], sys.platform, sys.byteorder, os.uname().machine, sys.executable, struct.calcsize("P"))
print(json.dumps(json.loads('{"b": [1, 2.5, null, "\\u00e4"], "a": {"x": true}}'), sort_keys=True))
print(re.sub(r"(\w+)@(\w+)\.com", r"\2 at \1", "joe@example.com, ann@test.com"), re.findall(r"\d+", "a1b22c333"))
print(2**200, divmod(-7, 3), 0.1 + 0.2, math.sqrt(2), math.gamma(5.5), math.fsum([0.1] * 10), float("1e-310"), round(2.675, 2), math.nextafter(1, 2))
print(decimal.Decimal(1) / 7, fractions.Fraction(1, 3) + fractions.Fraction(1, 6), complex(1, 2) ** 2, hash(0.5), int("ff", 16), f"{math.pi:.10e} {1234567:,}")
for name in "md5", "sha1", "sha256", "sha3_256", "blake2b": print(name, hashlib.new(name, b"elfuse").hexdigest()[:16])
print(zlib.crc32(b"elfuse"), zlib.decompress(zlib.compress(b"x" * 1000)) == b"x" * 1000, struct.unpack("<hIq", struct.pack("<hIq", -2, 3, -4)))
with tempfile.TemporaryDirectory() as d:
    os.chdir(d)
    with open("f", "w+") as f:
        f.write("line\n" * 3); f.seek(5); print(f.read(4), f.tell(), os.fstat(f.fileno()).st_size)
    os.symlink("f", "l"); os.link("f", "h"); os.mkdir("sub"); os.rename("h", "sub/h"); os.chmod("f", 0o600)
    print(sorted(os.listdir()), os.readlink("l"), os.stat("f").st_nlink, stat.filemode(os.stat("f").st_mode), os.path.realpath("l") == os.path.join(os.path.realpath(d), "f"))
    print([(r.replace(d, ""), sorted(ds), sorted(fs)) for r, ds, fs in os.walk(d)], shutil.copyfile("f", "g"), os.path.samefile("f", "sub/h"))
    for call in (lambda: open("no"), lambda: os.rmdir("sub"), lambda: os.mkdir("f"), lambda: os.listdir("f"), lambda: os.readlink("f")):
        try: call()
        except OSError as e: print(type(e).__name__, e.errno)
    fd = os.open("f", os.O_RDONLY); print(os.readlink(f"/proc/self/fd/{fd}") == os.path.realpath("f"), os.path.exists(f"/dev/fd/{fd}")); os.close(fd)
    db = sqlite3.connect("db"); db.execute("create table t(a integer, b text)"); db.executemany("insert into t values(?, ?)", ((i, str(i * i)) for i in range(500))); db.commit()
    print(db.execute("select count(*), sum(a), max(length(b)) from t").fetchone()); db.close(); os.chdir("/")
print(subprocess.run(["sh", "-c", "echo out; echo err >&2; exit 3"], capture_output=True), subprocess.check_output("tr a-z A-Z", input=b"shout", shell=True))
print(subprocess.Popen([sys.executable, "-ISc", "import sys; print(sys.argv)", "x y"], stdout=subprocess.PIPE).communicate()[0])
try: subprocess.run(["/no/such"])
except FileNotFoundError as e: print("missing", e.filename)
r, w = os.pipe(); pid = os.fork()
if pid == 0: os.write(w, b"child"); os._exit(7)
print(os.read(r, 10), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
signal.signal(signal.SIGALRM, lambda s, f: print("alarm")); signal.setitimer(signal.ITIMER_REAL, 0.05); signal.pause()
print(datetime.datetime.fromtimestamp(0, datetime.timezone.utc), time.gmtime(86400)[:3], datetime.date(2024, 2, 29).isocalendar()[:2])
print(collections.Counter("mississippi").most_common(2), list(itertools.permutations("abc", 2))[:3], sorted({"b", "a"}), bytes(range(3)), "ä".encode(), "\N{SNOWMAN}".encode("utf-8"))
print(open("/proc/self/comm").read().strip(), os.readlink("/proc/self/exe"), "python3" in open("/proc/self/maps").read(), os.path.exists("/proc/self/smaps"), os.cpu_count() > 0, os.sysconf("SC_PAGE_SIZE"))
P

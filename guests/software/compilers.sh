# gcc and g++: compile, link statically, dynamically and as shared objects, run; make in parallel.
set -u
export LC_ALL=C
cat >hello.c <<'C'
#include <math.h>
#include <pthread.h>
#include <stdio.h>
static void *run(void *text) { puts(text); return NULL; }
int main(int argc, char **argv)
{
    pthread_t thread;
    pthread_create(&thread, NULL, run, "thread");
    pthread_join(thread, NULL);
    printf("%d %.6f %s\n", argc, sin(argc), argv[1]);
    return 3;
}
C
for options in -O0 -O2 '-O3 -flto' '-O2 -static' '-g -fsanitize=undefined' '-g -fsanitize=address' '-Os -fno-pie -no-pie'; do
    gcc $options hello.c -o hello -lm -pthread && ./hello argument; echo "$options: $?"
done
cat >leak.c <<'C'
#include <stdlib.h>
int main(int argc, char **argv)
{
    char *volatile memory = malloc(4321);
    if (argc > 1) free(memory), memory[7] = **argv;
    memory = NULL;
    return 3;
}
C
for kind in address leak; do gcc -fsanitize=$kind leak.c -o leak; ./leak 2>report; echo $?; grep -c 'SUMMARY: .*: 4321 byte(s) leaked' report; done
gcc -g -fsanitize=address leak.c -o leak; ./leak more 2>&1 | grep -c 'heap-use-after-free.*leak.c:5 in main'
cat >hello.cc <<'C'
#include <algorithm>
#include <iostream>
#include <map>
#include <stdexcept>
#include <thread>
#include <vector>
struct Base { virtual ~Base() = default; virtual int value() const { return 1; } };
struct Derived : Base { int value() const override { return 2; } };
int main()
{
    std::map<std::string, std::vector<int>> map{{"a", {3, 1, 2}}};
    std::sort(map["a"].begin(), map["a"].end());
    for (int i : map["a"]) std::cout << i << ' ';
    try { map.at("b"); } catch (const std::out_of_range &e) { std::cout << "caught\n"; }
    Base *base = new Derived;
    std::cout << dynamic_cast<Derived *>(base)->value() << std::endl;
    std::thread([] { try { throw 5; } catch (int i) { std::cout << "thread " << i << std::endl; } }).join();
    delete base;
}
C
for options in -O0 '-O2 -std=c++20' '-static -O1'; do g++ $options hello.cc -o hello++ -pthread && ./hello++; done
echo 'int f(void) { return 42; }' >f.c; echo 'int f(void); int main(void) { return f(); }' >main.c
gcc -shared -fPIC f.c -o libf.so; gcc main.c -L. -lf -Wl,-rpath,'$ORIGIN' -o main; ./main; echo $?; readelf -d main | grep -c ORIGIN; nm -D libf.so | grep -c ' T f'
gcc -c f.c; ar rcs libf.a f.o; gcc main.c libf.a -o main; ./main; echo $?; objdump -d f.o | grep -c ret; size f.o | wc -l; strip main; ./main; echo $?
gcc -x c - -o none <<<'int main(void) { return undeclared; }' 2>&1 | grep -c error; gcc -Wall -c -x c - -o none.o <<<'int g(void) { int unused; }' 2>&1 | grep -c warning
echo 'int main(void) { int *p = 0; return *p; }' >fault.c; gcc fault.c -o fault; sh -c "./fault; echo \$?" 2>/dev/null
mkdir many; for i in $(seq 12); do echo "int f$i(int x) { return x + $i; }" >many/f$i.c; done
printf 'all: $(patsubst %%.c,%%.o,$(wildcard *.c))\n\tar rcs liball.a $^\n%%.o: %%.c\n\t$(CC) -O1 -c $<\n' >many/Makefile
make -s -C many -j4 && ar t many/liball.a | wc -l; make -C many -q; echo $?; touch many/f3.c; make -C many -n | grep -c 'cc -O1'

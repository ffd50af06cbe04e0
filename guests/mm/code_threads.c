// syscalls: mmap munmap mprotect
// Threads that make code, run it and unmap it, at addresses that they take over from one another.
#include "../check.h"
#include <pthread.h>
#include <sys/mman.h>

enum { PAGE = 65536, THREADS = 4, ROUNDS = 150, CALLS = 1500 };

typedef int function(void);

/* A function that returns `value`, below 65536. */
static void make(void *code, int value)
{
#ifdef __aarch64__
    uint32_t words[] = {0x52800000u | (uint32_t)value << 5, 0xd65f03c0u}; /* mov w0, #value; ret */
    memcpy(code, words, sizeof words);
#else
    unsigned char bytes[] = {0xb8, value, value >> 8, 0, 0, 0xc3}; /* mov eax, value; ret */
    memcpy(code, bytes, sizeof bytes);
#endif
    __builtin___clear_cache((char *)code, (char *)code + 8);
}

static int taken_over;
static void *last;

static void *work(void *argument)
{
    int number = (int)(long)argument;
    for (int round = 0; round < ROUNDS; round++) {
        int value = number * 1000 + round;
        void *code = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(code != MAP_FAILED);
        if (__atomic_exchange_n(&last, code, __ATOMIC_RELAXED) == code)
            __atomic_fetch_add(&taken_over, 1, __ATOMIC_RELAXED);
        make(code, value);
        CHECK_OK(mprotect(code, PAGE, PROT_READ | PROT_EXEC));
        for (int i = 0; i < CALLS; i++)
            CHECK_EQ(((function *)code)(), value);
        CHECK_OK(munmap(code, PAGE));
    }
    return NULL;
}

int main(void)
{
    begin();
    pthread_t threads[THREADS];
    for (long i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, work, (void *)i), 0);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
    CHECK(taken_over > 0);
    return finish();
}

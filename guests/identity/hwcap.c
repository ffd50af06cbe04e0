// syscalls: rt_sigaction
// AT_HWCAP tells the truth: what it names can be executed, and what it does not name cannot.
#include "../check.h"
#include <setjmp.h>
#include <sys/auxv.h>

#ifdef __aarch64__

static sigjmp_buf back;
static void on_sigill(int signal)
{
    (void)signal;
    siglongjmp(back, 1);
}

static char memory[64] __attribute__((aligned(64)));

/* A function that executes one instruction, with x0 at memory that it may use. */
#define RUNS(name, instruction) \
    static void run_##name(void) \
    { \
        register char *x0 asm("x0") = memory; \
        asm volatile(".arch armv8.6-a+crypto+sha3+sm4+sve+rng+memtag+flagm+fp16fml+ssbs+sb+i8mm+bf16\n" \
                     instruction \
                     : "+r"(x0)::"x1", "x2", "x3", "v0", "v1", "v2", "v3", "cc", "memory"); \
    }

/* Feature, AT_HWCAP or AT_HWCAP2, bit (asm/hwcap.h), one of its instructions. */
#define FEATURES(F) \
    F(fp, AT_HWCAP, 0, "fadd d0, d1, d2") \
    F(asimd, AT_HWCAP, 1, "add v0.4s, v1.4s, v2.4s") \
    F(aes, AT_HWCAP, 3, "aese v0.16b, v1.16b") \
    F(pmull, AT_HWCAP, 4, "pmull v0.1q, v1.1d, v2.1d") \
    F(sha1, AT_HWCAP, 5, "sha1h s0, s1") \
    F(sha2, AT_HWCAP, 6, "sha256su0 v0.4s, v1.4s") \
    F(crc32, AT_HWCAP, 7, "crc32x w1, w2, x3") \
    F(atomics, AT_HWCAP, 8, "ldadd x1, x2, [x0]") \
    F(fphp, AT_HWCAP, 9, "fadd h0, h1, h2") \
    F(asimdhp, AT_HWCAP, 10, "fadd v0.8h, v1.8h, v2.8h") \
    F(cpuid, AT_HWCAP, 11, "mrs x1, id_aa64isar0_el1") \
    F(asimdrdm, AT_HWCAP, 12, "sqrdmlah v0.4s, v1.4s, v2.4s") \
    F(jscvt, AT_HWCAP, 13, "fjcvtzs w1, d0") \
    F(fcma, AT_HWCAP, 14, "fcadd v0.4s, v1.4s, v2.4s, #90") \
    F(lrcpc, AT_HWCAP, 15, "ldapr x1, [x0]") \
    F(dcpop, AT_HWCAP, 16, "dc cvap, x0") \
    F(sha3, AT_HWCAP, 17, "eor3 v0.16b, v1.16b, v2.16b, v3.16b") \
    F(sm3, AT_HWCAP, 18, "sm3partw1 v0.4s, v1.4s, v2.4s") \
    F(sm4, AT_HWCAP, 19, "sm4e v0.4s, v1.4s") \
    F(asimddp, AT_HWCAP, 20, "udot v0.4s, v1.16b, v2.16b") \
    F(sha512, AT_HWCAP, 21, "sha512su0 v0.2d, v1.2d") \
    F(sve, AT_HWCAP, 22, "cntb x1") \
    F(asimdfhm, AT_HWCAP, 23, "fmlal v0.4s, v1.4h, v2.4h") \
    F(dit, AT_HWCAP, 24, "mrs x1, s3_3_c4_c2_5") \
    F(ilrcpc, AT_HWCAP, 26, "ldapur x1, [x0, #8]") \
    F(flagm, AT_HWCAP, 27, "cfinv") \
    F(ssbs, AT_HWCAP, 28, "mrs x1, s3_3_c4_c2_6") \
    F(sb, AT_HWCAP, 29, "sb") \
    F(paca, AT_HWCAP, 30, "pacia x1, x2") \
    F(pacg, AT_HWCAP, 31, "pacga x1, x2, x3") \
    F(dcpodp, AT_HWCAP2, 0, "dc cvadp, x0") \
    F(flagm2, AT_HWCAP2, 7, "axflag") \
    F(frint, AT_HWCAP2, 8, "frint32z d0, d1") \
    F(i8mm, AT_HWCAP2, 13, "usdot v0.4s, v1.16b, v2.16b") \
    F(bf16, AT_HWCAP2, 14, "bfdot v0.4s, v1.8h, v2.8h") \
    F(rng, AT_HWCAP2, 16, "mrs x1, rndr") \
    F(mte, AT_HWCAP2, 18, "irg x1, x0")

#define DEFINE(name, vector, bit, instruction) RUNS(name, instruction)
FEATURES(DEFINE)

static void compare(const char *name, int promised, void (*run)(void))
{
    volatile int runs = 0;
    if (sigsetjmp(back, 1) == 0) {
        run();
        runs = 1;
    }
    if (runs != promised)
        check_fail("%s: promised %d, runs %d", name, promised, runs);
}

static void features(void)
{
    struct sigaction action = {.sa_handler = on_sigill};
    CHECK_OK(sigaction(SIGILL, &action, NULL));
#define COMPARE(name, vector, bit, instruction) \
    compare(#name, getauxval(vector) >> (bit) & 1, run_##name);
    FEATURES(COMPARE)
}

#else

/* A machine of another kind has other features. */
static void features(void) { CHECK_OK(sigaction(SIGILL, &(struct sigaction){.sa_handler = SIG_DFL}, NULL)); }

#endif

int main(void)
{
    begin();
    features();
    return finish();
}

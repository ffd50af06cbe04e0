/* Atomics as loops of load-exclusive and store-exclusive: code built before LSE, or with it switched off. */
#ifdef __aarch64__
#pragma GCC target("no-outline-atomics")
#endif
#include "atomics.h"

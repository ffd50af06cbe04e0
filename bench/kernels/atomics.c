/* Atomics as Debian's compiler makes them: a helper that picks the LSE instructions when the processor has them. */
#include "atomics.h"

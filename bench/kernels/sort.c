/* Quicksort with insertion sort below 16, and heapsort: comparisons inline, branches hard to predict. */
#include "kernel.h"

NOINLINE static void quicksort(int64_t *v, size_t n) {
    while (n > 16) {
        int64_t a = v[0], b = v[n / 2], c = v[n - 1], pivot = a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
        size_t i = 0, j = n - 1;
        for (;; i++, j--) {
            while (v[i] < pivot) i++;
            while (pivot < v[j]) j--;
            if (i >= j) break;
            int64_t t = v[i];
            v[i] = v[j], v[j] = t;
        }
        quicksort(v + i, n - i);
        n = i;
    }
    for (size_t i = 1; i < n; i++) {
        int64_t t = v[i];
        size_t j = i;
        for (; j && t < v[j - 1]; j--) v[j] = v[j - 1];
        v[j] = t;
    }
}

NOINLINE static void heapsort(int64_t *v, size_t n) {
    for (size_t from = n / 2, end = n; end > 1;) {
        if (from) {
            from--;
        } else {
            int64_t t = v[--end];
            v[end] = v[0], v[0] = t;
        }
        int64_t t = v[from];
        size_t parent = from;
        for (size_t child; (child = 2 * parent + 1) < end; parent = child) {
            child += child + 1 < end && v[child] < v[child + 1];
            if (v[child] <= t) break;
            v[parent] = v[child];
        }
        v[parent] = t;
    }
}

static uint64_t work(uint64_t count) {
    enum { N = 1000 };
    static int64_t numbers[N];
    uint64_t sum = 0, state = SEED;
    for (uint64_t r = 0; r < count; r++) {
        for (int i = 0; i < N; i++) numbers[i] = (int64_t)random_number(&state);
        r & 1 ? heapsort(numbers, N) : quicksort(numbers, N);
        for (int i = 0; i < N; i += 50) sum = mix(sum, (uint64_t)numbers[i]);
    }
    return sum;
}

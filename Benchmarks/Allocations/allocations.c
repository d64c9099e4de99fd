#define _GNU_SOURCE
#include "allocations.h"
#include <errno.h>
#include <stddef.h>

// What glibc's own functions are called besides; the names that everybody calls are defined here.
void *__libc_malloc(size_t count);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t count);
void *__libc_memalign(size_t alignment, size_t count);

static _Thread_local uint64_t calls;

uint64_t allocations_of_this_thread(void) { return calls; }

void *malloc(size_t count) {
    calls++;
    return __libc_malloc(count);
}

void *calloc(size_t count, size_t size) {
    calls++;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t count) {
    calls++;
    return __libc_realloc(old, count);
}

void *memalign(size_t alignment, size_t count) {
    calls++;
    return __libc_memalign(alignment, count);
}

void *aligned_alloc(size_t alignment, size_t count) {
    calls++;
    return __libc_memalign(alignment, count);
}

int posix_memalign(void **out, size_t alignment, size_t count) {
    calls++;
    void *made = __libc_memalign(alignment, count);
    if (!made) return ENOMEM;
    *out = made;
    return 0;
}

// Counts what the calling thread allocates: the functions of `malloc` are taken over for the whole
// program that links this.
#pragma once
#include <stdint.h>

// Calls of malloc, calloc, realloc, memalign and their like by this thread so far.
uint64_t allocations_of_this_thread(void);

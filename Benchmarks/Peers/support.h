// Shared by the peers: bytes to write, errors, threads.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "peers.h"

// Bytes that do not compress, aligned to a page; free() them.
void *random_bytes(size_t count);

// Says `what` and errno in the result; returns -1.
int fail(peer_result *r, const char *what);

// Calls `step` for 0..<count from `writers` threads and times each call. A step returns 0 or -1.
typedef int (*peer_step)(void *context, size_t index, peer_result *r);
int run_writers(int writers, size_t count, peer_step step, void *context, uint64_t *latencies,
                peer_result *r);

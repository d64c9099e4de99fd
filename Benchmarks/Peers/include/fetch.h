// A client for measuring servers that hand out pictures: ours, and what people use today.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "peers.h"

// The one cipher that is offered, so that all pay for the same.
#define PEER_CIPHER "TLS_AES_128_GCM_SHA256"

typedef enum { PEER_OURS, PEER_HTTP, PEER_REDIS, PEER_POSTGRES } peer_wire;

typedef struct {
    peer_wire wire;
    int port;    // on loopback
    int tls;
    int server;  // process whose CPU and memory count, with its children's
    // Said once on each connection, and how many answers end it.
    const uint8_t *greeting;
    size_t greeting_bytes;
    int greeting_answers;
    // One of them at random each time; `once`: each exactly once, in order.
    const uint8_t *const *requests;
    const size_t *request_bytes;
    size_t request_count;
    int once;
    size_t body_bytes;  // that each answer must have; 0: any
    int connections;
    int depth;          // requests of one connection at a time, at most 64
    uint64_t interval;  // nanoseconds between requests of a connection, half to one and a half times; 0: at once
    int idle;           // only connect, greet and look at the server's memory
    double seconds;     // that count, after a quarter of it that does not
} peer_fetch_plan;

typedef struct {
    uint64_t answers;
    uint64_t bytes;
    double wall_seconds;
    double cpu_seconds;         // of the server
    double client_cpu_seconds;
    double memory_before;
    double memory_after;
    size_t latency_count;
    char message[256];          // why it failed
} peer_fetch_result;

// Fetches on the calling thread. Latencies are from sending to the last byte, in nanoseconds; answers
// are taken to come in the order of their requests. 0, or -1 with a message.
int peer_fetch(const peer_fetch_plan *plan, uint64_t *latencies, size_t latencies_max,
               peer_fetch_result *result);

// The calling thread runs on this core only. How many cores there are to choose from.
int peer_use_core(int core);
int peer_cores(void);
// A port of loopback that nobody has now, 0 if there is none; and whether somebody listens at one.
int peer_free_port(void);
int peer_is_listening(int port);
// CPU seconds of a process and its children.
double peer_cpu_of_family(int pid);

#define _GNU_SOURCE
#include "support.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t peer_nanoseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static double cpu_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t written_bytes(void) {
    FILE *file = fopen("/proc/self/io", "r");
    if (!file) return 0;
    char line[128];
    unsigned long long value = 0;
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "write_bytes: %llu", &value) == 1) break;
    }
    fclose(file);
    return value;
}

void peer_meter_start(peer_meter *m) {
    m->written = written_bytes();
    m->cpu = cpu_seconds();
    m->wall = peer_nanoseconds();
}

void peer_meter_stop_wall(const peer_meter *m, peer_result *r) {
    r->wall_seconds = (double)(peer_nanoseconds() - m->wall) / 1e9;
}

void peer_meter_stop_work(const peer_meter *m, peer_result *r) {
    r->cpu_seconds = cpu_seconds() - m->cpu;
    r->written_bytes = written_bytes() - m->written;
}

void *random_bytes(size_t count) {
    size_t rounded = (count + 4095) / 4096 * 4096;
    uint64_t *words = aligned_alloc(4096, rounded ? rounded : 4096);
    if (!words) return NULL;
    uint64_t x = 0x9E3779B97F4A7C15u;
    for (size_t i = 0; i < rounded / 8; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        words[i] = x;
    }
    return words;
}

int fail(peer_result *r, const char *what) {
    snprintf(r->message, sizeof r->message, "%s: %s", what, strerror(errno));
    return -1;
}

typedef struct {
    atomic_size_t next;
    atomic_int failed;
    size_t count;
    peer_step step;
    void *context;
    uint64_t *latencies;
    pthread_mutex_t lock;
    peer_result *result;
} work;

static void *writer(void *argument) {
    work *w = argument;
    while (!atomic_load(&w->failed)) {
        size_t index = atomic_fetch_add(&w->next, 1);
        if (index >= w->count) break;
        uint64_t start = peer_nanoseconds();
        peer_result mine = {0};
        if (w->step(w->context, index, &mine) != 0) {
            pthread_mutex_lock(&w->lock);
            memcpy(w->result->message, mine.message, sizeof mine.message);
            pthread_mutex_unlock(&w->lock);
            atomic_store(&w->failed, 1);
        }
        w->latencies[index] = peer_nanoseconds() - start;
    }
    return NULL;
}

int run_writers(int writers, size_t count, peer_step step, void *context, uint64_t *latencies,
                peer_result *r) {
    work w = {.count = count, .step = step, .context = context, .latencies = latencies, .result = r};
    pthread_mutex_init(&w.lock, NULL);
    pthread_t *threads = calloc((size_t)writers, sizeof *threads);
    int started = 0;
    while (threads && started < writers
           && pthread_create(&threads[started], NULL, writer, &w) == 0) started++;
    if (started < writers) {
        atomic_store(&w.failed, 1);
        snprintf(r->message, sizeof r->message, "only %d of %d threads started", started, writers);
    }
    for (int i = 0; i < started; i++) pthread_join(threads[i], NULL);
    free(threads);
    pthread_mutex_destroy(&w.lock);
    return atomic_load(&w.failed) ? -1 : 0;
}

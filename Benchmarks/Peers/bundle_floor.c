// The least that writing a bundle must do: read each picture and hash it on one core, put it through the
// container's CRC-32 and write it on another. No index, no proofs, no lists.
#define _GNU_SOURCE
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include "support.h"

enum { SLOTS = 16 };

typedef struct {
    int from;
    size_t piece;
    char *slots[SLOTS];
    ssize_t filled[SLOTS];
    size_t read_count, written_count;
    int failed;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
} bundle;

static void *read_and_hash(void *context) {
    bundle *b = context;
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    unsigned char digest[32];
    for (size_t i = 0;; i++) {
        pthread_mutex_lock(&b->mutex);
        while (b->read_count - b->written_count == SLOTS && !b->failed) {
            pthread_cond_wait(&b->changed, &b->mutex);
        }
        int failed = b->failed || !hash;
        pthread_mutex_unlock(&b->mutex);
        ssize_t count = failed ? -1 : pread(b->from, b->slots[i % SLOTS], b->piece, (off_t)(i * b->piece));
        if (count > 0) {
            EVP_DigestInit_ex(hash, EVP_sha256(), NULL);
            EVP_DigestUpdate(hash, b->slots[i % SLOTS], (size_t)count);
            EVP_DigestFinal_ex(hash, digest, NULL);
        }
        pthread_mutex_lock(&b->mutex);
        b->filled[i % SLOTS] = count;
        b->read_count++;
        pthread_cond_signal(&b->changed);
        pthread_mutex_unlock(&b->mutex);
        if (count <= 0) break;
    }
    EVP_MD_CTX_free(hash);
    return NULL;
}

static int sum_and_write(bundle *b, int to, uint64_t *bytes, peer_result *r) {
    volatile uLong sum = 0;
    for (size_t i = 0;; i++) {
        pthread_mutex_lock(&b->mutex);
        while (b->read_count == b->written_count) pthread_cond_wait(&b->changed, &b->mutex);
        ssize_t count = b->filled[i % SLOTS];
        pthread_mutex_unlock(&b->mutex);
        if (count == 0) return 0;
        if (count < 0) return fail(r, "read");
        sum = crc32(0, (const Bytef *)b->slots[i % SLOTS], (uInt)count);
        if (write(to, b->slots[i % SLOTS], (size_t)count) != count) return fail(r, "write");
        *bytes += (uint64_t)count;
        pthread_mutex_lock(&b->mutex);
        b->written_count++;
        pthread_cond_signal(&b->changed);
        pthread_mutex_unlock(&b->mutex);
    }
}

int peer_bundle(const char *from, const char *to, size_t piece, peer_result *r) {
    bundle b = {.from = open(from, O_RDONLY | O_CLOEXEC), .piece = piece,
                .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    int target = open(to, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644), code = -1;
    for (int i = 0; i < SLOTS; i++) b.slots[i] = random_bytes(piece);
    peer_meter meter;
    peer_meter_start(&meter);
    pthread_t reader;
    if (b.from < 0 || target < 0) {
        fail(r, "open");
    } else if (pthread_create(&reader, NULL, read_and_hash, &b) != 0) {
        fail(r, "thread");
    } else {
        code = sum_and_write(&b, target, &r->payload_bytes, r);
        pthread_mutex_lock(&b.mutex);
        b.failed = code;
        pthread_cond_signal(&b.changed);
        pthread_mutex_unlock(&b.mutex);
        pthread_join(reader, NULL);
        peer_meter_stop_wall(&meter, r);
    }
    for (int i = 0; i < SLOTS; i++) free(b.slots[i]);
    if (b.from >= 0) close(b.from);
    if (target >= 0) close(target);
    return code;
}

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <openssl/evp.h>
#include "support.h"

enum { page = 4096, segment_bytes = 256 << 20 };

static size_t rounded(size_t bytes) { return (bytes + page - 1) / page * page; }

static void segment_path(char *path, const char *dir, size_t number) {
    snprintf(path, PATH_MAX, "%s/segment-%zu", dir, number);
}

// How many segments the batches fill; a batch never straddles two.
static size_t segments_for(const size_t *batch_bytes, size_t batch_count, size_t *largest) {
    size_t segments = 1, used = 0;
    *largest = 0;
    for (size_t i = 0; i < batch_count; i++) {
        size_t bytes = rounded(batch_bytes[i]);
        if (bytes > *largest) *largest = bytes;
        if (used + bytes > segment_bytes) {
            segments++;
            used = 0;
        }
        used += bytes;
    }
    return segments;
}

static int make_segments(const char *dir, int *files, size_t count, peer_result *result) {
    char path[PATH_MAX];
    for (size_t i = 0; i < count; i++) files[i] = -1;
    for (size_t i = 0; i < count; i++) {
        segment_path(path, dir, i);
        files[i] = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_DIRECT | O_CLOEXEC, 0600);
        if (files[i] < 0 || fallocate(files[i], 0, 0, segment_bytes) != 0 || fsync(files[i]) != 0) {
            return fail(result, path);
        }
    }
    return 0;
}

static int write_page_aligned(int fd, const char *bytes, size_t count, off_t offset) {
    while (count > 0) {
        ssize_t written = pwrite(fd, bytes, count, offset);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0 || written % page != 0) return -1;
        bytes += written;
        count -= (size_t)written;
        offset += written;
    }
    return 0;
}

int peer_direct_prealloc(const char *dir, const size_t *batch_bytes, size_t batch_count,
                         int hashed, uint64_t *latencies, peer_result *result) {
    *result = (peer_result){0};
    size_t largest;
    size_t segments = segments_for(batch_bytes, batch_count, &largest);
    if (largest > segment_bytes) {
        errno = EFBIG;
        return fail(result, "a batch larger than a segment");
    }
    char *bytes = random_bytes(largest);
    int *files = malloc(segments * sizeof *files);
    if (!bytes || !files) {
        free(bytes);
        free(files);
        return fail(result, "segments");
    }
    int status = make_segments(dir, files, segments, result);
    size_t current = 0, used = 0;
    peer_meter m;
    peer_meter_start(&m);
    for (size_t i = 0; status == 0 && i < batch_count; i++) {
        size_t count = rounded(batch_bytes[i]);
        if (used + count > segment_bytes) {
            current++;
            used = 0;
        }
        uint64_t start = peer_nanoseconds();
        if (hashed) {
            unsigned char digest[32];
            EVP_Digest(bytes, batch_bytes[i], digest, NULL, EVP_sha256(), NULL);
        }
        if (write_page_aligned(files[current], bytes, count, (off_t)used) != 0
            || fdatasync(files[current]) != 0) {
            status = fail(result, "segment");
        }
        latencies[i] = peer_nanoseconds() - start;
        used += count;
        result->payload_bytes += batch_bytes[i];
    }
    peer_meter_stop_wall(&m, result);
    peer_meter_stop_work(&m, result);
    for (size_t i = 0; i < segments; i++) {
        char path[PATH_MAX];
        segment_path(path, dir, i);
        if (files[i] >= 0) close(files[i]);
        unlink(path);
    }
    free(files);
    free(bytes);
    return status;
}

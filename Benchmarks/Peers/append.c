#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>
#include "support.h"

// Writes `left` bytes as pieces of the same object; goes on where a short write stopped.
static int write_batch(int fd, char *object, size_t object_bytes, size_t left) {
    struct iovec pieces[IOV_MAX];
    while (left > 0) {
        int count = 0;
        size_t planned = 0;
        while (planned < left && count < IOV_MAX) {
            size_t piece = left - planned < object_bytes ? left - planned : object_bytes;
            pieces[count++] = (struct iovec){.iov_base = object, .iov_len = piece};
            planned += piece;
        }
        ssize_t written = writev(fd, pieces, count);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return -1;
        left -= (size_t)written;
    }
    return 0;
}

int peer_append_fdatasync(const char *dir, const size_t *batch_bytes, size_t batch_count,
                          size_t object_bytes, uint64_t *latencies, peer_result *result) {
    *result = (peer_result){0};
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/append", dir);
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) return fail(result, path);
    char *object = random_bytes(object_bytes);
    int status = object && fsync(fd) == 0 ? 0 : fail(result, path);
    peer_meter m;
    peer_meter_start(&m);
    for (size_t i = 0; status == 0 && i < batch_count; i++) {
        uint64_t start = peer_nanoseconds();
        if (write_batch(fd, object, object_bytes, batch_bytes[i]) != 0 || fdatasync(fd) != 0) {
            status = fail(result, path);
        }
        latencies[i] = peer_nanoseconds() - start;
        result->payload_bytes += batch_bytes[i];
    }
    peer_meter_stop_wall(&m, result);
    peer_meter_stop_work(&m, result);
    free(object);
    close(fd);
    unlink(path);
    return status;
}

int peer_leaf_loop(const char *dir, size_t batch, size_t leaf_bytes, size_t count,
                   uint64_t *latencies, peer_result *result) {
    size_t batch_count = count / batch;
    size_t *sizes = malloc(batch_count * sizeof *sizes);
    if (!sizes) return fail(result, "leaves");
    for (size_t i = 0; i < batch_count; i++) sizes[i] = batch * leaf_bytes;
    // The leaves of a batch lie side by side in memory, so they are one piece.
    int status = peer_append_fdatasync(dir, sizes, batch_count, batch * leaf_bytes, latencies,
                                       result);
    free(sizes);
    return status;
}

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "support.h"

typedef struct {
    int folder;
    const char *object;
    size_t object_bytes;
} context;

static int write_all(int fd, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(fd, bytes, count);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return -1;
        bytes += written;
        count -= (size_t)written;
    }
    return 0;
}

static int store(void *argument, size_t index, peer_result *r) {
    context *c = argument;
    char draft[64], name[64];
    snprintf(draft, sizeof draft, ".%zu", index);
    snprintf(name, sizeof name, "%zu", index);
    int fd = openat(c->folder, draft, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0) return fail(r, "open");
    int status = write_all(fd, c->object, c->object_bytes) == 0 && fsync(fd) == 0 ? 0 : -1;
    if (status != 0) fail(r, "write");
    close(fd);
    if (status != 0) return -1;
    if (renameat(c->folder, draft, c->folder, name) != 0) return fail(r, "rename");
    return fsync(c->folder) == 0 ? 0 : fail(r, "fsync of the folder");
}

int peer_file_each(const char *dir, int writers, size_t object_bytes, size_t count,
                   uint64_t *latencies, peer_result *result) {
    *result = (peer_result){0};
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/files", dir);
    if (peer_remove_tree(path) != 0 || mkdir(path, 0700) != 0) return fail(result, path);
    char *object = random_bytes(object_bytes);
    context c = {.folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), .object = object,
                 .object_bytes = object_bytes};
    int status = object && c.folder >= 0 ? 0 : fail(result, path);
    peer_meter m;
    peer_meter_start(&m);
    if (status == 0) status = run_writers(writers, count, store, &c, latencies, result);
    peer_meter_stop_wall(&m, result);
    peer_meter_stop_work(&m, result);
    result->payload_bytes = (uint64_t)object_bytes * count;
    if (c.folder >= 0) close(c.folder);
    free(object);
    peer_remove_tree(path);
    return status;
}

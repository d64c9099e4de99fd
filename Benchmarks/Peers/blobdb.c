#include <limits.h>
#include <rocksdb/c.h>
#include <stdio.h>
#include <stdlib.h>
#include "support.h"

typedef struct {
    rocksdb_t *db;
    rocksdb_writeoptions_t *synced;
    const char *object;
    size_t object_bytes;
} context;

static int took(char *message, peer_result *r) {
    if (!message) return 0;
    snprintf(r->message, sizeof r->message, "%s", message);
    rocksdb_free(message);
    return -1;
}

static int store(void *argument, size_t index, peer_result *r) {
    context *c = argument;
    // The order of arrival, as with an identifier that begins with the time.
    char key[16];
    for (int i = 0; i < 16; i++) key[i] = i < 8 ? (char)(index >> (56 - 8 * i)) : (char)i;
    char *message = NULL;
    rocksdb_put(c->db, c->synced, key, sizeof key, c->object, c->object_bytes, &message);
    return took(message, r);
}

// What its authors advise for large values: blobs outside the tree, no compression of pictures, and
// enough memtables that a flush does not hold up the writers.
static rocksdb_options_t *blob_options(void) {
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_options_set_create_if_missing(options, 1);
    rocksdb_options_set_enable_blob_files(options, 1);
    rocksdb_options_set_min_blob_size(options, 1024);
    rocksdb_options_set_compression(options, rocksdb_no_compression);
    rocksdb_options_set_blob_compression_type(options, rocksdb_no_compression);
    rocksdb_options_set_max_write_buffer_number(options, 4);
    rocksdb_options_increase_parallelism(options, 2);
    return options;
}

int peer_blobdb(const char *dir, int writers, size_t object_bytes, size_t count,
                uint64_t *latencies, peer_result *result) {
    *result = (peer_result){0};
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/blobdb", dir);
    if (peer_remove_tree(path) != 0) return fail(result, path);
    char *object = random_bytes(object_bytes);
    if (!object) return fail(result, path);
    rocksdb_options_t *options = blob_options();
    context c = {.synced = rocksdb_writeoptions_create(), .object = object,
                 .object_bytes = object_bytes};
    rocksdb_writeoptions_set_sync(c.synced, 1);
    char *message = NULL;
    c.db = rocksdb_open(options, path, &message);
    int status = took(message, result);
    peer_meter m;
    peer_meter_start(&m);
    if (status == 0) status = run_writers(writers, count, store, &c, latencies, result);
    peer_meter_stop_wall(&m, result);
    if (c.db) rocksdb_close(c.db);
    peer_meter_stop_work(&m, result);
    result->payload_bytes = (uint64_t)object_bytes * count;
    rocksdb_writeoptions_destroy(c.synced);
    rocksdb_options_destroy(options);
    free(object);
    peer_remove_tree(path);
    return status;
}

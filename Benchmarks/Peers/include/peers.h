// What the store is measured against: the least that a program must do to make bytes durable, and
// what people use today. Each function makes its files in `dir`, which the caller owns, removes them
// before it returns, and runs in this process so that both sides pay the same for it.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct {
    double wall_seconds;     // from the first write to the last acknowledgement
    double cpu_seconds;      // of all threads, background work until the close included
    uint64_t payload_bytes;  // what the caller wanted stored
    uint64_t written_bytes;  // what the process sent towards the disk (`write_bytes` of proc(5))
    char message[256];       // why it failed
} peer_result;

// Clocks and counters of this process. The store is measured with the same three lines as its peers.
typedef struct {
    uint64_t wall;
    double cpu;
    uint64_t written;
} peer_meter;

void peer_meter_start(peer_meter *meter);
// Wall time stops at the last acknowledgement; CPU and bytes when what was deferred is done too.
void peer_meter_stop_wall(const peer_meter *meter, peer_result *result);
void peer_meter_stop_work(const peer_meter *meter, peer_result *result);
uint64_t peer_nanoseconds(void);

// Every function below returns 0, or -1 with a message. `latencies` takes one value in nanoseconds for
// each commit: one a batch for the first two and the leaves, one an object for the rest.

// Bare append: each batch is one writev, in pieces of `object_bytes`, and one fdatasync, to a single
// file that grows.
int peer_append_fdatasync(const char *dir, const size_t *batch_bytes, size_t batch_count,
                          size_t object_bytes, uint64_t *latencies, peer_result *result);

// The same batches, each rounded up to pages, one O_DIRECT pwrite and one fdatasync, on segment files
// of 256 MiB that were allocated before the clock started.
// `hashed`: SHA-256 over each batch before it is written, as anything that proves must have done.
int peer_direct_prealloc(const char *dir, const size_t *batch_bytes, size_t batch_count,
                         int hashed, uint64_t *latencies, peer_result *result);

// A file each: write, fsync, rename, fsync of the folder.
int peer_file_each(const char *dir, int writers, size_t object_bytes, size_t count,
                   uint64_t *latencies, peer_result *result);

// RocksDB with integrated blob files and a synced write-ahead log.
int peer_blobdb(const char *dir, int writers, size_t object_bytes, size_t count,
                uint64_t *latencies, peer_result *result);

// Bare append of `batch` leaves at a time; `latencies` takes count / batch values.
int peer_leaf_loop(const char *dir, size_t batch, size_t leaf_bytes, size_t count,
                   uint64_t *latencies, peer_result *result);

// SHA-256 of one thread, bytes a second. The command is `openssl speed`; -1 if it is not installed.
double peer_sha256_command(void);
double peer_sha256_loop(double seconds);

// Copies a file as a bundle must be written: one thread reads it in pieces and hashes each, another puts
// each through CRC-32 and writes it.
int peer_bundle(const char *from, const char *to, size_t piece, peer_result *result);

// Plays `count` RTSP cameras over TCP on one thread, follows their packets and writes them to files in
// `dir`: the least that a recorder must do. Answers each line of standard input with "cameras that
// play, frames, 0"; returns 0 when standard input ends, and -1 when a camera fails.
int peer_rtsp_floor(const char *dir, const char *const *urls, int count);

// Another program with pipes to its standard input and from its output. It dies with this one.
typedef struct {
    int pid;
    int input;
    int output;
} peer_child;

// `argv` ends with NULL; `errors` is a file for its standard error, or NULL for none.
int peer_spawn(const char *const *argv, const char *errors, peer_child *child);
// A line without its end; -1 when none came in time.
int peer_read_line(int fd, char *line, size_t size, int milliseconds);
// Closes its input, sends a signal unless it is 0, and waits; kills it when it takes too long. Its exit
// code, or -1.
int peer_wait(peer_child *child, int signal_number, int milliseconds);
// Runs a program to its end; its exit code, or -1.
int peer_run(const char *const *argv, int milliseconds);
// CPU seconds of all its threads so far, and bytes of memory with its share of what others use too.
double peer_cpu_of(int pid);
double peer_memory_of(int pid);

// Removes a folder and what is in it; nothing there is not an error.
int peer_remove_tree(const char *path);
// From now on an interrupted process removes `path` before it ends. Call it once, before any thread.
int peer_remove_on_signal(const char *path);
// Writes back everything that the file system of `path` still owes to the disk.
void peer_settle(const char *path);
// 1 if the folder is kept in memory, where syncs cost nothing and measure nothing.
int peer_is_in_memory(const char *path);

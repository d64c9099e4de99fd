// One client for every server that pictures are fetched from: the same sockets, waiting and copying for
// all of them, so that what differs is the server.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "fetch.h"

enum { HELD_MAX = 2048, DEPTH_MAX = 64, READ_BYTES = 256 << 10 };
static const uint64_t SILENCE_MAX = 20000000000u;

typedef struct {
    int fd;
    SSL *tls;
    // The beginning of a head whose rest has not come, and bytes of a body still to pass over.
    uint8_t held[HELD_MAX];
    size_t held_bytes;
    uint64_t skip, body;
    int ends;
    uint32_t stream;
    uint64_t sent_at[DEPTH_MAX];
    unsigned first, open;
    uint64_t due;
    uint8_t *out;
    size_t out_bytes, out_sent, out_room;
    int waits_to_write;
} conn;

typedef struct {
    const peer_fetch_plan *plan;
    peer_fetch_result *result;
    conn *conns;
    int epoll;
    SSL_CTX *tls;
    uint8_t *buffer;
    int greeting;
    int counts;
    size_t next;
    uint64_t random, now;
    uint64_t *latencies;
    size_t latencies_max;
} client;

static int failed(client *k, const char *what, const char *why) {
    if (!k->result->message[0]) {
        snprintf(k->result->message, sizeof k->result->message, "%s: %s", what, why);
    }
    return -1;
}

static uint64_t be32(const uint8_t *p) {
    return (uint64_t)p[0] << 24 | (uint64_t)p[1] << 16 | (uint64_t)p[2] << 8 | p[3];
}

// What a head says: how long it is, what follows, and whether the answer ends with that. 0 when more
// of it has to come, -1 when the server refuses.
static long head_ours(client *k, conn *c, const uint8_t *p, size_t n) {
    if (n < 12) return 0;
    c->skip = be32(p);
    if (p[4] == 0x16) {
        char words[200] = "";
        snprintf(words, sizeof words, "error %d", p[6] << 8 | p[7]);
        return failed(k, "the server answers", words);
    }
    if (p[4] == 0x13) c->body += c->skip;
    c->ends = k->greeting ? p[4] == 0x05 : p[4] >= 0x10 && (p[5] & 1);
    return 12;
}

static long head_http(client *k, conn *c, const uint8_t *p, size_t n) {
    const uint8_t *end = memmem(p, n, "\r\n\r\n", 4);
    if (!end) return 0;
    const uint8_t *length = memmem(p, n, "Content-Length: ", 16);
    if (n < 12 || memcmp(p + 8, " 200", 4) != 0 || !length) return failed(k, "HTTP", "not 200");
    c->skip = strtoull((const char *)length + 16, NULL, 10);
    c->body = c->skip;
    c->ends = 1;
    return end + 4 - p;
}

static long head_redis(client *k, conn *c, const uint8_t *p, size_t n) {
    const uint8_t *end = memmem(p, n, "\r\n", 2);
    if (!end) return 0;
    if (p[0] != '+' && (p[0] != '$' || p[1] == '-')) return failed(k, "redis", "no such value");
    c->body = p[0] == '$' ? strtoull((const char *)p + 1, NULL, 10) : 0;
    c->skip = p[0] == '$' ? c->body + 2 : 0;
    c->ends = 1;
    return end + 2 - p;
}

static long head_postgres(client *k, conn *c, const uint8_t *p, size_t n) {
    if (n < 5) return 0;
    if (p[0] == 'E') {
        char words[200] = "";
        for (size_t i = 5, j = 0; i < n && j + 1 < sizeof words; i++) words[j++] = p[i] ? (char)p[i] : ' ';
        return failed(k, "PostgreSQL", words);
    }
    c->skip = be32(p + 1) - 4;
    if (p[0] == 'D') c->body += c->skip - 6;
    c->ends = p[0] == 'Z';
    return 5;
}

static long head(client *k, conn *c, const uint8_t *p, size_t n) {
    switch (k->plan->wire) {
    case PEER_OURS: return head_ours(k, c, p, n);
    case PEER_HTTP: return head_http(k, c, p, n);
    case PEER_REDIS: return head_redis(k, c, p, n);
    default: return head_postgres(k, c, p, n);
    }
}

static int add_request(client *k, conn *c);

static int answered(client *k, conn *c) {
    c->ends = 0;
    if (k->greeting) {
        k->greeting--;
        return 0;
    }
    if (k->plan->body_bytes && c->body != k->plan->body_bytes) {
        return failed(k, "an answer", "not as long as what was stored");
    }
    if (k->counts) {
        peer_fetch_result *r = k->result;
        if (r->latency_count < k->latencies_max) {
            k->latencies[r->latency_count++] = k->now - c->sent_at[c->first];
        }
        r->answers++;
        r->bytes += c->body;
    }
    c->body = 0;
    c->first = (c->first + 1) % DEPTH_MAX;
    c->open--;
    if (k->plan->interval) {
        k->random = k->random * 6364136223846793005u + 1442695040888963407u;
        c->due = k->now + k->plan->interval / 2 + (k->random >> 33) % k->plan->interval;
        return 0;
    }
    return add_request(k, c);
}

static int feed(client *k, conn *c, const uint8_t *p, size_t n) {
    while (n > 0) {
        if (c->skip > 0) {
            size_t count = c->skip < n ? c->skip : n;
            p += count;
            n -= count;
            c->skip -= count;
            if (c->skip == 0 && c->ends && answered(k, c) != 0) return -1;
            continue;
        }
        const uint8_t *from = p;
        size_t count = n, before = c->held_bytes;
        if (before > 0) {
            size_t room = HELD_MAX - before;
            if (count > room) count = room;
            memcpy(c->held + before, p, count);
            from = c->held;
            count += before;
        }
        long used = head(k, c, from, count);
        if (used < 0) return -1;
        if (used == 0) {
            if (count >= HELD_MAX) return failed(k, "a head", "too long");
            if (before == 0) memcpy(c->held, p, count);
            c->held_bytes = count;
            return 0;
        }
        c->held_bytes = 0;
        p += (size_t)used - before;
        n -= (size_t)used - before;
        if (c->skip == 0 && c->ends && answered(k, c) != 0) return -1;
    }
    return 0;
}

static int add(client *k, conn *c, const uint8_t *bytes, size_t count) {
    if (c->out_sent == c->out_bytes) c->out_sent = c->out_bytes = 0;
    if (c->out_bytes + count > c->out_room) {
        c->out_room = (c->out_bytes + count) * 2;
        c->out = realloc(c->out, c->out_room);
        if (!c->out) return failed(k, "memory", "none left");
    }
    memcpy(c->out + c->out_bytes, bytes, count);
    c->out_bytes += count;
    return 0;
}

static int add_request(client *k, conn *c) {
    const peer_fetch_plan *plan = k->plan;
    size_t i = k->next;
    if (plan->once) {
        if (i == plan->request_count) return 0;
        k->next++;
    } else {
        k->random = k->random * 6364136223846793005u + 1442695040888963407u;
        i = (k->random >> 33) % plan->request_count;
    }
    size_t at = c->out_sent == c->out_bytes ? 0 : c->out_bytes;
    if (add(k, c, plan->requests[i], plan->request_bytes[i]) != 0) return -1;
    if (plan->wire == PEER_OURS) {
        uint32_t stream = htonl(++c->stream);
        memcpy(c->out + at + 8, &stream, 4);
    }
    c->sent_at[(c->first + c->open) % DEPTH_MAX] = peer_nanoseconds();
    c->open++;
    return 0;
}

// 1 when the socket takes no more now.
static int send_out(client *k, conn *c) {
    while (c->out_sent < c->out_bytes) {
        const uint8_t *p = c->out + c->out_sent;
        size_t count = c->out_bytes - c->out_sent, done = 0;
        if (c->tls) {
            if (SSL_write_ex(c->tls, p, count, &done) != 1) {
                if (SSL_get_error(c->tls, 0) == SSL_ERROR_WANT_WRITE) return 1;
                return failed(k, "TLS", "the server went away");
            }
        } else {
            ssize_t sent = send(c->fd, p, count, MSG_NOSIGNAL);
            if (sent < 0 && errno == EINTR) continue;
            if (sent < 0 && errno == EAGAIN) return 1;
            if (sent < 0) return failed(k, "send", strerror(errno));
            done = (size_t)sent;
        }
        c->out_sent += done;
    }
    return 0;
}

static int flush(client *k, conn *c) {
    int blocked = send_out(k, c);
    if (blocked < 0) return -1;
    if (blocked != c->waits_to_write) {
        struct epoll_event event = {.events = EPOLLIN | (blocked ? EPOLLOUT : 0), .data.ptr = c};
        if (epoll_ctl(k->epoll, EPOLL_CTL_MOD, c->fd, &event) != 0) return failed(k, "epoll", strerror(errno));
        c->waits_to_write = blocked;
    }
    return 0;
}

// As much as there is, at most one buffer full.
static int receive(client *k, conn *c) {
    size_t count = 0;
    if (c->tls) {
        while (count < READ_BYTES) {
            size_t got = 0;
            if (SSL_read_ex(c->tls, k->buffer + count, READ_BYTES - count, &got) != 1) {
                if (SSL_get_error(c->tls, 0) == SSL_ERROR_WANT_READ) break;
                return failed(k, "TLS", "the server went away");
            }
            count += got;
            if (k->greeting) break;
        }
    } else {
        ssize_t got = recv(c->fd, k->buffer, READ_BYTES, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
        if (got <= 0) return failed(k, "receive", got < 0 ? strerror(errno) : "the server hung up");
        count = (size_t)got;
    }
    k->now = peer_nanoseconds();
    return feed(k, c, k->buffer, count);
}

static struct sockaddr_in loopback(int port) {
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int begin_tls(client *k, conn *c) {
    c->tls = SSL_new(k->tls);
    static const uint8_t ours[] = "\x0bproofreel/1";
    if (!c->tls || SSL_set_fd(c->tls, c->fd) != 1) return failed(k, "TLS", "no session");
    if (k->plan->wire == PEER_OURS) SSL_set_alpn_protos(c->tls, ours, sizeof ours - 1);
    if (SSL_connect(c->tls) != 1) return failed(k, "TLS", "the handshake failed");
    return 0;
}

// Connects and greets, waiting for each step; then the socket no longer blocks.
static int begin(client *k, conn *c) {
    const peer_fetch_plan *plan = k->plan;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = loopback(plan->port);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof address) != 0) {
        return failed(k, "connect", strerror(errno));
    }
    int yes = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    struct timeval limit = {.tv_sec = 20};
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (plan->tls && begin_tls(k, c) != 0) return -1;
    if (plan->greeting_bytes > 0) {
        if (add(k, c, plan->greeting, plan->greeting_bytes) != 0 || send_out(k, c) != 0) return -1;
        k->greeting = plan->greeting_answers;
        while (k->greeting > 0) {
            if (receive(k, c) != 0) return -1;
        }
        c->body = 0;
    }
    fcntl(c->fd, F_SETFL, fcntl(c->fd, F_GETFL) | O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(k->epoll, EPOLL_CTL_ADD, c->fd, &event) != 0) return failed(k, "epoll", strerror(errno));
    return 0;
}

// Sends what is due; when the next is.
static int64_t send_due(client *k, uint64_t now) {
    uint64_t next = now + 100000000u;
    for (int i = 0; i < k->plan->connections && k->plan->interval; i++) {
        conn *c = &k->conns[i];
        if (c->open > 0) continue;
        if (c->due <= now) {
            if (add_request(k, c) != 0 || flush(k, c) != 0) return -1;
        } else if (c->due < next) {
            next = c->due;
        }
    }
    return (int64_t)(next - now);
}

static int turn(client *k) {
    int64_t wait = send_due(k, peer_nanoseconds());
    if (wait < 0) return -1;
    struct timespec limit = {.tv_sec = wait / 1000000000, .tv_nsec = wait % 1000000000};
    struct epoll_event events[64];
    int count = epoll_pwait2(k->epoll, events, 64, &limit, NULL);
    if (count < 0 && errno != EINTR) return failed(k, "wait", strerror(errno));
    for (int i = 0; i < count; i++) {
        conn *c = events[i].data.ptr;
        if (receive(k, c) != 0 || flush(k, c) != 0) return -1;
    }
    return count > 0;
}

static int is_done(client *k) {
    if (!k->plan->once || k->next < k->plan->request_count) return 0;
    for (int i = 0; i < k->plan->connections; i++) {
        if (k->conns[i].open > 0) return 0;
    }
    return 1;
}

static int work(client *k) {
    const peer_fetch_plan *plan = k->plan;
    for (int i = 0; i < plan->connections; i++) {
        k->conns[i].due = peer_nanoseconds() + (uint64_t)i * plan->interval / (uint64_t)plan->connections;
        for (int d = 0; d < plan->depth && !plan->interval; d++) {
            if (add_request(k, &k->conns[i]) != 0) return -1;
        }
        if (flush(k, &k->conns[i]) != 0) return -1;
    }
    uint64_t begun = peer_nanoseconds(), heard = begun, warm = (uint64_t)(plan->seconds * 0.25e9);
    double cpu = 0;
    struct timespec own;
    while (!is_done(k)) {
        int got = turn(k);
        if (got < 0) return -1;
        uint64_t now = peer_nanoseconds();
        if (got > 0) heard = now;
        if (now - heard > SILENCE_MAX) return failed(k, "the server", "does not answer");
        if (!k->counts && now - begun >= warm) {
            k->counts = 1;
            begun = now;
            warm = 0;
            cpu = peer_cpu_of_family(plan->server);
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &own);
            k->result->client_cpu_seconds = -((double)own.tv_sec + (double)own.tv_nsec / 1e9);
        }
        if (k->counts && !plan->once && (double)(now - begun) >= plan->seconds * 1e9) break;
    }
    k->result->wall_seconds = (double)(peer_nanoseconds() - begun) / 1e9;
    k->result->cpu_seconds = peer_cpu_of_family(plan->server) - cpu;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &own);
    k->result->client_cpu_seconds += (double)own.tv_sec + (double)own.tv_nsec / 1e9;
    return 0;
}

static int prepare(client *k) {
    k->conns = calloc((size_t)k->plan->connections, sizeof *k->conns);
    k->buffer = malloc(READ_BYTES);
    k->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!k->conns || !k->buffer || k->epoll < 0) return failed(k, "memory", "none left");
    for (int i = 0; i < k->plan->connections; i++) k->conns[i].fd = -1;
    if (!k->plan->tls) return 0;
    k->tls = SSL_CTX_new(TLS_client_method());
    if (!k->tls || SSL_CTX_set_min_proto_version(k->tls, TLS1_3_VERSION) != 1
        || SSL_CTX_set_ciphersuites(k->tls, PEER_CIPHER) != 1) {
        return failed(k, "TLS", "not to be had");
    }
    SSL_CTX_set_mode(k->tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return 0;
}

int peer_fetch(const peer_fetch_plan *plan, uint64_t *latencies, size_t latencies_max,
               peer_fetch_result *result) {
    signal(SIGPIPE, SIG_IGN);
    memset(result, 0, sizeof *result);
    client k = {.plan = plan, .result = result, .epoll = -1, .random = peer_nanoseconds(),
                .latencies = latencies, .latencies_max = latencies_max};
    int code = prepare(&k);
    result->memory_before = peer_memory_of(plan->server);
    for (int i = 0; code == 0 && i < plan->connections; i++) code = begin(&k, &k.conns[i]);
    if (code == 0 && plan->idle) {
        usleep(500000);
        result->memory_after = peer_memory_of(plan->server);
    } else if (code == 0) {
        code = work(&k);
    }
    for (int i = 0; k.conns && i < plan->connections; i++) {
        if (k.conns[i].tls) SSL_free(k.conns[i].tls);
        if (k.conns[i].fd >= 0) close(k.conns[i].fd);
        free(k.conns[i].out);
    }
    if (k.epoll >= 0) close(k.epoll);
    if (k.tls) SSL_CTX_free(k.tls);
    free(k.buffer);
    free(k.conns);
    return code;
}

int peer_use_core(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    return sched_setaffinity(0, sizeof set, &set);
}

int peer_cores(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

int peer_free_port(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    int found = fd >= 0 && bind(fd, (struct sockaddr *)&address, length) == 0
                && getsockname(fd, (struct sockaddr *)&address, &length) == 0;
    if (fd >= 0) close(fd);
    return found ? ntohs(address.sin_port) : 0;
}

int peer_is_listening(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = loopback(port);
    int answers = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0) close(fd);
    return answers;
}

double peer_cpu_of_family(int pid) {
    double sum = peer_cpu_of(pid);
    DIR *all = opendir("/proc");
    for (struct dirent *entry; all && (entry = readdir(all));) {
        char path[300], text[512];
        int child = atoi(entry->d_name), parent = 0;
        if (child <= 0) continue;
        snprintf(path, sizeof path, "/proc/%d/stat", child);
        FILE *file = fopen(path, "r");
        if (!file) continue;
        size_t count = fread(text, 1, sizeof text - 1, file);
        fclose(file);
        text[count] = 0;
        char *end = strrchr(text, ')');
        if (end && sscanf(end, ") %*c %d", &parent) == 1 && parent == pid) sum += peer_cpu_of(child);
    }
    if (all) closedir(all);
    return sum;
}

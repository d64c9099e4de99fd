#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "support.h"

enum { BUFFER = 256 << 10 };

typedef struct {
    int socket;
    int file;
    size_t held;      // bytes in `buffer`
    size_t written;   // of these, already in the file
    size_t followed;  // of these, already followed
    unsigned long frames;
    unsigned char *buffer;
} camera;

// One request and its answer, body included; -1 unless it is a 200.
static int ask(int fd, int number, const char *method, const char *url, const char *fields,
               char *answer, size_t size) {
    char request[2048];
    int length = snprintf(request, sizeof request, "%s %s RTSP/1.0\r\nCSeq: %d\r\n%s\r\n", method,
                          url, number, fields);
    if (send(fd, request, (size_t)length, MSG_NOSIGNAL) != length) return -1;
    size_t count = 0, wanted = SIZE_MAX;
    while (count < wanted && count + 1 < size) {
        // Byte by byte: what follows PLAY's answer belongs to the loop.
        if (recv(fd, answer + count, 1, 0) != 1) return -1;
        answer[++count] = 0;
        if (wanted == SIZE_MAX && count >= 4 && memcmp(answer + count - 4, "\r\n\r\n", 4) == 0) {
            const char *body = strcasestr(answer, "Content-Length:");
            wanted = count + (body ? strtoul(body + 15, NULL, 10) : 0);
        }
    }
    return strncmp(answer, "RTSP/1.0 200", 12) == 0 ? 0 : -1;
}

static int play(const char *url) {
    char host[256];
    int port = 0;
    if (sscanf(url, "rtsp://%255[^:/]:%d", host, &port) != 2) return -1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) return -1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) return -1;
    static char answer[64 << 10];
    char track[1024], session[256] = "", fields[512];
    if (ask(fd, 1, "DESCRIBE", url, "Accept: application/sdp\r\n", answer, sizeof answer) != 0) {
        return -1;
    }
    const char *video = strstr(answer, "m=video");
    const char *control = video ? strstr(video, "a=control:") : NULL;
    if (!control) return -1;
    char name[512];
    if (sscanf(control + 10, "%511[^\r\n]", name) != 1) return -1;
    if (strncmp(name, "rtsp:", 5) == 0) snprintf(track, sizeof track, "%s", name);
    else snprintf(track, sizeof track, "%s/%s", url, name);
    if (ask(fd, 2, "SETUP", track, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n", answer,
            sizeof answer) != 0) return -1;
    const char *given = strcasestr(answer, "Session:");
    if (!given || sscanf(given + 8, " %255[^;\r\n]", session) != 1) return -1;
    snprintf(fields, sizeof fields, "Session: %s\r\n", session);
    if (ask(fd, 3, "PLAY", url, fields, answer, sizeof answer) != 0) return -1;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

// Counts the frames that end in what is held: RTP packets of channel 0 with a marker.
static void follow(camera *c) {
    while (c->followed + 4 <= c->held) {
        const unsigned char *at = c->buffer + c->followed;
        size_t length = 4 + ((size_t)at[2] << 8 | at[3]);
        if (c->followed + length > c->held) break;
        if (at[0] == '$' && at[1] == 0 && length > 6 && at[5] & 0x80) c->frames++;
        c->followed += length;
    }
}

// Writes what is held, and keeps the packet that is not whole yet.
static int flush(camera *c) {
    size_t count = c->held - c->written;
    if (write(c->file, c->buffer + c->written, count) != (ssize_t)count) return -1;
    memmove(c->buffer, c->buffer + c->followed, c->held - c->followed);
    c->held -= c->followed;
    c->written = c->held;
    c->followed = 0;
    return 0;
}

static int receive(camera *c) {
    ssize_t got = recv(c->socket, c->buffer + c->held, BUFFER - c->held, 0);
    if (got <= 0) return -1;
    c->held += (size_t)got;
    follow(c);
    // Half the buffer stays free for a burst.
    return c->held > BUFFER / 2 ? flush(c) : 0;
}

int peer_rtsp_floor(const char *dir, const char *const *urls, int count) {
    camera *cameras = calloc((size_t)count, sizeof *cameras);
    int events = epoll_create1(EPOLL_CLOEXEC);
    if (!cameras || events < 0) return -1;
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%d", dir, i);
        camera *c = &cameras[i];
        c->file = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
        c->buffer = malloc(BUFFER);
        c->socket = play(urls[i]);
        if (c->file < 0 || !c->buffer || c->socket < 0) return -1;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        if (epoll_ctl(events, EPOLL_CTL_ADD, c->socket, &event) != 0) return -1;
    }
    // Null stands for the one who asks.
    struct epoll_event asker = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(events, EPOLL_CTL_ADD, STDIN_FILENO, &asker) != 0) return -1;
    for (;;) {
        struct epoll_event ready[64];
        int number = epoll_wait(events, ready, 64, -1);
        for (int i = 0; i < number; i++) {
            camera *c = ready[i].data.ptr;
            if (c) {
                if (receive(c) != 0) return -1;
                continue;
            }
            char line[64];
            if (read(STDIN_FILENO, line, sizeof line) <= 0) return 0;
            unsigned long frames = 0;
            int playing = 0;
            for (int k = 0; k < count; k++) {
                frames += cameras[k].frames;
                playing += cameras[k].frames > 0;
            }
            dprintf(STDOUT_FILENO, "%d %lu 0\n", playing, frames);
        }
    }
}

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "peers.h"

int peer_spawn(const char *const *argv, const char *errors, peer_child *child) {
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) != 0) return -1;
    if (pipe2(out, O_CLOEXEC) != 0) {
        close(in[0]);
        close(in[1]);
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        // This program blocks the signals that it removes its folder on.
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        int log = open(errors ? errors : "/dev/null", O_CREAT | O_WRONLY | O_APPEND, 0600);
        if (dup2(in[0], 0) < 0 || dup2(out[1], 1) < 0 || dup2(log, 2) < 0) _exit(126);
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    if (pid < 0) {
        close(in[1]);
        close(out[0]);
        return -1;
    }
    *child = (peer_child){.pid = pid, .input = in[1], .output = out[0]};
    return 0;
}

int peer_read_line(int fd, char *line, size_t size, int milliseconds) {
    size_t count = 0;
    while (count + 1 < size) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        int code = poll(&ready, 1, milliseconds);
        if (code < 0 && errno == EINTR) continue;
        if (code <= 0 || read(fd, &line[count], 1) != 1) return -1;
        if (line[count] == '\n') break;
        count++;
    }
    line[count] = 0;
    return 0;
}

int peer_wait(peer_child *child, int signal_number, int milliseconds) {
    if (child->pid <= 0) return -1;
    close(child->input);
    if (signal_number) kill(child->pid, signal_number);
    int status = 0;
    pid_t got = 0;
    uint64_t until = peer_nanoseconds() + (uint64_t)milliseconds * 1000000u;
    while ((got = waitpid(child->pid, &status, WNOHANG)) == 0 && peer_nanoseconds() < until) {
        usleep(500);
    }
    if (got == 0) {
        kill(child->pid, SIGKILL);
        waitpid(child->pid, &status, 0);
    }
    close(child->output);
    child->pid = 0;
    return got > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int peer_run(const char *const *argv, int milliseconds) {
    peer_child child;
    if (peer_spawn(argv, NULL, &child) != 0) return -1;
    return peer_wait(&child, 0, milliseconds);
}

double peer_cpu_of(int pid) {
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0) return -1;
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double peer_memory_of(int pid) {
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    FILE *file = fopen(path, "r");
    if (!file) return -1;
    double kilobytes = -1;
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "Pss: %lf", &kilobytes) == 1) break;
    }
    fclose(file);
    return kilobytes < 0 ? -1 : kilobytes * 1024;
}

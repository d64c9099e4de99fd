#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "peers.h"

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *f) {
    (void)s, (void)type, (void)f;
    return remove(path);
}

int peer_remove_tree(const char *path) {
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0) return 0;
    return errno == ENOENT ? 0 : -1;
}

int peer_is_in_memory(const char *path) {
    const long tmpfs = 0x01021994, ramfs = (long)0x858458f6;
    struct statfs s;
    return statfs(path, &s) == 0 && ((long)s.f_type == tmpfs || (long)s.f_type == ramfs);
}

void peer_settle(const char *path) {
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return;
    syncfs(folder);
    close(folder);
}

static sigset_t ending_signals(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    return signals;
}

// Removal is not for a signal handler, so a thread waits for the signal. The work goes on meanwhile
// and may add a file under our hands: hence more than one try.
static void *remove_when_told(void *path) {
    sigset_t signals = ending_signals();
    int signal = SIGTERM;
    sigwait(&signals, &signal);
    for (int i = 0; i < 10 && peer_remove_tree(path) != 0; i++) usleep(10000);
    _exit(128 + signal);
}

int peer_remove_on_signal(const char *path) {
    sigset_t signals = ending_signals();
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    pthread_t thread;
    char *copy = strdup(path);
    if (!copy || pthread_create(&thread, NULL, remove_when_told, copy) != 0) return -1;
    return pthread_detach(thread);
}

#define _GNU_SOURCE
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/vfs.h>
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

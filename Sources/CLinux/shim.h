// What Swift cannot call (variadics, macros, intrinsics), and nothing else.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <linux/falloc.h>
#include <linux/futex.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static inline int proofreel_open(const char *path, int flags, mode_t mode) {
    return open(path, flags, mode);
}

// glibc hides O_DIRECT and the fallocate modes behind _GNU_SOURCE, which Swift's Glibc does not
// set.
static const int proofreel_o_direct = 040000;
static const int proofreel_keep_size = FALLOC_FL_KEEP_SIZE;
static const int proofreel_punch_hole = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
int fallocate(int fd, int mode, off_t offset, off_t len);

// Private to the process; may return early, so the caller looks at the word again.
long syscall(long number, ...);
static inline void proofreel_futex_wait(const void *word, uint32_t expected) {
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, (void *)0, (void *)0, 0);
}
static inline void proofreel_futex_wake_all(const void *word) {
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT32_MAX, (void *)0, (void *)0, 0);
}

// MADV_HUGEPAGE; a kernel without it says so, and nothing is lost.
int madvise(void *start, size_t length, int advice);
static inline void proofreel_huge_pages(void *start, size_t length) { madvise(start, length, 14); }

static inline int proofreel_window_size(int fd, struct winsize *size) {
    return ioctl(fd, TIOCGWINSZ, size);
}

static inline int proofreel_name_thread(const char *name) {
    return prctl(PR_SET_NAME, name, 0, 0, 0);
}

// Asks for turns of 0.1 ms, the shortest there are, for the calling thread: one that works little
// and waits much then runs sooner after each wait than threads that use up their turns, and gets no
// more of the processor than they. Kernels before 6.12 have one length for all and pass it over.
struct proofreel_sched_attr {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};
static inline void proofreel_short_turns(void) {
    struct proofreel_sched_attr attr;
    memset(&attr, 0, sizeof attr);
    if (syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0) != 0) return;
    attr.size = sizeof attr;
    attr.runtime = 100000;
    syscall(SYS_sched_setattr, 0, &attr, 0);
}

// Core dumps of a process that holds a signing key are a leak.
static inline int proofreel_no_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

// A plain copy of `struct tm`, whose zone pointer has no place in safe code.
struct proofreel_calendar {
    int year, month, day, hour, minute, second, offset;
};

static inline struct proofreel_calendar proofreel_local(int64_t seconds) {
    time_t t = (time_t)seconds;
    struct tm p;
    memset(&p, 0, sizeof p);
    tzset();
    localtime_r(&t, &p);
    struct proofreel_calendar c = {p.tm_year + 1900, p.tm_mon + 1, p.tm_mday, p.tm_hour,
                                   p.tm_min,         p.tm_sec,     (int)p.tm_gmtoff};
    return c;
}

static inline int64_t proofreel_local_seconds(struct proofreel_calendar c) {
    struct tm p;
    memset(&p, 0, sizeof p);
    p.tm_year = c.year - 1900;
    p.tm_mon = c.month - 1;
    p.tm_mday = c.day;
    p.tm_hour = c.hour;
    p.tm_min = c.minute;
    p.tm_sec = c.second;
    p.tm_isdst = -1;
    return (int64_t)mktime(&p);
}

static inline uint32_t proofreel_crc32c_table(uint32_t crc, const uint8_t *p, size_t n) {
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int k = 0; k < 8; k++) crc = (crc >> 1) ^ (0x82F63B78u & (0u - (crc & 1u)));
    }
    return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static inline uint32_t proofreel_crc32c_sse(
    uint32_t crc, const uint8_t *p, size_t n) {
    uint64_t c = crc;
    while (n >= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        c = __builtin_ia32_crc32di(c, word);
        p += 8;
        n -= 8;
    }
    uint32_t r = (uint32_t)c;
    while (n-- > 0) r = __builtin_ia32_crc32qi(r, *p++);
    return r;
}
#endif

// CRC-32C (Castagnoli), as in RFC 3720; `crc` is the running value, 0 at the start.
static inline uint32_t proofreel_crc32c(uint32_t crc, const void *bytes, size_t n) {
    const uint8_t *p = (const uint8_t *)bytes;
    crc = ~crc;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) return ~proofreel_crc32c_sse(crc, p, n);
#endif
    return ~proofreel_crc32c_table(crc, p, n);
}

// glibc's own headers for these are not part of Swift's Glibc.
#include <linux/netlink.h>
#include <sys/socket.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

// A socket for the kernel's and udev's device events; -errno on failure.
static inline int proofreel_device_events(unsigned groups) {
    int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
    if (fd < 0) return -errno;
    struct sockaddr_nl a = {.nl_family = AF_NETLINK, .nl_groups = groups};
    if (bind(fd, (struct sockaddr *)&a, sizeof a) == 0) return fd;
    int code = errno;
    close(fd);
    return -code;
}

// One event; its length, 0 for one that any process may have sent, -errno on failure.
static inline long proofreel_next_device_event(int fd, void *bytes, size_t room) {
    struct sockaddr_nl from = {0};
    socklen_t length = sizeof from;
    ssize_t count = recvfrom(fd, bytes, room, 0, (struct sockaddr *)&from, &length);
    if (count < 0) return -errno;
    // The kernel has no process id and sends to group 1. Group 2 is udev's, which has one; for an
    // unprivileged process the kernel does not let others send there.
    return from.nl_groups == 0 ? 0 : (long)count;
}

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>

// A caller that does not block, or -errno. glibc hides accept4 behind _GNU_SOURCE.
int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
static inline int proofreel_accept(int fd, struct sockaddr *address, socklen_t *length) {
    int caller = accept4(fd, address, length, SOCK_CLOEXEC | SOCK_NONBLOCK);
    return caller >= 0 ? caller : -errno;
}

// The user who connected to a UNIX socket; nobody's number when the kernel does not say.
// The layout is the kernel's; glibc shows it with _GNU_SOURCE only.
struct proofreel_ucred {
    int32_t process;
    uint32_t user, group;
};
static inline uint32_t proofreel_peer_user(int fd) {
    struct proofreel_ucred who = {0, 65534, 65534};
    socklen_t length = sizeof who;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length) != 0) return 65534;
    return who.user;
}

// Ioctls of input devices.
#include <linux/input.h>
static inline int proofreel_input_clock(int fd, int clock) {
    return ioctl(fd, EVIOCSCLOCKID, &clock);
}
static inline int proofreel_input_grab(int fd) { return ioctl(fd, EVIOCGRAB, 1); }

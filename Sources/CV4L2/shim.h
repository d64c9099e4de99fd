// libv4l2 and Video4Linux; requests are macros, and `ioctl` is variadic, which Swift cannot call.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include <libv4l2.h>
#include <linux/videodev2.h>

static const unsigned long proofreel_querycap = VIDIOC_QUERYCAP;
static const unsigned long proofreel_enum_fmt = VIDIOC_ENUM_FMT;
static const unsigned long proofreel_reqbufs = VIDIOC_REQBUFS;
static const unsigned long proofreel_querybuf = VIDIOC_QUERYBUF;
static const unsigned long proofreel_qbuf = VIDIOC_QBUF;
static const unsigned long proofreel_dqbuf = VIDIOC_DQBUF;
static const unsigned long proofreel_streamon = VIDIOC_STREAMON;
static const unsigned long proofreel_streamoff = VIDIOC_STREAMOFF;
static const unsigned long proofreel_queryctrl = VIDIOC_QUERYCTRL;
static const unsigned long proofreel_querymenu = VIDIOC_QUERYMENU;
static const unsigned long proofreel_g_ctrl = VIDIOC_G_CTRL;
static const unsigned long proofreel_s_ctrl = VIDIOC_S_CTRL;

static inline int proofreel_v4l2_open(const char *path) {
    // It writes to stderr that a camera was unplugged; we say so ourselves. Two threads that come
    // here at once leave one file open, no more.
    if (!v4l2_log_file) v4l2_log_file = fopen("/dev/null", "we");
    int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    // The camera's bytes are evidence: libv4l2 must not convert, correct or flip them. It has room
    // for 16 devices and refuses more; its calls then go straight to the kernel, which is as good.
    if (fd >= 0) (void)v4l2_fd_open(fd, V4L2_DISABLE_CONVERSION);
    return fd;
}

// Repeats when a signal came first; -errno on failure.
static inline int proofreel_v4l2_ioctl(int fd, unsigned long request, void *argument) {
    int result;
    do result = v4l2_ioctl(fd, request, argument);
    while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : result;
}

// The kernel's structs for these hold unions, some with pointers in them, which have no place in
// safe code. Plain copies of what single-planar capture into mapped buffers uses.
struct proofreel_format {
    unsigned width, height, pixels, bytes_per_line;
};

static inline int proofreel_set_format(int fd, struct proofreel_format *f) {
    struct v4l2_format v = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    v.fmt.pix.width = f->width;
    v.fmt.pix.height = f->height;
    v.fmt.pix.pixelformat = f->pixels;
    v.fmt.pix.field = V4L2_FIELD_ANY;
    int result = proofreel_v4l2_ioctl(fd, VIDIOC_S_FMT, &v);
    f->width = v.fmt.pix.width;
    f->height = v.fmt.pix.height;
    f->pixels = v.fmt.pix.pixelformat;
    f->bytes_per_line = v.fmt.pix.bytesperline;
    return result;
}

struct proofreel_buffer {
    unsigned index, bytes_used, length, offset, flags, sequence;
    long long seconds, microseconds;
};

// For QUERYBUF, QBUF and DQBUF.
static inline int proofreel_buffer_call(int fd, unsigned long request,
                                        struct proofreel_buffer *b) {
    struct v4l2_buffer v = {.index = b->index,
                            .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
                            .memory = V4L2_MEMORY_MMAP};
    int result = proofreel_v4l2_ioctl(fd, request, &v);
    b->index = v.index;
    b->bytes_used = v.bytesused;
    b->length = v.length;
    b->offset = v.m.offset;
    b->flags = v.flags;
    b->sequence = v.sequence;
    b->seconds = v.timestamp.tv_sec;
    b->microseconds = v.timestamp.tv_usec;
    return result;
}

// One size, or all sizes between two in steps.
struct proofreel_sizes {
    unsigned is_range, width, height, width_max, height_max, width_step, height_step;
};

static inline int proofreel_next_size(int fd, unsigned pixels, unsigned index,
                                      struct proofreel_sizes *s) {
    struct v4l2_frmsizeenum v = {.index = index, .pixel_format = pixels};
    int result = proofreel_v4l2_ioctl(fd, VIDIOC_ENUM_FRAMESIZES, &v);
    s->is_range = v.type != V4L2_FRMSIZE_TYPE_DISCRETE;
    s->width = s->is_range ? v.stepwise.min_width : v.discrete.width;
    s->height = s->is_range ? v.stepwise.min_height : v.discrete.height;
    s->width_max = v.stepwise.max_width;
    s->height_max = v.stepwise.max_height;
    s->width_step = v.stepwise.step_width;
    s->height_step = v.stepwise.step_height;
    return result;
}

// One interval between frames, or all between two.
struct proofreel_intervals {
    unsigned is_range;
    struct v4l2_fract interval, interval_max;
};

static inline int proofreel_next_interval(int fd, unsigned pixels, unsigned width, unsigned height,
                                          unsigned index, struct proofreel_intervals *i) {
    struct v4l2_frmivalenum v = {
        .index = index, .pixel_format = pixels, .width = width, .height = height};
    int result = proofreel_v4l2_ioctl(fd, VIDIOC_ENUM_FRAMEINTERVALS, &v);
    i->is_range = v.type != V4L2_FRMIVAL_TYPE_DISCRETE;
    i->interval = i->is_range ? v.stepwise.min : v.discrete;
    i->interval_max = v.stepwise.max;
    return result;
}

static inline int proofreel_set_interval(int fd, struct v4l2_fract *interval) {
    struct v4l2_streamparm v = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    v.parm.capture.timeperframe = *interval;
    int result = proofreel_v4l2_ioctl(fd, VIDIOC_S_PARM, &v);
    *interval = v.parm.capture.timeperframe;
    return result;
}

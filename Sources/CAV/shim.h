#pragma once
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/dict.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>

// Function-like macros, which Swift cannot see.
static const int proofreel_averror_eof = AVERROR_EOF;
static const int proofreel_averror_exit = AVERROR_EXIT;
static const int proofreel_averror_again = AVERROR(EAGAIN);
static const int64_t proofreel_av_nopts = AV_NOPTS_VALUE;

#pragma once
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/dict.h>
#include <libavutil/error.h>
#include <libavutil/frame.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>

// Function-like macros, which Swift cannot see.
static const int proofreel_averror_eof = AVERROR_EOF;
static const int proofreel_averror_exit = AVERROR_EXIT;
static const int proofreel_averror_again = AVERROR(EAGAIN);
static const int proofreel_averror_invalid = AVERROR_INVALIDDATA;
static const int proofreel_averror_bad_request = AVERROR_HTTP_BAD_REQUEST;
static const int proofreel_averror_unauthorized = AVERROR_HTTP_UNAUTHORIZED;
static const int proofreel_averror_forbidden = AVERROR_HTTP_FORBIDDEN;
static const int proofreel_averror_not_found = AVERROR_HTTP_NOT_FOUND;
static const int proofreel_averror_other_4xx = AVERROR_HTTP_OTHER_4XX;
static const int proofreel_averror_server = AVERROR_HTTP_SERVER_ERROR;
static const int proofreel_averror_no_protocol = AVERROR_PROTOCOL_NOT_FOUND;
static const int proofreel_averror_no_demuxer = AVERROR_DEMUXER_NOT_FOUND;
static const int proofreel_averror_no_decoder = AVERROR_DECODER_NOT_FOUND;
static const int proofreel_averror_no_encoder = AVERROR_ENCODER_NOT_FOUND;
static const int proofreel_averror_patch_welcome = AVERROR_PATCHWELCOME;
static const int64_t proofreel_av_nopts = AV_NOPTS_VALUE;

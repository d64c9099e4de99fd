// libcurl, and its variadic calls with a type each, since Swift cannot call variadics.
#pragma once
#include <curl/curl.h>

static inline CURLcode proofreel_curl_set_long(CURL *h, CURLoption o, long v) {
    return curl_easy_setopt(h, o, v);
}

static inline CURLcode proofreel_curl_set_text(CURL *h, CURLoption o, const char *v) {
    return curl_easy_setopt(h, o, v);
}

static inline CURLcode proofreel_curl_set_pointer(CURL *h, CURLoption o, void *v) {
    return curl_easy_setopt(h, o, v);
}

// curl copies the bytes.
static inline void proofreel_curl_post(CURL *h, const void *bytes, size_t count) {
    curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
    curl_easy_setopt(h, CURLOPT_COPYPOSTFIELDS, bytes);
}

typedef size_t (*proofreel_curl_bytes)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode proofreel_curl_on_bytes(CURL *h, CURLoption o, proofreel_curl_bytes f) {
    return curl_easy_setopt(h, o, f);
}

static inline long proofreel_curl_long(CURL *h, CURLINFO i) {
    long v = 0;
    return curl_easy_getinfo(h, i, &v) == CURLE_OK ? v : 0;
}

static inline curl_off_t proofreel_curl_offset(CURL *h, CURLINFO i) {
    curl_off_t v = -1;
    return curl_easy_getinfo(h, i, &v) == CURLE_OK ? v : -1;
}

// The result of the one transfer in a multi handle; -1 while it goes on.
static inline int proofreel_curl_result(CURLM *m) {
    int left;
    for (CURLMsg *s; (s = curl_multi_info_read(m, &left));)
        if (s->msg == CURLMSG_DONE) return (int)s->data.result;
    return -1;
}

// Macros with casts.
static const long proofreel_curl_auth_basic = CURLAUTH_BASIC;
static const long proofreel_curl_auth_digest = CURLAUTH_DIGEST;

#pragma once
// The low-level SHA-256 calls cost 0.1 us on a tree node where EVP costs 0.4; OpenSSL 3 marks them
// deprecated but keeps them for the life of the 3.x series.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <openssl/hmac.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// What OpenSSL offers as macros only, which Swift cannot call.

static inline long proofreel_ctx_set_versions(SSL_CTX *context, int least, int most) {
    return SSL_CTX_set_min_proto_version(context, least) &&
           SSL_CTX_set_max_proto_version(context, most);
}

static inline void proofreel_ctx_set_modes(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_ENABLE_KTLS | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

static inline int proofreel_ssl_sends_in_kernel(SSL *session) {
    BIO *bio = SSL_get_wbio(session);
    return bio != NULL && BIO_get_ktls_send(bio);
}

static inline EVP_PKEY *proofreel_p256_key(void) { return EVP_EC_gen("P-256"); }

static inline void proofreel_ctx_limit_certificates(SSL_CTX *context, long bytes) {
    SSL_CTX_set_max_cert_list(context, bytes);
}

static inline void proofreel_ssl_name_server(SSL *session, const char *name) {
    SSL_set_tlsext_host_name(session, name);
}

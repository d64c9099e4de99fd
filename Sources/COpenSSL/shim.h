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
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/ts.h>
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

static inline int proofreel_certificates_count(const STACK_OF(X509) *certificates) {
    return sk_X509_num(certificates);
}

static inline X509 *proofreel_certificate_at(const STACK_OF(X509) *certificates, int i) {
    return sk_X509_value(certificates, i);
}

// Certificates in a token; NULL where there are none.
static inline const STACK_OF(X509) *proofreel_token_certificates(const PKCS7 *token) {
    return token != NULL && PKCS7_type_is_signed((PKCS7 *)token) ? token->d.sign->cert : NULL;
}

static inline int proofreel_texts_count(const STACK_OF(ASN1_UTF8STRING) *texts) {
    return sk_ASN1_UTF8STRING_num(texts);
}

static inline ASN1_UTF8STRING *proofreel_text_at(const STACK_OF(ASN1_UTF8STRING) *texts, int i) {
    return sk_ASN1_UTF8STRING_value(texts, i);
}

static inline int proofreel_error_is_of_time_stamps(unsigned long error) {
    return ERR_GET_LIB(error) == ERR_LIB_TS;
}

static inline int proofreel_error_reason(unsigned long error) { return ERR_GET_REASON(error); }

// The first address of the first distribution point; the caller frees it. Stacks are macros.
static inline char *proofreel_revocation_url(const X509 *certificate) {
    char *text = NULL;
    CRL_DIST_POINTS *points =
        X509_get_ext_d2i(certificate, NID_crl_distribution_points, NULL, NULL);
    for (int i = 0; text == NULL && i < sk_DIST_POINT_num(points); i++) {
        DIST_POINT_NAME *point = sk_DIST_POINT_value(points, i)->distpoint;
        if (point == NULL || point->type != 0) continue;
        GENERAL_NAMES *names = point->name.fullname;
        for (int j = 0; text == NULL && j < sk_GENERAL_NAME_num(names); j++) {
            GENERAL_NAME *name = sk_GENERAL_NAME_value(names, j);
            if (name->type != GEN_URI) continue;
            ASN1_IA5STRING *uri = name->d.uniformResourceIdentifier;
            text = OPENSSL_strndup((const char *)ASN1_STRING_get0_data(uri),
                                   ASN1_STRING_length(uri));
        }
    }
    CRL_DIST_POINTS_free(points);
    return text;
}

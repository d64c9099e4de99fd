// libmicrohttpd, and its variadic calls with a type each, since Swift cannot call variadics; of
// GnuTLS, which is below it, what tells a client's certificate.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>

typedef struct {
    int descriptor; // of a socket that listens; the daemon closes it
    unsigned connections_max;
    unsigned idle_seconds;
    size_t connection_bytes;
    const char *certificate; // PEM; NULL for plain HTTP
    const char *key;
    const char *priorities;
    void *context;
    void *(*began)(void *, const char *, struct MHD_Connection *);
    MHD_AccessHandlerCallback asked;
    MHD_RequestCompletedCallback completed;
    MHD_NotifyConnectionCallback connection;
} proofreel_httpd_options;

// What clients send is nothing for a log, and the daemon has no other words.
static inline void proofreel_httpd_say(void *cls, const char *format, va_list args) {
    (void)cls, (void)format, (void)args;
}

// Texts stay as they came: decoding is for whoever knows what they mean.
static inline size_t proofreel_httpd_raw(void *cls, struct MHD_Connection *c, char *text) {
    (void)cls, (void)c;
    return strlen(text);
}

// No thread of its own: the caller's thread runs it.
static inline struct MHD_Daemon *proofreel_httpd_start(const proofreel_httpd_options *o) {
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    if (o->certificate) flags |= MHD_USE_TLS;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)o->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)o->key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)o->priorities},
        // Asks clients for a certificate without insisting. Named as who may have signed it is the
        // server itself: nobody is asked to verify that, and a browser offers none of its own.
        {MHD_OPTION_HTTPS_MEM_TRUST, 0, (void *)o->certificate},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    return MHD_start_daemon(
        flags, 0, NULL, NULL, o->asked, o->context,
        // First, so that the other options' complaints go there as well.
        MHD_OPTION_EXTERNAL_LOGGER, &proofreel_httpd_say, NULL,
        MHD_OPTION_LISTEN_SOCKET, o->descriptor,
        MHD_OPTION_CONNECTION_LIMIT, o->connections_max,
        MHD_OPTION_CONNECTION_TIMEOUT, o->idle_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, o->connection_bytes,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        // Without this promise files are copied in pieces of 4 KB rather than sent with sendfile.
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
        MHD_OPTION_URI_LOG_CALLBACK, o->began, o->context,
        MHD_OPTION_UNESCAPE_CALLBACK, &proofreel_httpd_raw, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, o->completed, o->context,
        MHD_OPTION_NOTIFY_CONNECTION, o->connection, o->context,
        MHD_OPTION_ARRAY, o->certificate ? tls : none, MHD_OPTION_END);
}

// The descriptor that is readable when the daemon has something to do.
static inline int proofreel_httpd_waiting(struct MHD_Daemon *d) {
    const union MHD_DaemonInfo *i = MHD_get_daemon_info(d, MHD_DAEMON_INFO_EPOLL_FD);
    return i ? (int)i->epoll_fd : -1;
}

// How many milliseconds the daemon can be left alone, at most `most`.
static inline int proofreel_httpd_patience(struct MHD_Daemon *d, int most) {
    MHD_UNSIGNED_LONG_LONG wait;
    if (MHD_get_timeout(d, &wait) != MHD_YES || wait > (MHD_UNSIGNED_LONG_LONG)most) return most;
    return (int)wait;
}

static inline int proofreel_httpd_socket(struct MHD_Connection *c) {
    const union MHD_ConnectionInfo *i =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    return i ? (int)i->connect_fd : -1;
}

// The peer's address: how many bytes it has, 0 when it is not of the network.
static inline int proofreel_httpd_peer(struct MHD_Connection *c, unsigned char *bytes) {
    const union MHD_ConnectionInfo *i =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (!i || !i->client_addr) return 0;
    if (i->client_addr->sa_family == AF_INET) {
        memcpy(bytes, &((const struct sockaddr_in *)i->client_addr)->sin_addr, 4);
        return 4;
    }
    if (i->client_addr->sa_family == AF_INET6) {
        memcpy(bytes, &((const struct sockaddr_in6 *)i->client_addr)->sin6_addr, 16);
        return 16;
    }
    return 0;
}

// SHA-256 of the public key (DER) of the certificate that the client has shown, and has proven to
// have the key of. False without one, and without TLS.
static inline int proofreel_httpd_peer_key(struct MHD_Connection *c, unsigned char *hash) {
    const union MHD_ConnectionInfo *i =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (!i || !i->tls_session) return 0;
    unsigned count = 0;
    const gnutls_datum_t *chain =
        gnutls_certificate_get_peers((gnutls_session_t)i->tls_session, &count);
    gnutls_x509_crt_t certificate;
    if (!chain || count == 0 || gnutls_x509_crt_init(&certificate) != 0) return 0;
    size_t size = 32;
    int isRead = gnutls_x509_crt_import(certificate, &chain[0], GNUTLS_X509_FMT_DER) == 0
        && gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA256, hash, &size) == 0
        && size == 32;
    gnutls_x509_crt_deinit(certificate);
    return isRead;
}

// Whether the peer has hung up: a byte that waits, or none yet, means that it is there.
static inline int proofreel_httpd_is_gone(int socket) {
    char byte;
    ssize_t n = recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

static inline int proofreel_httpd_copy(int descriptor) {
    return fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
}

static inline struct MHD_Response *proofreel_httpd_bytes(const void *bytes, size_t count) {
    return MHD_create_response_from_buffer(count, (void *)bytes, MHD_RESPMEM_MUST_COPY);
}

static inline void *proofreel_httpd_context(struct MHD_Connection *c) {
    const union MHD_ConnectionInfo *i =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return i ? i->socket_context : NULL;
}

static inline const char *proofreel_httpd_header(struct MHD_Connection *c, const char *name) {
    return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

static inline int proofreel_httpd_queue(
    struct MHD_Connection *c, unsigned status, struct MHD_Response *r) {
    return MHD_queue_response(c, status, r) == MHD_YES;
}

// What a callback gives back: go on, or hang up.
static inline enum MHD_Result proofreel_httpd_go(int on) { return on ? MHD_YES : MHD_NO; }

static inline int proofreel_httpd_has_come(enum MHD_ConnectionNotificationCode code) {
    return code == MHD_CONNECTION_NOTIFY_STARTED;
}

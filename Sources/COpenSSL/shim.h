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

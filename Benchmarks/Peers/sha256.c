#define _GNU_SOURCE
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "support.h"

// The last line reads "sha256  1234567.89k": thousands of bytes a second.
double peer_sha256_command(void) {
    FILE *pipe = popen("openssl speed -seconds 1 -evp sha256 -bytes 262144 2>/dev/null", "re");
    if (!pipe) return -1;
    char line[512];
    double rate = -1;
    while (fgets(line, sizeof line, pipe)) {
        double thousands;
        char unit;
        if ((strncmp(line, "sha256", 6) == 0 || strncmp(line, "SHA256", 6) == 0)
            && sscanf(line + 6, " %lf%c", &thousands, &unit) == 2 && unit == 'k') {
            rate = thousands * 1000;
        }
    }
    return pclose(pipe) == 0 ? rate : -1;
}

double peer_sha256_loop(double seconds) {
    enum { block = 262144 };
    char *bytes = random_bytes(block);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char digest[32];
    uint64_t start = peer_nanoseconds(), elapsed = 0, hashed = 0;
    while (bytes && context && (double)elapsed < seconds * 1e9) {
        EVP_DigestInit_ex(context, EVP_sha256(), NULL);
        EVP_DigestUpdate(context, bytes, block);
        EVP_DigestFinal_ex(context, digest, NULL);
        hashed += block;
        elapsed = peer_nanoseconds() - start;
    }
    EVP_MD_CTX_free(context);
    free(bytes);
    return elapsed ? (double)hashed / ((double)elapsed / 1e9) : -1;
}

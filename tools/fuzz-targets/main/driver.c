// The entry point of every fuzz program. SwiftPM renames `main` to FUZZ_MAIN, so libFuzzer's own
// would not be found; this one calls the same driver.
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*one)(const uint8_t *, size_t));

int FUZZ_MAIN(int argc, char **argv) {
    return LLVMFuzzerRunDriver(&argc, &argv, LLVMFuzzerTestOneInput);
}

internal import CLinux

/// CRC-32C over bytes. `crc` is the value so far, 0 at the start.
public func crc32c(_ crc: UInt32 = 0, _ bytes: Span<UInt8>) -> UInt32 {
    unsafe bytes.withUnsafeBufferPointer { buffer in
        unsafe proofreel_crc32c(crc, buffer.baseAddress, buffer.count)
    }
}

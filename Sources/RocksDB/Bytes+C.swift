internal import Base

/// RocksDB takes bytes as `const char *` and a length; the pointer lives only as long as the call.
func withChars<Result>(
    _ bytes: Span<UInt8>, _ body: (UnsafePointer<CChar>?, Int) throws(Failure) -> Result
) throws(Failure) -> Result {
    try unsafe bytes.withUnsafeBufferPointer { bytes throws(Failure) in
        try unsafe bytes.withMemoryRebound(to: CChar.self) { chars throws(Failure) in
            try unsafe body(chars.baseAddress, chars.count)
        }
    }
}

/// The same for calls that cannot fail.
func withChars(_ bytes: Span<UInt8>, _ body: (UnsafePointer<CChar>?, Int) -> Void) {
    unsafe bytes.withUnsafeBufferPointer { bytes in
        unsafe bytes.withMemoryRebound(to: CChar.self) { chars in
            unsafe body(chars.baseAddress, chars.count)
        }
    }
}

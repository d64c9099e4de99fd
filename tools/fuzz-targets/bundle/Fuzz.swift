import Base
import EvidenceFormat
import Export

/// Any bytes taken for a bundle: a ZIP that is read has one reading that covers every byte of it,
/// and nothing is ever verified under a key that has signed nothing.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = MemoryBytes(Array(UnsafeBufferPointer(start: start, count: count)))
    guard readEntries(bytes) else { return 0 }
    do throws(Failure) {
        var request = BundleCheck.Request(rootKey: stranger)
        request.threads = 1
        let result = try BundleCheck.run(zip: bytes, request)
        precondition(result.verdict == .tampered)
        precondition(!result.damage.isEmpty)
        request.rootKey = nil
        let own = try BundleCheck.run(zip: bytes, request)
        precondition(own.verdict == .tampered || own.verdict == .originNotAuthenticated)
    } catch {
        // Bytes in memory are always there to be read.
        preconditionFailure(error.words)
    }
    return 0
}

private func readEntries(_ bytes: MemoryBytes) -> Bool {
    do throws(Failure) {
        var reader = try ZipReader(bytes)
        var end: UInt64 = 0
        while let entry = try reader.next() {
            precondition(!entry.name.isEmpty && entry.offset > end)
            end = entry.offset + entry.byteCount
            precondition(end <= bytes.byteCount)
        }
        return true
    } catch {
        precondition(error.kind == .corrupt && !error.words.isEmpty)
        return false
    }
}

private let stranger: VerifierKey = {
    do throws(Failure) {
        return try VerifierKey(
            "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    } catch {
        preconditionFailure(error.words)
    }
}()

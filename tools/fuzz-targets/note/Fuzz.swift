import Base
import EvidenceFormat

/// Notes, checkpoints, key sets and keys: what is accepted is written again byte for byte.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    texts(String(decoding: bytes, as: UTF8.self))
    do throws(Failure) {
        let note = try SignedNote(parsing: bytes)
        precondition(note.encode() == bytes)
        precondition((1...SignedNote.signaturesMax).contains(note.signatures.count))
        texts(note.text)
        // Nobody we know has signed it, whatever the lines say.
        do throws(Failure) {
            _ = try note.signers(among: [])
            preconditionFailure("a note signed by nobody was taken")
        } catch {
            precondition(error.kind == .refused)
        }
    } catch {
        precondition(error.kind == .invalid)
    }
    return 0
}

private func texts(_ text: String) {
    do throws(Failure) {
        let checkpoint = try Checkpoint(text: text)
        precondition(checkpoint.text.utf8.elementsEqual(text.utf8))
    } catch {
        precondition(error.kind == .invalid)
    }
    do throws(Failure) {
        let keys = try KeySet(text: text)
        precondition(keys.text.utf8.elementsEqual(text.utf8))
    } catch {
        // Unsupported: a key of a type that this version does not know.
        precondition(error.kind == .invalid || error.kind == .unsupported)
    }
    do throws(Failure) {
        let key = try VerifierKey(text)
        precondition(key.text.utf8.elementsEqual(text.utf8))
    } catch {
        precondition(error.kind == .invalid || error.kind == .unsupported)
    }
}

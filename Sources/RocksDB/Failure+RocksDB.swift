internal import Base
internal import CRocksDB

/// Calls a function of `rocksdb/c.h` that reports through `char **errptr`, and turns its message
/// into ours. Every call has its own error pointer: one shared by two threads would mix them up.
func checked<Result>(
    _ operation: StaticString, at path: String,
    _ call: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) throws(Failure) -> Result {
    var message: UnsafeMutablePointer<CChar>?
    let result = unsafe call(&message)
    if let message = unsafe message {
        defer { unsafe rocksdb_free(message) }
        throw unsafe failure("\(operation)", at: path, saying: String(cString: message))
    }
    return result
}

/// The C API keeps only the text of `Status::ToString`: the kind stands first, then what the system
/// said. Order matters: a full disk and a held lock are both an "IO error".
func failure(_ operation: String, at path: String, saying words: String) -> Failure {
    func says(_ text: String) -> Bool { words.contains(text) }
    let what = "\(operation) in the database \(path): \(words)"
    switch true {
    // The bytes of a file are wrong, or the list of files names one that is gone. First, because
    // such a message quotes the IO error that led to it.
    case words.hasPrefix("Corruption"):
        return Failure(.corrupt, "\(what). Stop writing to it and rebuild it from its source")
    // Another process holds LOCK (`fcntl` says EAGAIN), or this one has it open already.
    case says("While lock file") || says("lock hold by current process"):
        return Failure(.busy, "\(what). Another process has it open; stop that one first")
    // ENOSPC, EDQUOT, and RocksDB's own space limit.
    case says("No space left on device") || says("Disk quota exceeded")
        || says("Space limit reached"):
        return Failure(.full, "\(what). Make room on that disk, then start again")
    // EROFS, or a database that was opened with `readOnly`.
    case says("Read-only file system") || says("in read only mode"):
        return Failure(.readOnly, "\(what). Open it for writing, or write elsewhere")
    // Nobody ever made a database here, and the caller did not ask to.
    case says("create_if_missing is false") || says("/CURRENT: No such file"):
        return Failure(.notFound, "\(what). Check the path")
    // After the open every file was there, so one has been taken away since.
    case says("No such file or directory"):
        return Failure(.corrupt, "\(what). A file is gone; rebuild the database from its source")
    case words.hasPrefix("Invalid argument"):
        return Failure(.invalid, "\(what). Correct the request")
    case words.hasPrefix("Not implemented"):
        return Failure(.unsupported, "\(what). This RocksDB cannot do it")
    case words.hasPrefix("Shutdown in progress"):
        return Failure(.stopped, "\(what). It is closing; nothing more is needed")
    case words.hasPrefix("Resource busy") || words.hasPrefix("Operation timed out")
        || says("Try again"):
        return Failure(.busy, "\(what). Try again")
    default:
        return Failure(.io, "\(what). Check the disk and the kernel's log")
    }
}

internal import CLinux
package import Base
internal import Glibc

/// The one funnel for system calls: repeats on `EINTR`, traps on errors that only our own bug can
/// cause, and turns the rest into a sentence that says what to do.
func checked<R: SignedInteger>(
    _ what: @autoclosure () -> String, _ call: () -> R
) throws(Failure) -> R {
    while true {
        let result = call()
        if result >= 0 { return result }
        let code = errno
        if code == EINTR { continue }
        precondition(code != EBADF && code != EFAULT, "\(what()): errno \(code) is a bug")
        throw Failure(errno: code, what())
    }
}

extension Failure {
    /// Maps `errno` once, for all modules.
    package init(errno code: Int32, _ what: String) {
        let text = unsafe String(cString: strerror(code))
        switch code {
        case ENOENT: self.init(.notFound, "\(what): no such file or directory")
        case EEXIST: self.init(.alreadyExists, "\(what): it exists already")
        case EACCES, EPERM:
            self.init(.readOnly, "\(what): permission denied; run as the owner of the directory")
        case EROFS:
            self.init(.readOnly, "\(what): the file system is read-only; mount it read-write")
        case ENOSPC, EDQUOT:
            self.init(.full, "\(what): the disk is full; free space, then start again")
        case EMFILE, ENFILE:
            self.init(.busy, "\(what): too many open files; raise the limit (ulimit -n)")
        // The kernel forgets dirty pages after it reported EIO once, so a repeat proves nothing.
        case EIO: self.init(.dataLoss, "\(what): the disk reported an error (EIO); check the disk")
        default: self.init(.io, "\(what): \(text)")
        }
    }
}

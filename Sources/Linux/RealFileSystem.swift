internal import CLinux
package import Base
internal import Glibc

/// The kernel's files.
package final class RealFileSystem: FileSystem {
    package init() {}

    package func open(_ path: String, _ mode: FileMode) throws(Failure) -> any File {
        // 0600: evidence is nobody's business but its owner's.
        func descriptor(_ flags: Int32) throws(Failure) -> Int32 {
            try checked("open \(path)") { unsafe proofreel_open(path, flags | O_CLOEXEC, 0o600) }
        }
        switch mode {
        case .read: return RealFile(path, owning: try descriptor(O_RDONLY))
        case .write: return RealFile(path, owning: try descriptor(O_RDWR))
        case .createExclusive:
            return RealFile(path, owning: try descriptor(O_RDWR | O_CREAT | O_EXCL))
        case .writeDirect:
            let direct = unsafe proofreel_open(path, O_RDWR | proofreel_o_direct | O_CLOEXEC, 0o600)
            if direct >= 0 { return RealFile(path, owning: direct) }
            guard errno == EINVAL else { throw Failure(errno: errno, "open \(path)") }
            return RealFile(path, owning: try descriptor(O_RDWR))
        }
    }

    package func createDirectory(_ path: String) throws(Failure) {
        if exists(path) { return }
        let parent = parentDirectory(of: path)
        if parent != "." && parent != "/" { try createDirectory(parent) }
        if unsafe mkdir(path, 0o700) != 0 && errno != EEXIST {
            throw Failure(errno: errno, "make the directory \(path)")
        }
        try syncDirectory(parent)
    }

    package func remove(_ path: String) throws(Failure) {
        _ = try checked("remove \(path)") { unsafe unlink(path) }
    }

    package func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    package func list(_ path: String) throws(Failure) -> [String] {
        var found: [String] = []
        try list(path, below: "", into: &found)
        return found.sorted()
    }

    private func list(
        _ root: String, below folder: String, into found: inout [String]
    ) throws(Failure) {
        let path = folder.isEmpty ? root : "\(root)/\(folder)"
        guard let directory = unsafe opendir(path) else {
            throw Failure(errno: errno, "read the directory \(path)")
        }
        defer { unsafe closedir(directory) }
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { text in
                    unsafe String(cString: text)
                }
            }
            if name == "." || name == ".." { continue }
            let relative = folder.isEmpty ? name : "\(folder)/\(name)"
            if unsafe Int32(entry.pointee.d_type) == Int32(DT_DIR) {
                try list(root, below: relative, into: &found)
            } else {
                found.append(relative)
            }
        }
    }

    package func syncDirectory(_ path: String) throws(Failure) {
        let descriptor = try checked("open the directory \(path)") {
            unsafe proofreel_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        }
        defer { close(descriptor) }
        _ = try checked("sync the directory \(path)") { fsync(descriptor) }
    }
}

/// One open file. Safe to use from several threads: every call names its own offset.
final class RealFile: File {
    private let path: String
    let descriptor: Int32

    init(_ path: String, owning descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    func read(at offset: UInt64, count: Int, into buffer: inout [UInt8]) throws(Failure) {
        if buffer.count > count {
            buffer.removeLast(buffer.count - count)
        } else if buffer.count < count {
            // Not zeroed: what is not read is cut off below.
            buffer = unsafe [UInt8](unsafeUninitializedCapacity: count) { _, filled in
                filled = count
            }
        }
        var filled = 0
        while filled < count {
            let got = try checked("read \(path)") {
                unsafe buffer.withUnsafeMutableBytes { bytes in
                    unsafe pread(
                        descriptor, bytes.baseAddress! + filled, count - filled,
                        off_t(offset) + off_t(filled))
                }
            }
            if got == 0 { break }
            filled += got
        }
        buffer.removeLast(count - filled)
    }

    func write(_ bytes: Span<UInt8>, at offset: UInt64) throws(Failure) {
        var done = 0
        while done < bytes.count {
            done += try checked("write \(path)") {
                unsafe bytes.withUnsafeBufferPointer { buffer in
                    unsafe pwrite(
                        descriptor, buffer.baseAddress! + done, buffer.count - done,
                        off_t(offset) + off_t(done))
                }
            }
        }
    }

    func sync() throws(Failure) {
        _ = try checked("sync \(path)") { fdatasync(descriptor) }
    }

    func allocate(upTo length: UInt64) throws(Failure) {
        do {
            _ = try checked("reserve space for \(path)") {
                fallocate(descriptor, proofreel_keep_size, 0, off_t(length))
            }
        } catch {
            // A file system without fallocate only loses speed; a full disk must be heard.
            if error.kind == .full { throw error }
        }
    }

    func truncate(to length: UInt64) throws(Failure) {
        _ = try checked("truncate \(path)") { ftruncate(descriptor, off_t(length)) }
    }

    func punch(_ range: Range<UInt64>) throws(Failure) {
        _ = try checked("erase bytes of \(path)") {
            fallocate(
                descriptor, proofreel_punch_hole, off_t(range.lowerBound),
                off_t(range.upperBound - range.lowerBound))
        }
    }

    func length() throws(Failure) -> UInt64 {
        var status = stat()
        _ = try checked("look at \(path)") { unsafe fstat(descriptor, &status) }
        return UInt64(status.st_size)
    }
}

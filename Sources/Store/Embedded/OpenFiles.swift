internal import Base
internal import Linux

/// Open descriptors of recently used objects, bounded; a store of years has many thousand objects.
final class OpenFiles: Sendable {
    private static let openMax = 128

    private struct Entry {
        let file: any File
        var used: UInt64
    }
    private struct State {
        var entries: [ObjectName: Entry] = [:]
        var clock: UInt64 = 0
    }

    let files: any FileSystem
    private let folder: String
    private let state = Monitor(State())

    init(_ files: any FileSystem, folder: String) {
        self.files = files
        self.folder = folder
    }

    func path(_ object: ObjectName) -> String { "\(folder)/\(object)" }

    func open(_ object: ObjectName, writable: Bool) throws(Failure) -> any File {
        let known = state.withLock { state in
            state.clock += 1
            state.entries[object]?.used = state.clock
            return state.entries[object]?.file
        }
        if let known { return known }
        let file: any File
        do {
            file = try files.open(path(object), writable ? .write : .read)
        } catch {
            guard error.kind == .notFound else { throw error }
            throw Failure(.notFound, "there is no object \(object)")
        }
        remember(object, file)
        return file
    }

    func create(_ object: ObjectName) throws(Failure) {
        let path = path(object)
        let folder = parentDirectory(of: path)
        try files.createDirectory(folder)
        // Whoever made the folder, or the object, may have been killed before its name was durable;
        // and who is told that the object exists builds on it.
        try files.syncDirectory(parentDirectory(of: folder))
        let file: any File
        do {
            file = try files.open(path, .createExclusive)
        } catch {
            if error.kind == .alreadyExists { try files.syncDirectory(folder) }
            throw error
        }
        try file.sync()
        try files.syncDirectory(folder)
        remember(object, file)
    }

    func forget(_ object: ObjectName) {
        state.withLock { $0.entries[object] = nil }
    }

    func closeAll() {
        state.withLock { $0.entries.removeAll() }
    }

    private func remember(_ object: ObjectName, _ file: any File) {
        state.withLock { state in
            state.clock += 1
            if state.entries.count >= Self.openMax,
                let oldest = state.entries.min(by: { $0.value.used < $1.value.used })
            {
                state.entries[oldest.key] = nil
            }
            state.entries[object] = Entry(file: file, used: state.clock)
        }
    }
}

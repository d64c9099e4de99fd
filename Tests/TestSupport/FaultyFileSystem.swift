package import Base
package import Linux

/// A disk in memory that keeps only what was synced, tears what was not, and fails when it is told
/// to. Every path below `root` is its own; nothing reaches the real disk.
///
/// A file has its contents as programs see them, its contents as the disk has them, and the changes
/// in between. A name survives a power cut once its directory was synced. `image` is the disk after
/// a power cut right now. Any thread.
package final class FaultyFileSystem: FileSystem {
    /// A call that changes something.
    package enum Call: CaseIterable, Sendable {
        case create, write, sync, allocate, truncate, punch, remove, createDirectory, syncDirectory
    }

    /// The call that fails: the n-th of a kind, or of all kinds, counted from 0.
    package struct Fault: Sendable {
        package enum Effect: Hashable, Sendable {
            /// The disk reports an error; what a failed sync should have kept is lost for good.
            case broken
            case full
            /// The machine is off: this call and all later ones do nothing.
            case powerCut
        }
        package var call: Call?
        package var number: Int
        package var effect: Effect
        /// All later calls of the kind fail too.
        package var lasting: Bool

        package init(_ call: Call? = nil, number: Int, _ effect: Effect, lasting: Bool = false) {
            self.call = call
            self.number = number
            self.effect = effect
            self.lasting = lasting
        }
    }

    /// What of the unsynced changes a power cut leaves.
    package enum Survivors: Hashable, Sendable {
        case none, all
        /// Those before some moment.
        case prefix(seed: UInt64)
        /// Any of them; each write torn at sectors of 512 bytes.
        case torn(seed: UInt64)
    }

    struct State {
        var entries: [String: FaultyInode] = [:]
        var durableEntries: [String: FaultyInode] = [:]
        var directories: Set<String> = [""]
        /// Changes of names that no directory sync covers yet, in order.
        var renames: [(number: Int, path: String, inode: FaultyInode?)] = []
        var counts: [Call: Int] = [:]
        var total = 0
        var fault: Fault?
        var faulted = false
    }

    package let root: String
    let state = Monitor(State())
    /// In a box: a bare closure as generic state is wrapped anew by every access.
    private struct Observer {
        let call: @Sendable (Int) -> Void
    }
    private let observer = Monitor<Observer?>(nil)

    package init(root: String) { self.root = root }

    /// Called at every change with its number: the change is under way, so that a power cut may
    /// leave all, some or nothing of it. A sync is under way before it has kept anything.
    package func observe(_ body: (@Sendable (Int) -> Void)?) {
        observer.withLock { $0 = body.map { Observer(call: $0) } }
    }

    /// Every kind of call so far, and all together.
    package var counts: [Call: Int] { state.withLock { $0.counts } }
    package var callCount: Int { state.withLock { $0.total } }

    package func inject(_ fault: Fault?) {
        state.withLock { state in
            state.fault = fault
            state.faulted = false
        }
    }

    /// The disk works again. Whether the fault had struck stays known.
    package func heal() { state.withLock { $0.fault = nil } }

    /// Whether the fault has struck.
    package var hasFaulted: Bool { state.withLock { $0.faulted } }

    // MARK: Calls

    /// Counts a call, fails it if it is its turn, makes the change, and tells the observer.
    func change(
        _ call: Call, _ what: String, failing: (inout State) -> Void = { _ in },
        _ body: (inout State, Int) throws(Failure) -> Void
    ) throws(Failure) {
        let number = try state.withLock { state throws(Failure) in
            let number = state.total
            let ofKind = state.counts[call, default: 0]
            state.total += 1
            state.counts[call] = ofKind + 1
            if let fault = state.fault, fault.call == nil || fault.call == call {
                let now = fault.call == nil ? number : ofKind
                let strikes =
                    fault.lasting || fault.effect == .powerCut
                    ? now >= fault.number : now == fault.number
                if strikes {
                    state.faulted = true
                    failing(&state)
                    throw fault.effect.failure(what)
                }
            }
            if call != .sync && call != .syncDirectory { try body(&state, number) }
            return number
        }
        observer.withLock({ $0 })?.call(number)
        if call == .sync || call == .syncDirectory {
            try state.withLock { state throws(Failure) in try body(&state, number) }
        }
    }

    private func relative(_ path: String) -> String {
        if path == root { return "" }
        precondition(path.hasPrefix(root + "/"), "\(path) is not below \(root)")
        return String(path.dropFirst(root.count + 1))
    }

    package func open(_ path: String, _ mode: FileMode) throws(Failure) -> any File {
        let name = relative(path)
        switch mode {
        case .read, .write, .writeDirect:
            guard let inode = state.withLock({ $0.entries[name] }) else {
                throw Failure(.notFound, "open \(path): no such file or directory")
            }
            return FaultyFile(self, inode, path, mode)
        case .createExclusive:
            let inode = FaultyInode()
            try change(.create, "open \(path)") { state, number throws(Failure) in
                guard state.entries[name] == nil else {
                    throw Failure(.alreadyExists, "open \(path): it exists already")
                }
                let parent = name.contains("/") ? parentDirectory(of: name) : ""
                guard state.directories.contains(parent) else {
                    throw Failure(.notFound, "open \(path): no such file or directory")
                }
                state.entries[name] = inode
                state.renames.append((number, name, inode))
            }
            return FaultyFile(self, inode, path, mode)
        }
    }

    package func createDirectory(_ path: String) throws(Failure) {
        let name = relative(path)
        if state.withLock({ $0.directories.contains(name) }) { return }
        let parent = parentDirectory(of: path)
        if parent.hasPrefix(root) { try createDirectory(parent) }
        try change(.createDirectory, "make the directory \(path)") { state, _ in
            state.directories.insert(name)
        }
    }

    package func remove(_ path: String) throws(Failure) {
        let name = relative(path)
        try change(.remove, "remove \(path)") { state, number throws(Failure) in
            guard state.entries.removeValue(forKey: name) != nil else {
                throw Failure(.notFound, "remove \(path): no such file or directory")
            }
            state.renames.append((number, name, nil))
        }
    }

    package func exists(_ path: String) -> Bool {
        let name = relative(path)
        return state.withLock { $0.entries[name] != nil || $0.directories.contains(name) }
    }

    package func list(_ path: String) throws(Failure) -> [String] {
        let folder = relative(path)
        return try state.withLock { state throws(Failure) in
            guard state.directories.contains(folder) else {
                throw Failure(.notFound, "read the directory \(path): no such file or directory")
            }
            if folder.isEmpty { return state.entries.keys.sorted() }
            return state.entries.keys.filter { $0.hasPrefix(folder + "/") }
                .map { String($0.dropFirst(folder.count + 1)) }.sorted()
        }
    }

    package func syncDirectory(_ path: String) throws(Failure) {
        let folder = relative(path)
        try change(.syncDirectory, "sync the directory \(path)") { state, _ in
            state.renames.removeAll { rename in
                let parent = rename.path.contains("/") ? parentDirectory(of: rename.path) : ""
                guard parent == folder else { return false }
                state.durableEntries[rename.path] = rename.inode
                return true
            }
        }
    }
}

extension FaultyFileSystem.Fault.Effect {
    func failure(_ what: String) -> Failure {
        switch self {
        case .broken:
            Failure(.dataLoss, "\(what): the disk reported an error (EIO); check the disk")
        case .full: Failure(.full, "\(what): the disk is full; free space, then start again")
        case .powerCut: Failure(.io, "\(what): the power is off")
        }
    }
}

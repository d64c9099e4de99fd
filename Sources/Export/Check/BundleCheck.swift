package import Base
internal import Crypto
package import EvidenceFormat
internal import Linux
package import TimeStamp

/// Verifies a bundle with nothing but public keys: the steps of `docs/bundle.md`, "What a verifier
/// does", in their order. Every file is hashed once, on threads of its own, while leaves are read;
/// memory grows by a few dozen bytes a file, never with what is in it. One thread uses it, once.
package final class BundleCheck {
    package struct Request {
        /// The root key that whoever verifies was told; nil: the bundle's own word is taken.
        package var rootKey: VerifierKey?
        /// Checkpoints of this log that he has kept himself.
        package var kept: [SignedNote] = []
        /// Witnesses whose word counts.
        package var witnesses: [CosignerKey] = []
        /// Authorities whose time stamps count.
        package var timeStampRoots = Certificates([])
        package var threads = 2
        /// Bytes hashed so far, and of all.
        package var progress: (UInt64, UInt64) -> Void = { _, _ in }

        package init(rootKey: VerifierKey?) { self.rootKey = rootKey }
    }

    /// Larger than any of these files has reason to be.
    static let smallBytesMax = 1 << 20

    let source: BundleSource
    let request: Request
    var result = BundleVerification()
    var keySet: KeySet?
    var rootKey: VerifierKey?
    var checkpoint: Checkpoint?
    /// The note that `checkpoint` was read from.
    var signedHead: (bytes: [UInt8], note: SignedNote)?
    var selection: AskedFor?

    /// What the manifests say of each file.
    var expected: [Digest]
    /// Files that a manifest has.
    var listed: [Bool]
    /// Files that the format knows, each with its place in it.
    var claimed: [Bool]
    var leafFiles: [LeafFile] = []
    var leaves = LeafTable()
    var chains = ChainCheck()
    var removals = RemovalCheck()
    var parts = PartTable()
    var anchorLeaves: [(index: UInt64, leaf: Leaf)] = []
    var keySetOrdinal: UInt64 = 0
    var genesisKey = ""
    /// Records whose bytes are here, and how many those should be.
    var payloadCount = 0
    var payloadLength: Int64 = 0
    /// What the page tells of removals, and what bears on the records.
    var removalFiles: [LeafFile] = []
    var bearingFiles: [LeafFile] = []
    /// Records with footage that parts were committed of.
    var clips: [LeafFile] = []

    /// Verifies the bundle at `path`; a damaged one is a result, a missing one an error.
    package static func run(
        _ path: String, scratchPath: String, _ request: Request
    ) throws(Failure) -> BundleVerification {
        try run(request) { () throws(Failure) in
            try BundleSource(opening: path, scratchPath: scratchPath)
        }
    }

    /// Verifies a ZIP wherever its bytes are.
    package static func run(
        zip source: some ByteSource, _ request: Request
    ) throws(Failure) -> BundleVerification {
        try run(request) { () throws(Failure) in try BundleSource(zip: source) }
    }

    private static func run(
        _ request: Request, _ open: () throws(Failure) -> BundleSource
    ) throws(Failure) -> BundleVerification {
        let source: BundleSource
        do throws(Failure) {
            source = try open()
        } catch {
            guard error.kind == .corrupt || error.kind == .invalid else { throw error }
            var result = BundleVerification()
            result.rootPinned = request.rootKey != nil
            result.add(step: 1, error.words)
            return result
        }
        let check = BundleCheck(source, request)
        check.run()
        return check.result
    }

    init(_ source: BundleSource, _ request: Request) {
        self.source = source
        self.request = request
        let count = source.files.count
        expected = [Digest](repeating: .zero, count: count)
        listed = [Bool](repeating: false, count: count)
        claimed = listed
        result.files = count
        result.bytes = source.files.byteCount
        result.rootPinned = request.rootKey != nil
    }

    func run() {
        findLeaves()
        let hasher = BundleHasher(source, hashedApart())
        let threads = hasher.start(threads: request.threads)
        check(hasher)
        hasher.stop()
        for thread in threads { thread.join() }
    }

    private func check(_ hasher: BundleHasher) {
        guard checkRoot(), checkManifests() else { return }
        sortFiles()
        readSelection()
        checkLeaves(hasher)
        checkSelection()
        reportChains()
        checkClips()
        checkCustody()
        checkAnchors()
        checkUnknownFiles()
        checkPage()
        hasher.wait { request.progress($0, result.bytes) }
        report(hasher)
        result.checks.closed = chains.closedCount
        result.checks.open = chains.openCount
    }

    // MARK: Reading

    /// A file that every bundle has; says so where it is missing or cannot be read.
    func required(_ name: String, step: Int, bytesMax: Int = smallBytesMax) -> [UInt8]? {
        guard let file = source.files.position(of: name) else {
            result.add(step: step, file: name, "is missing")
            return nil
        }
        claimed[file] = true
        return contents(file, step: step, bytesMax: bytesMax)
    }

    func contents(_ file: Int, step: Int, bytesMax: Int = smallBytesMax) -> [UInt8]? {
        do throws(Failure) {
            return try source.contents(file, bytesMax: bytesMax)
        } catch {
            result.add(step: step, file: source.files.name(file), error.words)
            return nil
        }
    }

    /// Reads a leaf again that was found in order before.
    func leaf(_ file: Int32) throws(Failure) -> Leaf {
        try Leaf(parsingAgain: source.contents(Int(file), bytesMax: Leaf.bytesMax))
    }
}

internal import Base
internal import Crypto
internal import EvidenceFormat
internal import Linux

/// A bundle that is not complete: `NAME.part` has its bytes, `NAME.part.json` what they are the
/// beginning of. Left behind when the fetching ends, for the same command to go on with.
struct PartialBundle {
    struct Beginning {
        let note: String
        let instant: WallTime
    }
    private static let noteBytesMax = 256 << 10
    private static let pieceBytes = 1 << 20

    let path: String
    private let question: Digest
    private let file: any File
    private let files = RealFileSystem()
    private(set) var count = 0
    private(set) var beginning: Beginning?
    /// Of the running hash, for it cannot be copied.
    private var hashState = SHA256().state

    /// `question`: a hash of what is asked; what answers another one is thrown away.
    init(for target: String, question: Digest) throws(Failure) {
        path = "\(target).part"
        self.question = question
        guard files.exists(path) else {
            file = try files.open(path, .createExclusive)
            return
        }
        file = try files.open(path, .write)
        beginning = Self.beginning("\(path).json", question, files)
        guard beginning != nil else {
            try file.truncate(to: 0)
            return
        }
        try readAgain()
    }

    private static func beginning(
        _ path: String, _ question: Digest, _ files: RealFileSystem
    ) -> Beginning? {
        do throws(Failure) {
            let bytes = try files.contents(of: path, limit: noteBytesMax)
            let object = try JSON(parsing: bytes.span, bytesMax: noteBytesMax).object
            guard object?["question"]?.string == question.hex, let note = object?["note"]?.string,
                let instant = object?["instant"]?.string.flatMap({ WallTime($0) })
            else { return nil }
            return Beginning(note: note, instant: instant)
        } catch {
            return nil
        }
    }

    private mutating func readAgain() throws(Failure) {
        var buffer: [UInt8] = []
        while true {
            try file.read(at: UInt64(count), count: Self.pieceBytes, into: &buffer)
            guard !buffer.isEmpty else { return }
            note(buffer.span)
        }
    }

    private mutating func note(_ bytes: Span<UInt8>) {
        guard var hash = SHA256(state: hashState) else { preconditionFailure("a state of ours") }
        hash.update(bytes)
        hashState = hash.state
        count += bytes.count
    }

    /// Of what is there so far.
    var hash: Digest {
        guard let hash = SHA256(state: hashState) else { preconditionFailure("a state of ours") }
        return hash.finish()
    }

    mutating func begin(note: String, instant: WallTime) throws(Failure) {
        guard beginning == nil else { return }
        beginning = Beginning(note: note, instant: instant)
        let json = JSON.object(
            JSONObject([
                ("question", .string(question.hex)), ("note", .string(note)),
                ("instant", .string(instant.description)),
            ]))
        try files.replace("\(path).json", json.encode())
    }

    mutating func add(_ bytes: Span<UInt8>) throws(Failure) {
        try file.write(bytes, at: UInt64(count))
        note(bytes)
    }

    /// Returns the hash of the whole.
    func finish(as target: String) throws(Failure) -> Digest {
        try file.sync()
        try files.rename(path, to: target)
        try files.remove("\(path).json")
        return hash
    }
}

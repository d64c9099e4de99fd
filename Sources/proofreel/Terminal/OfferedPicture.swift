internal import Base
internal import Linux

/// A picture for whoever sits at the terminal: shown there, or else written to a file, if it has a
/// name.
struct OfferedPicture {
    /// More at a time are files: nobody looks for one among twenty that scrolled by.
    static let shownMax = 4

    /// Nil for one that is no evidence.
    let id: RecordID?
    /// What to write when it cannot be shown; nil: nothing.
    let file: String?
    let bytes: [UInt8]

    init(_ id: RecordID?, orFile file: String?, _ bytes: [UInt8]) {
        self.id = id
        self.file = file
        self.bytes = bytes
    }

    func show(_ console: Console) throws(Failure) {
        do throws(Failure) {
            let screen = Screen.found(isColoured: console.isColoured)
            if let shown = try screen?.encode(bytes) {
                console.write(shown)
                if let id {
                    console.print(console.faint("to save it: proofreel get \(id) -o FILE"))
                }
                return
            }
        } catch {
            console.note("\(error.words); so it is not shown")
        }
        guard let file else { return }
        do throws(Failure) {
            try RealFileSystem().create(file, bytes)
        } catch {
            guard error.kind == .alreadyExists else { throw error }
            throw Failure(.alreadyExists, "\(file) is there already; it is not overwritten")
        }
        console.print("\(file)  \(Amount.bytes(UInt64(bytes.count)))")
    }
}

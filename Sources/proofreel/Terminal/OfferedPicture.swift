internal import Base
internal import Linux

/// A picture for whoever sits at the terminal: shown there, or else written to a file, if it has a
/// name. Travels from the server to its caller, whose terminal it is.
struct OfferedPicture {
    /// More at a time are files: nobody looks for one among twenty that scrolled by.
    static let shownMax = 4

    let id: RecordID
    /// What to write when it cannot be shown; nil: nothing.
    let file: String?
    let bytes: [UInt8]

    init(_ id: RecordID, orFile file: String?, _ bytes: [UInt8]) {
        self.id = id
        self.file = file
        self.bytes = bytes
    }

    // A line with the id, a line with the file's name, the bytes.

    init(message: [UInt8]) throws(Failure) {
        let lines = message.prefix(1024).split(
            separator: 0x0A, maxSplits: 2, omittingEmptySubsequences: false)
        guard lines.count == 3, let id = RecordID(String(decoding: lines[0], as: UTF8.self)) else {
            throw Failure(.invalid, "the server sent a picture without a record")
        }
        self.id = id
        file = lines[1].isEmpty ? nil : String(decoding: lines[1], as: UTF8.self)
        bytes = Array(message[lines[2].startIndex...])
    }

    var message: [UInt8] { Array("\(id)\n\(file ?? "")\n".utf8) + bytes }

    func show(_ console: Console) throws(Failure) {
        do throws(Failure) {
            let screen = Screen.found(isColoured: console.usesColours.answers)
            if let shown = try screen?.encode(bytes) {
                console.write(shown)
                console.print(console.faint("to save it: proofreel get \(id) -o FILE"))
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

extension Console {
    /// Shows a picture at this console's terminal, wherever the command runs.
    func offer(_ picture: OfferedPicture) throws(Failure) {
        if sendsToCaller {
            write(picture.message, to: .picture)
        } else {
            try picture.show(self)
        }
    }
}

internal import Base
internal import Evidence
internal import Linux
internal import Store

/// Where a command works: a path, and who else is there.
struct DataDirectory {
    let path: String

    init(_ arguments: Arguments) throws {
        if let path = arguments.value("data") ?? Environment.value("PROOFREEL_DATA") {
            self.path = path
        } else if let base = Environment.value("XDG_DATA_HOME") {
            path = "\(base)/proofreel"
        } else if let home = Environment.value("HOME") {
            path = "\(home)/.local/share/proofreel"
        } else {
            throw UsageError("there is no home directory to look in; give --data DIR")
        }
    }

    init(path: String) { self.path = path }

    var keys: KeyFolder { KeyFolder(dataDirectory: path) }
    var socket: String { "\(path)/\(EmbeddedEngine.statusSocket)" }

    var wireSocket: String { "\(path)/\(EmbeddedEngine.wireSocket)" }

    /// Whether a process, normally `serve`, holds the directory now.
    var isServed: Bool { ProcessLock.isHeld("\(path)/LOCK") }

    func requireExisting() throws(Failure) {
        guard RealFileSystem().exists("\(path)/FORMAT") else {
            throw Failure(
                .notFound,
                "there is no data directory at \(path); proofreel serve --data DIR makes one")
        }
    }

    func requireFree() throws(Failure) {
        guard isServed else { return }
        throw Failure(
            .busy,
            "\(path) is being served, and this needs it alone; stop the server (Ctrl-C, or"
                + " systemctl stop proofreel), run this again, and start it again")
    }
}

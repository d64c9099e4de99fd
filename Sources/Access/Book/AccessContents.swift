package import Base
internal import Linux

/// What a book says, for showing it; also without a log, when nobody serves.
package struct AccessContents: Sendable {
    package let people: [Person]
    package let tokens: [Token]
    package let machines: [Machine]

    /// Of a directory that nobody serves; nil while it has no book.
    package init?(dataDirectory: String) throws(Failure) {
        let path = AccessBook.path(in: "\(dataDirectory)/access")
        guard let list = try AccessList.read(path, RealFileSystem()) else { return nil }
        self.init(list)
    }

    init(_ list: AccessList) {
        people = list.people
        tokens = list.tokens
        machines = list.machines
    }
}

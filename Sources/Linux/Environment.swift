package import Base
internal import Glibc

/// What surrounds the process: variables, arguments, the user, the machine.
package enum Environment {
    /// Nil when the variable is not set, is empty, or is not UTF-8.
    package static func value(_ name: String) -> String? {
        guard let text = unsafe getenv(name) else { return nil }
        guard let value = unsafe String(validatingCString: text) else { return nil }
        return value.isEmpty ? nil : value
    }

    /// The command line without the program's name. Bytes that are no UTF-8 are refused, because
    /// repairing them would name another file.
    package static func arguments() throws(Failure) -> [String] {
        var arguments: [String] = []
        for i in 1..<max(1, Int(CommandLine.argc)) {
            guard let text = unsafe CommandLine.unsafeArgv[i] else { break }
            guard let argument = unsafe String(validatingCString: text) else {
                throw Failure(
                    .invalid,
                    "argument \(i) is not UTF-8; rename the file, or give its contents on standard"
                        + " input with - in its place")
            }
            arguments.append(argument)
        }
        return arguments
    }

    package static var userName: String {
        if let name = value("USER") ?? value("LOGNAME") { return name }
        return "uid-\(getuid())"
    }

    package static var currentDirectory: String {
        guard let path = unsafe getcwd(nil, 0) else { return "/" }
        defer { unsafe free(path) }
        return unsafe String(cString: path)
    }

    package static var hostName: String {
        var text = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&text, text.count - 1) == 0 else { return "localhost" }
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let name = String(decoding: bytes, as: UTF8.self)
        return name.isEmpty ? "localhost" : name
    }
}

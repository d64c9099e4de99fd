internal import Base
internal import Client
internal import Crypto
internal import EvidenceFormat
internal import Linux
internal import WireProtocol

extension OptionSpec {
    fileprivate static let alias = list("alias", "TEXT", "what else people call it")
}

extension CommandSpec {
    static let roomAdd = CommandSpec(
        path: ["room", "add"], summary: "Name a room and say what else it is called.",
        usage: "NAME [--alias TEXT]…", positionals: 1...1,
        options: [.alias] + OptionSpec.adding,
        examples: [
            .init("proofreel room add 'Paint shop' --alias atelier --alias Lackiererei", ""),
            .init("proofreel camera set booth-1 --room 'Paint shop'", "a camera in it"),
        ],
        run: { try RoomChange(Work(arguments: $0, console: $1)).put(.roomAdd) })

    static let roomSet = CommandSpec(
        path: ["room", "set"], summary: "Give a room other names beside its own.",
        usage: "NAME --alias TEXT…", positionals: 1...1,
        options: [.alias] + OptionSpec.adding,
        examples: [.init("proofreel room set 'Paint shop' --alias 'booth'", "instead of the old")],
        run: { try RoomChange(Work(arguments: $0, console: $1)).put(.roomSet) })

    static let roomList = CommandSpec(
        path: ["room", "list"], summary: "Show rooms and the cameras in them.",
        usage: "[--json]", options: OptionSpec.asking,
        examples: [.init("proofreel room list", "")],
        run: { try RoomChange(Work(arguments: $0, console: $1)).list() })

    static let roomRemove = CommandSpec(
        path: ["room", "remove"], summary: "Forget a room's other names; cameras stay.",
        usage: "NAME", positionals: 1...1, options: OptionSpec.adding,
        examples: [.init("proofreel room remove 'Paint shop'", "")],
        run: { try RoomChange(Work(arguments: $0, console: $1)).remove() })

    static let ask = CommandSpec(
        path: ["ask"], summary: "Ask for a camera in plain words, English or French.",
        usage: "WORDS… [-o FILE|DIR/]", positionals: 1...50,
        options: [
            .value("o", "FILE|DIR", "write the pictures there; - for standard output")
        ] + OptionSpec.asking,
        examples: [
            .init("proofreel ask show me the camera in the paint shop", ""),
            .init("proofreel ask \"montre-moi la camera de l'atelier\" -o atelier.jpg", ""),
        ],
        notes: "The pictures are of now, with their age; an older one is never shown instead.\n"
            + "Nothing becomes evidence by it.",
        run: { try Asking(Work(arguments: $0, console: $1)).run() })
}

struct RoomChange {
    private let work: Work
    private var arguments: Arguments { work.arguments }

    init(_ work: Work) { self.work = work }

    func put(_ operation: WireProtocol.Operation) throws -> ExitCode {
        let name = arguments.positionals[0]
        let aliases = arguments.all("alias").map { JSON.string($0) }
        try work.askingServer { door in
            let answer = try door.ask(operation) { fields in
                fields.add(.room, name)
                fields.add(
                    .document, JSON.object(JSONObject([("aliases", .array(aliases))])).encode())
            }
            work.show(
                try Document(answer.reply),
                "\(Table.printable(name)) is known\n"
                    + work.console.faint("a camera in it: proofreel camera set ID --room NAME"))
        }
        return .done
    }

    func remove() throws -> ExitCode {
        let name = arguments.positionals[0]
        try work.askingServer { door in
            let answer = try door.ask(.roomRemove) { $0.add(.room, name) }
            work.show(try Document(answer.reply), "\(Table.printable(name)) is forgotten")
        }
        return .done
    }

    func list() throws -> ExitCode {
        let rooms = try work.askingServer { door in
            try door.ask(.roomList, isSafe: true).items.map { try Document($0) }
        }
        if work.printed(rooms) { return .done }
        guard !rooms.isEmpty else {
            work.console.print(
                "no rooms; put a camera into one: proofreel camera set ID --room NAME")
            return .done
        }
        var table = Table(["room", "also", "cameras"])
        for room in rooms {
            table.add([
                room.text("name") ?? "", room.texts("aliases").joined(separator: ", "),
                room.texts("cameras").joined(separator: ", "),
            ])
        }
        for line in table.lines(work.console) { work.console.print(line) }
        return .done
    }
}

struct Asking {
    private let work: Work
    private var arguments: Arguments { work.arguments }

    init(_ work: Work) { self.work = work }

    func run() throws -> ExitCode {
        let answer = try work.askingServer { door in
            try door.ask(.ask, isSafe: true) { fields in
                fields.add(.words, arguments.positionals.joined(separator: " "))
            }
        }
        let understood = try Document(answer.reply)
        let items = try answer.items.map { try Document($0) }
        let pictures = try Self.pictures(items, answer.body)
        let files = try write(items, pictures)
        if arguments.has("json") {
            for (item, file) in zip(items, files) {
                work.console.print(file.map { item.adding([("file", .string($0))]) } ?? item.json)
            }
            work.console.print(understood.json)
        } else if arguments.value("o") != "-" {
            try show(understood, items, pictures, files)
        }
        if items.isEmpty { return .notFound }
        return pictures.allSatisfy(\.isEmpty) ? .failed : .done
    }

    /// One after the other in the body; empty where there is none of now.
    private static func pictures(
        _ items: [Document], _ body: [UInt8]
    ) throws(Failure) -> [[UInt8]] {
        var rest = body[...]
        return try items.map { item throws(Failure) in
            let count = Int(clamping: item.int("bytes") ?? 0)
            guard count >= 0, count <= rest.count else {
                throw Failure(.corrupt, "the answer has fewer bytes than it says")
            }
            let picture = Array(rest.prefix(count))
            rest = rest.dropFirst(count)
            guard count == 0 || SHA256.hash(picture.span).hex == item.text("sha256") else {
                throw Failure(.corrupt, "a picture came with other bytes than were sent")
            }
            return picture
        }
    }

    private func write(_ items: [Document], _ pictures: [[UInt8]]) throws -> [String?] {
        guard let target = arguments.value("o") else { return items.map { _ in nil } }
        let count = pictures.count { !$0.isEmpty }
        if target == "-" {
            for picture in pictures { work.console.write(picture) }
            return items.map { _ in nil }
        }
        guard count < 2 || target.hasSuffix("/") else {
            throw UsageError(
                "there are \(count) pictures; -o should be a folder, with a / at its end")
        }
        if target.hasSuffix("/") { try RealFileSystem().createDirectory(String(target.dropLast())) }
        return try zip(items, pictures).map { item, picture in
            guard !picture.isEmpty else { return nil }
            let path = target.hasSuffix("/") ? "\(target)\(item.text("camera") ?? "").jpg" : target
            try RealFileSystem().create(path, picture)
            return path
        }
    }

    private func show(
        _ understood: Document, _ items: [Document], _ pictures: [[UInt8]], _ files: [String?]
    ) throws {
        let console = work.console
        console.print(Table.printable(understood.text("words") ?? ""))
        for (i, item) in items.enumerated() {
            let name = Table.printable(item.text("name") ?? item.text("camera") ?? "")
            guard let age = item.int("age_ms") else {
                console.print(
                    "\(console.bad(name)): \(Table.printable(item.text("words") ?? ""))")
                continue
            }
            console.print(
                "\(name): \(item.time("instant").map(Amount.time) ?? ""), \(age) ms old"
                    + (files[i].map { ", in \($0)" } ?? ""))
        }
        guard console.isTerminal, arguments.value("o") == nil else { return }
        for picture in pictures.prefix(OfferedPicture.shownMax) where !picture.isEmpty {
            try OfferedPicture(nil, orFile: nil, picture).show(console)
        }
    }
}

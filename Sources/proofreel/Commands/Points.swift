internal import Base
internal import Client
internal import EvidenceFormat
internal import WireProtocol

extension OptionSpec {
    fileprivate static let point = [
        value("name", "TEXT", "what people call it"),
        list("camera", "ID", "gives a picture; several times for several cameras"),
        value("product", "KEY", "the product that it is for, as the ERP writes it"),
        value("operation", "TEXT", "the operation that it is for"),
        value("centre", "ID", "the work centre that it is at"),
        value("take", "asked|reached", "reached: the picture of that very instant, by itself"),
        value("late", "DURATION", "earlier pictures of the work order count, so old; else 30m"),
        flag("mandatory", "its checks cannot be passed without the pictures; it is so at first"),
        flag("optional", "they can"),
    ]
}

extension CommandSpec {
    static let pointAdd = CommandSpec(
        path: ["point", "add"], summary: "Set up a control point: where a picture is to be taken.",
        usage: "ID --camera ID [--centre ID] [options]", positionals: 1...1,
        options: OptionSpec.point + OptionSpec.adding,
        examples: [
            .init(
                "proofreel point add weld-seam --camera press-3 --operation Weld"
                    + " --centre wc-7", ""),
            .init(
                "proofreel point add paint --camera booth-1 --camera booth-2 --take reached",
                "both cameras, in the instant in which production gets there"),
        ],
        run: { try PointChange(Work(arguments: $0, console: $1)).put(.pointAdd) })

    static let pointSet = CommandSpec(
        path: ["point", "set"], summary: "Change a control point; its checks stay as they are.",
        usage: "ID [options]", positionals: 1...1, options: OptionSpec.point + OptionSpec.adding,
        examples: [.init("proofreel point set weld-seam --optional", "")],
        run: { try PointChange(Work(arguments: $0, console: $1)).put(.pointSet) })

    static let pointRemove = CommandSpec(
        path: ["point", "remove"], summary: "Forget a control point; its checks stay.",
        usage: "ID", positionals: 1...1, options: OptionSpec.adding,
        examples: [.init("proofreel point remove weld-seam", "")],
        run: { try PointChange(Work(arguments: $0, console: $1)).remove() })

    static let pointList = CommandSpec(
        path: ["point", "list"], summary: "Show the control points.",
        usage: "[--camera ID] [--centre ID] [--json]",
        options: [
            .value("camera", "ID", "only those of this camera"),
            .value("centre", "ID", "only those at this work centre"),
        ] + OptionSpec.asking,
        examples: [.init("proofreel point list --camera press-3", "")],
        run: { try PointChange(Work(arguments: $0, console: $1)).list() })

    static let pointShow = CommandSpec(
        path: ["point", "show"], summary: "Show one control point.",
        usage: "ID [--json]", positionals: 1...1, options: OptionSpec.asking,
        examples: [.init("proofreel point show weld-seam", "")],
        run: { try PointChange(Work(arguments: $0, console: $1)).show() })

    static let cameraPoint = CommandSpec(
        path: ["camera", "point"], summary: "Bind a camera to a control point, new or there.",
        usage: "ID POINT [options]", positionals: 2...2,
        options: OptionSpec.point.filter { $0.name != "camera" } + OptionSpec.adding,
        examples: [.init("proofreel camera point press-3 weld-seam --operation Weld", "")],
        run: { try PointChange(Work(arguments: $0, console: $1)).bind() })
}

struct PointChange {
    private let work: Work
    private var arguments: Arguments { work.arguments }

    init(_ work: Work) { self.work = work }

    func put(_ operation: WireProtocol.Operation) throws -> ExitCode {
        let wishes = try wishes(cameras: arguments.all("camera"))
        guard operation == .pointAdd || !wishes.isEmpty else {
            throw UsageError("say what should change, such as --camera ID")
        }
        guard operation == .pointSet || !arguments.all("camera").isEmpty else {
            throw UsageError("name the cameras that give the pictures: --camera ID")
        }
        try work.askingServer { door in
            try put(operation, arguments.positionals[0], wishes, door)
        }
        return .done
    }

    private func put(
        _ operation: WireProtocol.Operation, _ id: String, _ wishes: [(String, JSON)],
        _ door: any Door
    ) throws {
        let answer = try door.ask(operation) { fields in
            fields.add(.point, id)
            fields.add(.document, JSON.object(JSONObject(wishes)).encode())
        }
        let point = try Document(answer.reply)
        work.show(
            point,
            "\(id) takes the picture of \(point.texts("cameras").joined(separator: ", "))\n"
                + work.console.faint("production gets there: proofreel check reach \(id)"))
    }

    /// Adds the camera to those that the point has.
    func bind() throws -> ExitCode {
        let (camera, id) = (arguments.positionals[0], arguments.positionals[1])
        try work.askingServer { door in
            var cameras: [String] = []
            var isThere = true
            do {
                let point = try Document(
                    door.ask(.pointShow, isSafe: true) { $0.add(.point, id) }.reply)
                cameras = point.texts("cameras")
            } catch let error as WireError where error.code == .notFound {
                isThere = false
            }
            if !cameras.contains(camera) { cameras.append(camera) }
            try put(isThere ? .pointSet : .pointAdd, id, try wishes(cameras: cameras), door)
        }
        return .done
    }

    func remove() throws -> ExitCode {
        let id = arguments.positionals[0]
        try work.askingServer { door in
            let answer = try door.ask(.pointRemove) { $0.add(.point, id) }
            work.show(try Document(answer.reply), "\(id) is forgotten; its checks stay")
        }
        return .done
    }

    func list() throws -> ExitCode {
        let points = try work.askingServer { door in
            try door.ask(.pointList, isSafe: true) { fields in
                fields.add(.camera, arguments.value("camera"))
                fields.add(.centre, arguments.value("centre"))
            }.items.map { try Document($0) }
        }
        if work.printed(points) { return .done }
        guard !points.isEmpty else {
            work.console.print(
                "no control points; add one: proofreel point add ID --camera CAMERA")
            return .done
        }
        for line in Self.table(points).lines(work.console) { work.console.print(line) }
        return .done
    }

    static func table(_ points: [Document]) -> Table {
        var table = Table(["point", "name", "cameras", "centre", "operation", "product", ""])
        for point in points {
            table.add([
                point.id, point.text("name") ?? "", point.texts("cameras").joined(separator: ", "),
                point.text("centre") ?? "", point.text("operation") ?? "",
                point.text("product") ?? "", point.bool("mandatory") ? "mandatory" : "optional",
            ])
        }
        return table
    }

    func show() throws -> ExitCode {
        let point = try work.askingServer { door in
            try Document(
                door.ask(.pointShow, isSafe: true) { $0.add(.point, arguments.positionals[0]) }
                    .reply)
        }
        if work.printed([point]) { return .done }
        var facts = Facts()
        facts.add("point", Table.printable("\(point.id), \(point.text("name") ?? "")"))
        facts.add("does", "take a picture, \(point.bool("mandatory") ? "mandatory" : "optional")")
        facts.add("cameras", point.texts("cameras").joined(separator: ", "))
        for name in ["centre", "operation", "product"] {
            if let text = point.text(name) { facts.add(name, Table.printable(text)) }
        }
        facts.add(
            "picture",
            point.text("take") == "reached"
                ? "of the instant in which production gets there" : "when somebody takes it")
        facts.add(
            "earlier ones",
            "of the work order, up to \(Amount.age(seconds: point.int("late_s") ?? 0))")
        for line in facts.lines(work.console) { work.console.print(line) }
        return .done
    }

    private func wishes(cameras: [String]) throws -> [(String, JSON)] {
        guard !(arguments.has("mandatory") && arguments.has("optional")) else {
            throw UsageError("--mandatory or --optional, not both")
        }
        var wishes: [(String, JSON)] = []
        if !cameras.isEmpty { wishes.append(("cameras", .array(cameras.map { .string($0) }))) }
        for name in ["name", "product", "operation", "centre", "take"] {
            if let text = arguments.value(name) { wishes.append((name, .string(text))) }
        }
        if let late = try arguments.duration("late") {
            wishes.append(("late_s", .int(late / 1_000_000)))
        }
        if arguments.has("mandatory") { wishes.append(("mandatory", .bool(true))) }
        if arguments.has("optional") { wishes.append(("mandatory", .bool(false))) }
        return wishes
    }
}

extension Document {
    func texts(_ name: String) -> [String] { array(name).compactMap(\.string) }
}

/// All commands, in the order of the help. A new one is a file in `Commands` and a line here.
enum Registry {
    static let commands: [CommandSpec] =
        [
            .serve,
            .status,
            .cameraAdd,
            .cameraSet,
            .cameraList,
            .cameraShow,
            .cameraOn,
            .cameraOff,
            .cameraRemove,
            .cameraTest,
            .cameraDiscover,
            .cameraLive,
            .cameraPoint,
            .snap,
            .clip,
            .put,
            .get,
            .find,
            .link,
            .unlink,
            .close,
            .hold,
            .unhold,
            .pointAdd,
            .pointSet,
            .pointList,
            .pointShow,
            .pointRemove,
            .checkReach,
            .checkTake,
            .checkPass,
            .checkFail,
            .checkShow,
            .checkList,
            .centreAdd,
            .centreSet,
            .centreList,
            .centreShow,
            .centreRemove,
            .centreInputs,
            .triggerAdd,
            .triggerList,
            .triggerMove,
            .triggerRemove,
            .triggerPress,
            .roomAdd,
            .roomSet,
            .roomList,
            .roomRemove,
            .ask,
            .prove,
            .checkpoint,
            .consistency,
            .export,
            .verify,
            .anchorAdd,
            .anchorList,
            .anchorShow,
            .anchorNow,
            .anchorRemove,
            .bracket,
            .witness,
            .userAdd,
            .userSet,
            .userPassword,
            .userList,
            .userRemove,
            .tokenAdd,
            .tokenList,
            .tokenRevoke,
            .machineAdd,
            .machineList,
            .machineRemove,
            .audit,
            .auditReport,
            .watch,
            .keyShow,
            .keyRotate,
            .keyMoveRoot,
            .keyPassphrase,
            .check,
            .scrub,
            .rebuildIndex,
            .dump,
            .successor,
        ] + CommandSpec.retention + [.completion, .manual]

    static func command(for words: [String]) throws -> (CommandSpec, [String]) {
        for count in [3, 2, 1] where words.count >= count {
            let path = Array(words.prefix(count))
            if let command = commands.first(where: { $0.path == path }) {
                return (command, Array(words.dropFirst(count)))
            }
        }
        throw UsageError(unknown(words))
    }

    /// Words that begin several commands, such as `admin`.
    static func isGroup(_ words: [String]) -> Bool {
        commands.contains { $0.path.count > words.count && $0.path.starts(with: words) }
    }

    /// A command may begin the name of another one, as `audit` does.
    static func isCommand(_ words: [String]) -> Bool { commands.contains { $0.path == words } }

    static func group(_ words: [String]) -> [CommandSpec] {
        commands.filter { $0.path.count > words.count && $0.path.starts(with: words) }
    }

    private static func unknown(_ words: [String]) -> String {
        var known: [String] = []
        for word in words {
            guard isGroup(known + [word]) else { break }
            known.append(word)
        }
        let choices = group(known).map { $0.path[known.count] }
        let prefix = (["proofreel"] + known).joined(separator: " ")
        guard known.count < words.count, !words[known.count].hasPrefix("-") else {
            var seen: [String] = []
            for choice in choices where !seen.contains(choice) { seen.append(choice) }
            return "\(prefix) wants one of: \(seen.joined(separator: " "))\nsee: \(prefix) --help"
        }
        let word = words[known.count]
        var text = "there is no command \"\((known + [word]).joined(separator: " "))\""
        if let near = Nearest.name(to: word, among: choices) {
            text += "; did you mean \(prefix) \(near)?"
        }
        return "\(text)\nsee: proofreel help"
    }
}

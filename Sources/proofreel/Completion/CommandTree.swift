/// The registry as shells walk it: a node for each command and for each word that begins several.
enum CommandTree {
    struct Node {
        /// The words that lead here, `admin retention`; empty for the program itself.
        let path: [String]
        /// The words that may follow, with what they do.
        let next: [(word: String, meaning: String)]
        let options: [OptionSpec]
        let wantedWord: Wanted?

        var name: String { path.joined(separator: " ") }
    }

    static let nodes: [Node] = {
        var nodes = [group([])]
        for command in Registry.commands {
            for count in 1..<command.path.count {
                let path = Array(command.path.prefix(count))
                if !nodes.contains(where: { $0.path == path }) { nodes.append(group(path)) }
            }
            nodes.append(
                Node(
                    path: command.path, next: [],
                    options: command.options + [.flag("help", "what it does, with examples")],
                    wantedWord: command.wantedWord))
        }
        return nodes
    }()

    private static func group(_ path: [String]) -> Node {
        var next: [(word: String, meaning: String)] = []
        for command in Registry.group(path) {
            let word = command.path[path.count]
            guard !next.contains(where: { $0.word == word }) else { continue }
            let isLast = command.path.count == path.count + 1
            let words = Registry.group(path + [word]).map { $0.path.suffix(1).joined() }
            next.append((word, isLast ? command.summary : words.joined(separator: ", ")))
        }
        if path.isEmpty { next.append(("help", "what a command does, with examples")) }
        return Node(
            path: path, next: next,
            options: path.isEmpty
                ? [.flag("help", "all commands"), .flag("version", "which version this is")] : [],
            wantedWord: nil)
    }
}

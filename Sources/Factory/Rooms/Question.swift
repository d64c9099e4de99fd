internal import Base

/// "Show me the camera in the paint shop", in English or French: a pure function of the sentence
/// and of the names that are known. Whoever carries question and answer is not its business.
package struct Question: Sendable {
    package enum Language: String, Sendable {
        case english = "en"
        case french = "fr"
    }

    /// Something with a name that cameras belong to: a room, a work centre, or a camera alone.
    package struct Place: Sendable {
        package let name: String
        /// What else it is called.
        package let others: [String]
        package let cameras: [String]

        package init(_ name: String, others: [String] = [], cameras: [String]) {
            self.name = name
            self.others = others
            self.cameras = cameras
        }
    }

    package struct Answer: Sendable {
        package let language: Language
        /// Ids, each once; empty when nothing was understood.
        package let cameras: [String]
        /// The places that were meant.
        package let places: [String]
        /// What might have been meant, when nothing was.
        package let suggestions: [String]
        package let words: String
    }

    private static let suggestionsMax = 5

    private let words: [String]
    private let language: Language

    package init(_ sentence: String) {
        words = PlainText.words(of: sentence)
        language = Self.language(of: words)
    }

    /// The longest names that the sentence has are the ones that are meant: `paint shop 2` is not
    /// the paint shop.
    package func answer(_ places: [Place]) -> Answer {
        let spoken = words.filter { !Self.articles.contains($0) }
        var hits: [(range: Range<Int>, place: Place)] = []
        for place in places {
            for name in [place.name] + place.others {
                let wanted = PlainText.words(of: name).filter { !Self.articles.contains($0) }
                for range in Self.ranges(of: wanted, in: spoken) { hits.append((range, place)) }
            }
        }
        let longest = hits.filter { hit in
            !hits.contains { other in
                other.range.count > hit.range.count
                    && other.range.lowerBound <= hit.range.lowerBound
                    && other.range.upperBound >= hit.range.upperBound
            }
        }
        guard !longest.isEmpty else { return nothing(places) }
        var cameras: [String] = []
        var names: [String] = []
        for (_, place) in longest.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            if !names.contains(place.name) { names.append(place.name) }
            for camera in place.cameras where !cameras.contains(camera) { cameras.append(camera) }
        }
        return Answer(
            language: language, cameras: cameras, places: names, suggestions: [],
            words: told(cameras.count, names))
    }

    private static func ranges(of wanted: [String], in spoken: [String]) -> [Range<Int>] {
        guard !wanted.isEmpty, wanted.count <= spoken.count else { return [] }
        return (0...(spoken.count - wanted.count)).compactMap { start in
            let range = start..<(start + wanted.count)
            return spoken[range].elementsEqual(wanted) ? range : nil
        }
    }

    private func told(_ count: Int, _ names: [String]) -> String {
        let place = names.joined(separator: ", ")
        return switch (language, count) {
        case (.english, 0): "there is no camera in \(place)"
        case (.english, 1): "the camera in \(place)"
        case (.english, _): "the \(count) cameras in \(place)"
        case (.french, 0): "il n'y a pas de caméra : \(place)"
        case (.french, 1): "la caméra : \(place)"
        case (.french, _): "les \(count) caméras : \(place)"
        }
    }

    // MARK: Nothing understood

    private func nothing(_ places: [Place]) -> Answer {
        let asked = words.filter { !Self.articles.contains($0) && !Self.requests.contains($0) }
        let near = places.compactMap { place -> (Int, String)? in
            let distance = ([place.name] + place.others).map { name in
                Self.distance(PlainText.words(of: name), asked)
            }.min()
            guard let distance, distance <= 2 else { return nil }
            return (distance, place.name)
        }
        var suggestions: [String] = []
        let likely = near.sorted { $0.0 < $1.0 }.map(\.1)
        for name in likely.isEmpty ? places.map(\.name) : likely
        where !suggestions.contains(name) && suggestions.count < Self.suggestionsMax {
            suggestions.append(name)
        }
        let told = suggestions.joined(separator: ", ")
        let words =
            switch language {
            case .english where told.isEmpty:
                "there is no camera yet; add one: proofreel camera add ID URL"
            case .french where told.isEmpty:
                "il n'y a pas encore de caméra ; ajoutez-en une : proofreel camera add ID URL"
            case .english where likely.isEmpty: "which one? There are: \(told)"
            case .french where likely.isEmpty: "laquelle ? Il y a : \(told)"
            case .english: "there is none of that name; did you mean \(told)?"
            case .french: "il n'y en a pas de ce nom ; vouliez-vous dire \(told) ?"
            }
        return Answer(
            language: language, cameras: [], places: [], suggestions: suggestions, words: words)
    }

    /// Letters to change until the name stands somewhere in what was asked.
    private static func distance(_ name: [String], _ asked: [String]) -> Int {
        guard !name.isEmpty, !asked.isEmpty else { return .max }
        let count = min(name.count, asked.count)
        let whole = name.joined()
        return (0...(asked.count - count)).map { start in
            PlainText.distance(asked[start..<(start + count)].joined(), whole)
        }.min() ?? .max
    }

    private static func language(of words: [String]) -> Language {
        words.contains { french.contains($0) } ? .french : .english
    }

    /// Words that stand before names, in names and between them, and change nothing.
    private static let articles: Set<String> = [
        "the", "a", "an", "of", "in", "at", "on", "from", "le", "la", "les", "l", "un", "une",
        "du", "de", "des", "d", "dans", "sur", "au", "aux", "a",
    ]

    private static let requests: Set<String> = [
        "show", "me", "please", "see", "view", "look", "what", "which", "is", "camera", "cameras",
        "picture", "pictures", "image", "images", "photo", "photos", "give", "us", "now", "to",
        "montre", "montrez", "moi", "nous", "affiche", "affichez", "voir", "vue", "s", "il", "te",
        "vous", "plait", "donne", "maintenant", "que", "quoi",
    ]

    private static let french: Set<String> = [
        "montre", "montrez", "moi", "nous", "affiche", "affichez", "voir", "la", "le", "les", "du",
        "des", "dans", "plait", "donne", "l", "une", "aux", "au",
    ]
}

package import Base
package import Evidence
package import EvidenceFormat
internal import Linux

/// A key at a work centre, with the instant it was pressed: what becomes of it later, that instant
/// stays.
package struct Press: Sendable {
    /// The caller's id: the same press again makes no second picture.
    package let request: String
    package let centre: String
    package var key: String?
    /// A code that was scanned, as it came.
    package var code: String?
    package let at: WallTime
    package var links: [Link] = []
    package let author: Author

    package init(_ centre: String, at: WallTime, request: String, by author: Author) {
        self.centre = centre
        self.at = at
        self.request = request
        self.author = author
    }
}

/// What a press asks for.
package struct PressPlan: Sendable {
    /// Nil for a code that only says what is on the bench.
    package let trigger: Trigger?
    /// The picture's, or what the code was read as.
    package let links: [Link]
    /// The check that it is for.
    package let check: String?
    package let shot: PendingShot?
}

struct Scanned: Sendable {
    let link: Link
    let at: WallTime
}

extension Factory {
    /// What was scanned so long ago is not on the bench any more.
    package static let scannedSeconds: Int64 = 1800

    /// Chooses the trigger and gathers what the picture belongs to: the work centre, what was
    /// scanned there, and the check that waits there.
    package func plan(_ press: Press) throws(Failure) -> PressPlan {
        let centre = try book.contents.centre(press.centre)
        var links = press.links
        func add(_ link: Link) {
            guard links.count < Link.countMax, !links.contains(where: { $0.isSame(as: link) })
            else { return }
            links.append(link)
        }
        let read = press.code.flatMap { centre.patterns.link(for: $0) }
        if let read { note(read, at: centre.id, press.at) }
        let trigger = try trigger(press, centre, isKnownCode: read != nil)
        guard let trigger else {
            return PressPlan(
                trigger: nil, links: read.map { [$0] } ?? [], check: nil, shot: nil)
        }
        if let read { add(read) }
        add(try centre.asLink())
        var check = links.first { $0.kind == Link.checkKind }?.value
        var waiting: CheckState?
        if check == nil {
            waiting = try waitingCheck(at: centre.id, for: trigger.cameras, before: press.at)
            check = waiting?.check
            // Should not all links fit, this one does.
            if let link = waiting?.link { add(link) }
        }
        for link in onBench(centre.id, at: press.at)
        where !links.contains(where: { $0.kind == link.kind }) { add(link) }
        for link in waiting?.links ?? [] { add(link) }
        let shot = PendingShot(
            request: press.request, cameras: trigger.cameras, at: press.at, links: links,
            trigger: Self.words(press, trigger), author: press.author)
        return PressPlan(trigger: trigger, links: links, check: check, shot: shot)
    }

    private func trigger(
        _ press: Press, _ centre: WorkCentre, isKnownCode: Bool
    ) throws(Failure) -> Trigger? {
        guard let code = press.code else {
            if let found = centre.trigger(for: press.key) { return found }
            throw Failure(
                .notFound,
                press.key.map { "no trigger of \(centre.id) has the key \($0)" }
                    ?? "\(centre.id) has no triggers; add one: proofreel trigger add"
                    + " \(centre.id) CAMERA")
        }
        if let found = centre.trigger(for: code) ?? centre.trigger(for: Trigger.scanKey) {
            return found
        }
        guard isKnownCode else {
            throw Failure(
                .notFound,
                "the code \(code) fits no pattern and no trigger of \(centre.id); say what codes"
                    + " look like: proofreel centre set \(centre.id) --pattern 'serial=SN-*'")
        }
        return nil
    }

    private static func words(_ press: Press, _ trigger: Trigger) -> String {
        let text = press.code.map { "scan:\($0)" } ?? press.key.map { "key:\($0)" }
        // Longer than a leaf's field would be refused, and the picture with it.
        let whole = "\(press.centre)/\(trigger.id)" + (text.map { " \($0)" } ?? "")
        var cut = whole
        while cut.utf8.count > 128 { cut.removeLast() }
        return cut
    }

    // MARK: What lies on the bench

    private func note(_ link: Link, at centre: String, _ instant: WallTime) {
        scanned.withLock { scanned in
            var known = scanned[centre] ?? []
            known.removeAll { $0.link.kind == link.kind }
            if known.count >= WorkCentre.patternsMax { known.removeFirst() }
            known.append(Scanned(link: link, at: instant))
            scanned[centre] = known
        }
    }

    /// What was scanned there, each kind once, and not long ago.
    package func onBench(_ centre: String, at instant: WallTime) -> [Link] {
        let oldest = instant.adding(seconds: -Self.scannedSeconds)
        return (scanned.withLock { $0[centre] } ?? []).filter { $0.at >= oldest }.map(\.link)
    }
}

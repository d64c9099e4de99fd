internal import Base
internal import Crypto
internal import EvidenceFormat
internal import IndexFormat
internal import Linux
internal import SegmentFormat
internal import Store

/// A leaf's seat in a group.
struct Ticket: Sendable {
    let outcome: Outcome
    let index: UInt64
    let leaf: Leaf
    let group: Group
    let offset: Int
    let leads: Bool
}

/// Group commit without threads of its own. The first thread in a group leads it: it waits for its
/// turn at the disk while others join, writes and syncs the whole group, and then, while the next
/// leader writes, grows the tree, signs and indexes. So one writer alone pays for no hand-over, and
/// many share one sync.
extension EvidenceLog {
    /// Returns when the leaf is durable, in a signed tree, and found by queries.
    func commit(_ draft: Draft, payload: Span<UInt8> = Span(), payloadHash: Digest? = nil)
        throws(Failure) -> Receipt
    {
        try checkSizes(draft, payload.count)
        let common = try self.common(draft)
        // Only a chain needs the log's order; every other leaf is made before the lock.
        let ready = draft.checks.isEmpty ? try draft.leaf(common, places: [:]) : nil
        let secretHash = draft.secret.isEmpty ? nil : SHA256.hash(draft.secret.span)
        let seat = try takeSeat(
            draft, common, ready, payload.count, secretHash: secretHash, payloadHash: payloadHash)
        switch seat {
        case .known(let receipt): return receipt
        case .pending(let ticket): return try receipt(ticket, repeated: true)
        case .taken(let ticket):
            copy(ticket, draft.secret.span, payload)
            if ticket.leads { try lead(ticket.group) }
            return try receipt(ticket, repeated: false)
        }
    }

    private enum Seat {
        case taken(Ticket)
        case pending(Ticket)
        case known(Receipt)
    }

    private func checkSizes(_ draft: Draft, _ payloadBytes: Int) throws(Failure) {
        guard payloadBytes <= FrameHeader.payloadBytesMax else {
            throw Failure(
                .invalid,
                "a payload of \(payloadBytes) bytes is too large; at most "
                    + "\(FrameHeader.payloadBytesMax) fit, so cut it into parts")
        }
        guard draft.secret.count <= FrameHeader.privateBytesMax else {
            throw Failure(
                .invalid,
                "personal data of \(draft.secret.count) bytes is too large; at most "
                    + "\(FrameHeader.privateBytesMax) fit")
        }
    }

    private func common(_ draft: Draft) throws(Failure) -> LeafCommon {
        let now = clock.now
        let random = try randomBytes(16)
        let id = RecordID(
            at: now,
            random: (
                random.span.bigEndian(UInt64.self, at: 0), random.span.bigEndian(UInt64.self, at: 8)
            ))
        return LeafCommon(
            id: id, site: options.site, time: now, clock: care.trust(clock),
            actor: draft.author.actor, session: draft.author.session)
    }

    // MARK: Joining a group

    private func takeSeat(
        _ draft: Draft, _ common: LeafCommon, _ ready: Leaf?, _ payloadBytes: Int,
        secretHash: Digest?, payloadHash: Digest?
    ) throws(Failure) -> Seat {
        let checks = draft.checks
        while true {
            // What is read from the index without the lock holds for `keepGroups` groups.
            let (seen, unknown) = monitor.withLock { state in
                (state.groupsFinished, checks.filter { state.chains[$0] == nil })
            }
            if let request = draft.request, let known = try receipt(forRequest: request, draft) {
                return .known(known)
            }
            let heads = try chainHeads(unknown)
            let seat = try locked { () throws(Failure) -> Seat? in
                try waitForRoom(draft, payloadBytes)
                if let pending = try pendingRequest(draft) { return .pending(pending) }
                let finished = monitor.locked.groupsFinished
                guard finished - seen < ChainCache.keepGroups else { return nil }
                for (check, head) in heads {
                    monitor.locked.chains.load(check, head, group: finished)
                }
                guard checks.allSatisfy({ monitor.locked.chains[$0] != nil }) else { return nil }
                let leaf = if let ready { ready } else { try chained(draft, common) }
                return .taken(
                    sit(leaf, draft, payloadBytes, secretHash: secretHash, payloadHash: payloadHash)
                )
            }
            if let seat { return seat }
        }
    }

    /// Heads as the index has them; read without the lock.
    private func chainHeads(_ checks: [ExactText]) throws(Failure) -> [ExactText: ChainHead] {
        var heads: [ExactText: ChainHead] = [:]
        for check in checks { heads[check] = try chainHead(check.text) }
        return heads
    }

    func chainHead(_ check: String) throws(Failure) -> ChainHead {
        let key = ShortHash("chain", check)
        guard let bytes = try engine.get(key.bytes, in: Table.chainShard(key)) else {
            return .empty
        }
        return try ChainHead(decoding: bytes)
    }

    private func waitForRoom(_ draft: Draft, _ payloadBytes: Int) throws(Failure) {
        let bytes =
            FrameHeader.byteCount + FrameHeader.leafBytesMax + draft.secret.count + payloadBytes
        while true {
            if let stop = monitor.locked.stop { throw stop }
            if monitor.locked.closing && draft.kind != .segmentSeal {
                throw Failure(.stopped, "the log is closing")
            }
            let group = monitor.locked.open
            if group.entries.isEmpty { group.arena.grow(to: bytes) }
            if group.arena.spaceLeft >= bytes { return }
            monitor.wait(on: Wake.room)
        }
    }

    private func pendingRequest(_ draft: Draft) throws(Failure) -> Ticket? {
        guard let request = draft.request, let entry = monitor.locked.requests[request] else {
            return nil
        }
        guard entry.fingerprint == draft.fingerprint else { throw Self.otherContent(request) }
        return entry.ticket
    }

    static func otherContent(_ request: String) -> Failure {
        Failure(
            .alreadyExists,
            "request id \(request) was used for something else; use a new id for new content")
    }

    /// Gives the leaf its place in the chains of its checks. With the lock held.
    private func chained(_ draft: Draft, _ common: LeafCommon) throws(Failure) -> Leaf {
        let closes = draft.closes.map { ExactText($0) }
        var places: [ExactText: ChainPlace] = [:]
        for check in draft.checks {
            let head = monitor.locked.chains[check] ?? .empty
            guard !head.closed else {
                throw Failure(
                    .refused, "check \(check.text) is closed; nothing can be added to it any more")
            }
            places[check] = ChainPlace(ordinal: Int64(head.count) + 1, previous: head.previous)
        }
        if let closes, let place = places[closes],
            let count = draft.fields.first(where: { $0.0 == "count" })?.1.int,
            count != place.ordinal - 1
        {
            throw Failure(
                .busy, "check \(closes.text) grew while it was being closed; close it again")
        }
        let leaf = try draft.leaf(common, places: places)
        let group = monitor.locked.open.number
        for (check, place) in places {
            let head = ChainHead(
                count: UInt64(place.ordinal), previous: leaf.hash, closed: check == closes)
            monitor.locked.chains.extend(check, to: head, group: group)
        }
        return leaf
    }

    /// Reserves the frame's bytes and writes down what finishing needs. With the lock held.
    private func sit(
        _ leaf: Leaf, _ draft: Draft, _ payloadBytes: Int, secretHash: Digest?, payloadHash: Digest?
    ) -> Ticket {
        let group = monitor.locked.open
        let index = monitor.locked.nextIndex
        let header = FrameHeader(
            leaf: leaf.bytes.span, privateBytes: draft.secret.count, payloadBytes: payloadBytes,
            index: index, group: group.firstIndex)
        let offset = group.arena.reserve(header.frameBytes)
        group.arena.write(header.bytes.span, at: offset)
        group.arena.write(leaf.bytes.span, at: offset + FrameHeader.byteCount)
        let leads = group.entries.isEmpty
        group.entries.append(
            Group.Entry(
                leaf: leaf, header: header, offset: offset, secretHash: secretHash,
                payloadHash: payloadHash, personal: draft.personal))
        monitor.locked.nextIndex += 1
        if leaf.time > monitor.locked.newestTime { monitor.locked.newestTime = leaf.time }
        group.copying += 1
        let ticket = Ticket(
            outcome: group.outcome, index: index, leaf: leaf, group: group,
            offset: offset + FrameHeader.byteCount + leaf.bytes.count, leads: leads)
        if let request = draft.request {
            monitor.locked.requests.insert(
                request, .init(fingerprint: draft.fingerprint, ticket: ticket), group: group.number)
        }
        return ticket
    }

    private func copy(_ ticket: Ticket, _ secret: Span<UInt8>, _ payload: Span<UInt8>) {
        let group = ticket.group
        group.arena.write(secret, at: ticket.offset)
        group.arena.write(payload, at: ticket.offset + secret.count)
        let last = monitor.withLock { _ in
            group.copying -= 1
            return group.copying == 0
        }
        if last { monitor.signal(Wake.copied) }
    }

    // MARK: Leading a group

    private func lead(_ group: Group) throws(Failure) {
        try locked { () throws(Failure) in
            while monitor.locked.writing || monitor.locked.spare.isEmpty {
                if let stop = monitor.locked.stop { throw stop }
                monitor.wait(on: Wake.turn)
            }
            if let stop = monitor.locked.stop { throw stop }
            monitor.locked.writing = true
            openNext(after: group)
            while group.copying > 0 { monitor.wait(on: Wake.copied) }
        }
        monitor.broadcast(Wake.room)
        do {
            try writer.write(group)
            try locked { () throws(Failure) in
                monitor.locked.writing = false
                monitor.signal(Wake.turn)
                while monitor.locked.groupsFinished != group.number - 1 {
                    if let stop = monitor.locked.stop { throw stop }
                    monitor.wait(on: Wake.order)
                }
            }
            try finish(group)
        } catch {
            stop(error)
            throw error
        }
    }

    /// The group that fills while this one is written. With the lock held.
    private func openNext(after group: Group) {
        let next = monitor.locked.spare.removeLast()
        let rolls = group.end >= options.segmentBytes
        next.reset(
            number: group.number + 1, firstIndex: monitor.locked.nextIndex,
            segment: rolls ? group.segment + 1 : group.segment,
            offset: rolls ? UInt64(SegmentHeader.byteCount) : group.end)
        monitor.locked.open = next
        monitor.locked.groupsOpened = next.number
    }

    private func finish(_ group: Group) throws(Failure) {
        let (head, seal) = try finisher.finish(group, rows, epoch: epoch)
        monitor.withLock { state in
            state.head = head
            state.digestState = finisher.digestState
            group.outcome.head = head
            state.groupsFinished = group.number
            state.chains.evict(finished: group.number)
            state.requests.evict(finished: group.number)
            state.spare.append(group)
            if let seal { state.unsealed.append(seal) }
        }
        monitor.broadcast(Wake.finished(group))
        monitor.broadcast(Wake.order)
        monitor.signal(Wake.turn)
        // What is persisted by now may be a newer head than this one.
        if seal != nil || head.checkpoint.size >= persistedSize + options.persistLeaves {
            monitor.signal(Wake.care)
        }
    }

    private var persistedSize: UInt64 { monitor.withLock { $0.persisted } }

    private func receipt(_ ticket: Ticket, repeated: Bool) throws(Failure) -> Receipt {
        try locked { () throws(Failure) in
            while true {
                if let head = ticket.outcome.head {
                    return Receipt(
                        index: ticket.index, leaf: ticket.leaf, checkpoint: head.note,
                        size: head.checkpoint.size, repeated: repeated)
                }
                if let stop = monitor.locked.stop { throw stop }
                monitor.wait(on: Wake.finished(ticket.group))
            }
        }
    }
}

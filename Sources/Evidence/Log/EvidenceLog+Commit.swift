internal import Base
internal import Crypto
internal import EvidenceFormat
internal import IndexFormat
internal import Linux
internal import SegmentFormat
internal import Store
internal import Synchronization

/// A leaf's seat in a group.
struct Ticket: Sendable {
    let outcome: Outcome
    let index: UInt64
    let leaf: Leaf
    let group: Group
    /// Of its frame in the group.
    let offset: Int
    let header: FrameHeader
    let isFirst: Bool
}

/// How a leaf gets its seat in a group. What becomes of the group is in `+Groups`.
extension EvidenceLog {
    /// Returns when the leaf is durable, in a signed tree, and found by queries.
    func commit(_ draft: Draft, payload: Span<UInt8> = Span(), payloadHash: Digest? = nil)
        throws(Failure) -> Receipt
    {
        callers.add(1, ordering: .relaxed)
        defer { callers.subtract(1, ordering: .relaxed) }
        let seat = try seat(draft, payload, payloadHash)
        if case .taken(let ticket) = seat, ticket.isFirst {
            try sendOff(ticket, bytes: payload.count)
        }
        return try receipt(seat)
    }

    /// Many leaves of one caller: all get their seats, then it waits once. `make` gives the n-th.
    ///
    /// Throws what `make` or a seat refuses. Leaves before that one are in the log or come into it;
    /// a caller that may have to repeat them gives request ids.
    func commit(
        count: Int,
        _ make: (Int) throws(Failure) -> (draft: Draft, payload: [UInt8], payloadHash: Digest?)
    ) throws(Failure) -> [Receipt] {
        callers.add(1, ordering: .relaxed)
        defer { callers.subtract(1, ordering: .relaxed) }
        var seats: [Seat] = []
        seats.reserveCapacity(count)
        for i in 0..<count {
            let (draft, payload, payloadHash) = try make(i)
            let seat = try seat(draft, payload.span, payloadHash)
            if case .taken(let ticket) = seat, ticket.isFirst { handOver() }
            seats.append(seat)
        }
        var receipts: [Receipt] = []
        receipts.reserveCapacity(count)
        for seat in seats { receipts.append(try receipt(seat)) }
        return receipts
    }

    private func seat(
        _ draft: Draft, _ payload: Span<UInt8>, _ payloadHash: Digest?
    ) throws(Failure) -> Seat {
        try checkSizes(draft, payload.count)
        let common = try self.common(draft)
        // Only a chain needs the log's order; every other leaf is made before the lock.
        let ready = draft.checks.isEmpty ? try draft.leaf(common, places: [:]) : nil
        let secretHash = draft.secret.isEmpty ? nil : SHA256.hash(draft.secret.span)
        let seat = try takeSeat(
            draft, common, ready, payload.count, secretHash: secretHash, payloadHash: payloadHash)
        if case .taken(let ticket) = seat { copy(ticket, draft.secret.span, payload) }
        return seat
    }

    /// Blocks until the leaf's group is finished.
    private func receipt(_ seat: Seat) throws(Failure) -> Receipt {
        switch seat {
        case .known(let receipt): receipt
        case .pending(let ticket): try receipt(ticket, repeated: true)
        case .taken(let ticket): try receipt(ticket, repeated: false)
        }
    }

    private func receipt(_ ticket: Ticket, repeated: Bool) throws(Failure) -> Receipt {
        let head = try ticket.outcome.head()
        return Receipt(
            index: ticket.index, leaf: ticket.leaf, checkpoint: head.note,
            size: head.checkpoint.size, repeated: repeated)
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
        return LeafCommon(
            id: RecordID(at: now, random: try care.random()), site: options.site, time: now,
            clock: care.trust(clock),
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
            let (seen, cached) = monitor.withLock { state in
                (state.groupsFinished, checks.map { state.chains[$0] })
            }
            if let request = draft.request, let known = try receipt(forRequest: request, draft) {
                return .known(known)
            }
            let heads = try chainHeads(checks, cached)
            // Made without the lock, which is then held only to see that the heads are the same.
            let leaf =
                if let ready { ready } else { try draft.leaf(common, places: places(draft, heads)) }
            let seat = try locked { () throws(Failure) -> Seat? in
                try waitForRoom(draft, payloadBytes)
                if let pending = try pendingRequest(draft) { return .pending(pending) }
                let finished = monitor.locked.groupsFinished
                guard finished - seen < ChainCache.keepGroups,
                    heads.allSatisfy({ check, head in
                        monitor.locked.chains[check].map { $0 == head } ?? true
                    })
                else { return nil }
                extend(heads, with: leaf, closes: draft.closes.map { ExactText($0) })
                return .taken(
                    sit(leaf, draft, payloadBytes, secretHash: secretHash, payloadHash: payloadHash)
                )
            }
            if let seat { return seat }
        }
    }

    /// What the cache lacks is read from the index, without the lock.
    private func chainHeads(
        _ checks: [ExactText], _ cached: [ChainHead?]
    ) throws(Failure) -> [ExactText: ChainHead] {
        var heads: [ExactText: ChainHead] = [:]
        for (check, cached) in zip(checks, cached) {
            heads[check] = if let cached { cached } else { try chainHead(check.text) }
        }
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

    /// The leaf's places in the chains of its checks.
    private func places(
        _ draft: Draft, _ heads: [ExactText: ChainHead]
    ) throws(Failure) -> [ExactText: ChainPlace] {
        var places: [ExactText: ChainPlace] = [:]
        for (check, head) in heads {
            guard !head.closed else {
                throw Failure(
                    .refused, "check \(check.text) is closed; nothing can be added to it any more")
            }
            places[check] = ChainPlace(ordinal: Int64(head.count) + 1, previous: head.previous)
        }
        if let closes = draft.closes, let place = places[ExactText(closes)],
            let count = draft.fields.first(where: { $0.0 == "count" })?.1.int,
            count != place.ordinal - 1
        {
            throw Failure(.busy, "check \(closes) grew while it was being closed; close it again")
        }
        return places
    }

    /// With the lock held.
    private func extend(
        _ heads: [ExactText: ChainHead], with leaf: Leaf, closes: ExactText?
    ) {
        let group = monitor.locked.open.number
        for (check, head) in heads {
            let head = ChainHead(
                count: head.count + 1, previous: leaf.hash, closed: check == closes)
            monitor.locked.chains.extend(check, to: head, group: group)
        }
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
        let isFirst = group.entries.isEmpty
        group.entries.append(
            Group.Entry(
                leaf: leaf, header: header, offset: offset, secretHash: secretHash,
                payloadHash: payloadHash, personal: draft.personal))
        monitor.locked.nextIndex += 1
        if leaf.time > monitor.locked.newestTime { monitor.locked.newestTime = leaf.time }
        group.beginCopy()
        let ticket = Ticket(
            outcome: group.outcome, index: index, leaf: leaf, group: group, offset: offset,
            header: header, isFirst: isFirst)
        if let request = draft.request {
            monitor.locked.requests.insert(
                request, .init(fingerprint: draft.fingerprint, ticket: ticket), group: group.number)
        }
        return ticket
    }

    /// Without the lock, beside others that fill their own stretch.
    private func copy(_ ticket: Ticket, _ secret: Span<UInt8>, _ payload: Span<UInt8>) {
        let arena = ticket.group.arena
        var offset = ticket.offset
        arena.write(ticket.header.bytes.span, at: offset)
        offset += FrameHeader.byteCount
        arena.write(ticket.leaf.bytes.span, at: offset)
        offset += ticket.leaf.bytes.count
        arena.write(secret, at: offset)
        arena.write(payload, at: offset + secret.count)
        ticket.group.endCopy()
    }
}

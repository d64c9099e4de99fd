package import Base
internal import Crypto
package import Evidence
package import EvidenceFormat
package import TimeStamp

/// An anchor with everything that is needed to check it without this server.
package struct AnchorFile: Sendable {
    package let leaf: AnchorLeaf
    package let type: AnchorType
    /// Who vouches, as this server calls him.
    package let source: String
    /// The time-stamp reply, or the cosigned checkpoint: SHA-256 of it stands in the leaf.
    package let bytes: [UInt8]
    /// The checkpoint file that was stamped, to the byte; of a witness the same as `bytes`.
    package let checkpoint: [UInt8]
    /// PEM: the authority's certificates as they were pinned and as they came. Empty for witnesses.
    package let chain: [UInt8]
    /// DER, if it could be had; of the certificate that signed the time stamp.
    package let revocations: [UInt8]?

    package var size: UInt64 { leaf.size }
    /// The file's name in `anchors/`.
    package var name: String { leaf.file }
    package var index: UInt64 { leaf.index }
    package var chainName: String { "\(AnchorFolder.stem(size, source)).pem" }
    package var checkpointName: String { "\(AnchorFolder.stem(size, source)).note" }
    package var revocationsName: String { "\(AnchorFolder.stem(size, source)).crl" }

    /// Reads the files of a leaf. Throws when they are gone, or not those that were anchored.
    package init(_ leaf: AnchorLeaf, in folder: AnchorFolder) throws(Failure) {
        let (type, source) = try Self.parse(leaf)
        let stem = AnchorFolder.stem(leaf.size, source)
        guard let bytes = try folder.read(leaf.file) else {
            throw Failure(
                .dataLoss, "anchors/\(leaf.file) is gone; leaf \(leaf.index) says it was there")
        }
        guard SHA256.hash(bytes.span) == leaf.proof else {
            throw Failure(
                .corrupt, "anchors/\(leaf.file) is not the file that leaf \(leaf.index) speaks of")
        }
        self.leaf = leaf
        self.type = type
        self.source = source
        self.bytes = bytes
        switch type {
        case .witness:
            checkpoint = bytes
            chain = []
            revocations = nil
        case .stamp:
            guard let note = try folder.read("\(stem).note"),
                let chain = try folder.read("\(stem).pem")
            else {
                throw Failure(
                    .dataLoss, "anchors/\(stem).note or .pem is gone; they belong to \(leaf.file)")
            }
            let list = try folder.read("\(stem).crl")
            try Self.compare("\(stem).pem", chain, leaf.chain, leaf)
            try Self.compare("\(stem).crl", list, leaf.revocations, leaf)
            checkpoint = note
            self.chain = chain
            revocations = list
        }
    }

    private static func compare(
        _ name: String, _ bytes: [UInt8]?, _ sum: Digest?, _ leaf: AnchorLeaf
    ) throws(Failure) {
        guard bytes.map({ SHA256.hash($0.span) }) != sum else { return }
        throw Failure(
            .corrupt, "anchors/\(name) is not the file that leaf \(leaf.index) speaks of")
    }

    /// Type and source, if the leaf is one that this version makes.
    static func parse(
        _ leaf: AnchorLeaf
    ) throws(Failure) -> (type: AnchorType, source: String) {
        let stem = "\(leaf.size)-"
        guard let type = AnchorType(rawValue: leaf.type), leaf.file.hasPrefix(stem),
            leaf.file.hasSuffix(".\(type.suffix)")
        else {
            throw Failure(
                .unsupported, "the anchor leaf \(leaf.index) was written by a newer version")
        }
        let source = String(leaf.file.dropFirst(stem.count).dropLast(type.suffix.count + 1))
        guard AnchorSource.isName(source) else {
            throw Failure(.corrupt, "the anchor leaf \(leaf.index) names no source")
        }
        return (type, source)
    }
}

extension AnchorFile {
    private func naming<R>(
        _ file: String, _ body: () throws(Failure) -> R
    ) throws(Failure) -> R {
        do throws(Failure) {
            return try body()
        } catch {
            throw Failure(error.kind, "anchors/\(file): \(error.words)")
        }
    }

    /// The instant that the source states, once everything fits: the file is of this checkpoint,
    /// and signed. `trust` says by whom it must be.
    package func time(_ trust: AnchorTrust) throws(Failure) -> WallTime {
        let note = try naming(checkpointName) { () throws(Failure) in
            try SignedNote(parsing: checkpoint)
        }
        let head = try naming(checkpointName) { () throws(Failure) in
            try Checkpoint(text: note.text)
        }
        guard head.size == leaf.size, head.root == leaf.root else {
            throw Failure(
                .corrupt, "anchors/\(checkpointName) is another checkpoint than leaf \(index) says")
        }
        switch type {
        case .witness:
            for key in trust.witnesses {
                let time = try naming(name) { () throws(Failure) in try key.time(on: note) }
                if let time { return time }
            }
            throw Failure(
                .refused,
                "anchors/\(name) has no cosignature by a witness that is trusted here; give its"
                    + " key")
        case .stamp:
            let helpers = try naming(chainName) { () throws(Failure) in
                try Certificates(pem: chain)
            }
            do throws(TimeStampFailure) {
                let reply = try TimeStampReply(bytes)
                let request: TimeStampRequest
                do throws(Failure) {
                    request = try TimeStampRequest(
                        imprint: SHA256.hash(checkpoint.span), nonce: nil)
                } catch { preconditionFailure("a request without policy cannot be refused") }
                try reply.verify(
                    request, pinned: trust.authorities,
                    helpers: helpers)
                return reply.time
            } catch {
                throw Failure(error.failure.kind, "anchors/\(name): \(error.failure.words)")
            }
        }
    }
}

/// By whom an anchor must be.
package struct AnchorTrust: Sendable {
    package var authorities: Certificates
    package var witnesses: [CosignerKey]

    package init(authorities: Certificates = Certificates([]), witnesses: [CosignerKey] = []) {
        self.authorities = authorities
        self.witnesses = witnesses
    }

    /// With authorities' certificates as texts.
    package init(pem: [[UInt8]], witnesses: [CosignerKey]) throws(Failure) {
        var authorities = Certificates([])
        for text in pem { authorities = authorities.adding(try Certificates(pem: text)) }
        self.init(authorities: authorities, witnesses: witnesses)
    }

    package var isEmpty: Bool { authorities.all.isEmpty && witnesses.isEmpty }

    /// What this server itself was told. Its owner can change that; verifiers bring their own.
    package init(_ sources: [AnchorSource]) {
        var authorities = Certificates([])
        var witnesses: [CosignerKey] = []
        for source in sources {
            switch source.way {
            case .stamp(let pinned, _): authorities = authorities.adding(pinned)
            case .witness(let key): witnesses.append(key)
            }
        }
        self.init(authorities: authorities, witnesses: witnesses)
    }
}

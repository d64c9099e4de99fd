package import Base
package import Linux
internal import Synchronization

extension EmbeddedEngine {
    package func create(_ object: ObjectName, epoch: Epoch) throws(Failure) {
        try guardWrite(epoch)
        try openFiles.create(object)
    }

    package func length(of object: ObjectName) throws(Failure) -> UInt64 {
        try openFiles.open(object, writable: !options.readOnly).length()
    }

    package func read(
        _ object: ObjectName, at offset: UInt64, count: Int, into buffer: inout [UInt8]
    ) throws(Failure) {
        try openFiles.open(object, writable: !options.readOnly)
            .read(at: offset, count: count, into: &buffer)
    }

    package func slice(_ place: Locator) throws(Failure) -> FileSlice? {
        FileSlice(
            try openFiles.open(place.object, writable: !options.readOnly), offset: place.offset,
            count: place.count)
    }

    package func append(
        _ bytes: Span<UInt8>, to object: ObjectName, at offset: UInt64, epoch: Epoch
    ) throws(Failure) {
        try guardWrite(epoch)
        let file = try openFiles.open(object, writable: true)
        let length = try file.length()
        guard length >= offset else {
            throw Failure(
                .dataLoss, "\(object) has \(length) bytes where \(offset) were written; run verify")
        }
        if length > offset { try file.truncate(to: offset) }
        try file.write(bytes, at: offset)
    }

    package func sync(_ object: ObjectName, epoch: Epoch) throws(Failure) {
        try guardWrite(epoch)
        try openFiles.open(object, writable: true).sync()
    }

    package func appender(
        for object: ObjectName, from length: UInt64, capacity: UInt64, epoch: Epoch
    ) throws(Failure) -> any ObjectAppender {
        try guardWrite(epoch)
        let plain = try openFiles.open(object, writable: true)
        let present = try plain.length()
        guard present >= length else {
            throw Failure(
                .dataLoss, "\(object) has \(present) bytes where \(length) were written; run verify"
            )
        }
        if present > length {
            try plain.truncate(to: length)
            try plain.sync()
        }
        try plain.allocate(upTo: max(capacity, length))
        let page = UInt64(PageArena.pageBytes)
        let tail = try plain.read((length / page * page)..<length)
        let direct =
            options.directWrites ? try files.open(openFiles.path(object), .writeDirect) : plain
        let appender = EmbeddedAppender(direct, plain: plain, length: length, tail: tail) {
            () throws(Failure) in try self.guardWrite(epoch)
        }
        appenders.withLock { appenders in
            appenders = appenders.filter { $0.value.appender != nil }
            appenders[object] = WeakAppender(appender)
        }
        return appender
    }

    package func remove(_ object: ObjectName, epoch: Epoch) throws(Failure) {
        try guardWrite(epoch)
        openFiles.forget(object)
        let path = openFiles.path(object)
        try files.remove(path)
        try files.syncDirectory(parentDirectory(of: path))
    }

    package func erase(_ place: Locator, epoch: Epoch) throws(Failure) {
        try guardWrite(epoch)
        let file = try openFiles.open(place.object, writable: true)
        let range = place.offset..<(place.offset + UInt64(place.count))
        func punch() throws(Failure) {
            try file.punch(range)
            try file.sync()
        }
        guard let appender = appenders.withLock({ $0[place.object]?.appender }) else {
            return try punch()
        }
        try appender.erase(range, punch)
    }
}

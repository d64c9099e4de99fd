internal import Base
internal import Factory
internal import HTTPD
internal import HTTPFormat
internal import WireProtocol

/// Checks: reached, pictures taken for them, looked at, sealed.
extension Route {
    static let checks: [Route] = [
        Route("/checks", ["checks"]) { visit, site in
            try visit.allow(["state", "point", "centre", "from", "limit"] + PictureList.linkNames)
            var fields = FieldWriter()
            for (name, key) in [("state", FieldKey.state), ("point", .point), ("centre", .centre)] {
                if let value = visit.target.value(name) { fields.add(key, value) }
            }
            let links = try PictureList.links(visit)
            guard links.count < 2 else {
                throw Failure(
                    .invalid, "checks are listed by one link at most; leave the others out")
            }
            for link in links { fields.add(.link, "\(link.kind)=\(link.value)") }
            if let from = try visit.time("from") { fields.add(.from, from.microseconds) }
            if let limit = try visit.number("limit", 1...1000) { fields.add(.limit, limit) }
            return try FloorReply.make(.checkList, fields, visit, site, list: "checks")
        },
        Route("/checks/KEY", ["checks"], .rest) { visit, site in
            try visit.allow([])
            return try FloorReply.make(.checkShow, named(visit), visit, site)
        },
        Route("/checks/reach", ["checks", "reach"], .nothing, .post) { visit, site in
            let entry = try FloorReply.entry(
                visit, "a check", ["point", "cameras", "check", "links", "at", "request_id"])
            var fields = FieldWriter()
            try FloorReply.text("point", of: entry, as: .point, &fields)
            try FloorReply.texts("cameras", of: entry, as: .camera, &fields)
            try FloorReply.text("check", of: entry, as: .check, &fields)
            try FloorReply.texts("links", of: entry, as: .link, &fields)
            try FloorReply.occasion(entry, &fields)
            return try FloorReply.make(.checkReach, fields, visit, site)
        },
        Route("/checks/KEY/take", ["checks"], .word("take"), .post) { visit, site in
            let entry = try FloorReply.entry(visit, "a picture", ["at", "request_id"])
            var fields = named(visit)
            try FloorReply.occasion(entry, &fields)
            return try FloorReply.make(.checkTake, fields, visit, site, list: "taken")
        },
        Route("/checks/KEY/close", ["checks"], .word("close"), .post) { visit, site in
            let entry = try FloorReply.entry(
                visit, "the end of a check", ["verdict", "reason", "incomplete"])
            var fields = named(visit)
            try FloorReply.text("verdict", of: entry, as: .state, &fields)
            try FloorReply.text("reason", of: entry, as: .reason, &fields)
            if try entry.bool("incomplete") == true { fields.add(.incomplete) }
            return try FloorReply.make(.close, fields, visit, site)
        },
    ]

    private static func named(_ visit: Visit) -> FieldWriter {
        var fields = FieldWriter()
        fields.add(.check, visit.parameter)
        return fields
    }
}

// swift-tools-version: 6.2
import PackageDescription

/// Every target's settings: the compiler, not a reviewer, keeps memory safety and the layers.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

/// A module of the product. `imports` is the whole list of what it may import: the layers of
/// `docs/architecture.md` are checked with `--explicit-target-dependency-import-check=error`.
func module(_ name: String, imports: [String], files: [String] = []) -> Target {
    .target(
        name: name,
        dependencies: imports.map { .init(stringLiteral: $0) }, exclude: files,
        swiftSettings: strict + [.strictMemorySafety()])
}

func library(_ name: String, pkgConfig: String? = nil) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig)
}

/// Tests build bad bytes on purpose, so strict memory safety stays off there.
func tests(_ name: String, imports: [String], files: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: imports.map { .init(stringLiteral: $0) }, exclude: files,
        swiftSettings: strict)
}

/// What tests share; no product links it.
func support(_ name: String, imports: [String]) -> Target {
    .target(
        name: name, dependencies: imports.map { .init(stringLiteral: $0) }, path: "Tests/\(name)",
        swiftSettings: strict)
}

func tool(_ name: String, path: String, imports: [String]) -> Target {
    .executableTarget(
        name: name, dependencies: imports.map { .init(stringLiteral: $0) }, path: path,
        swiftSettings: strict)
}

/// The fuzz target that `tools/fuzz` names in `PROOFREEL_FUZZ`, and none in an ordinary build,
/// where libFuzzer is not there to link with. It may import every module.
func fuzzTargets(_ name: String) -> [Target] {
    let module = "fuzz_" + String(name.map { $0 == "-" ? "_" : $0 })
    return [
        .target(
            name: "FuzzMain", path: "tools/fuzz-targets/main",
            cSettings: [.define("FUZZ_MAIN", to: "\(module)_main")]),
        tool(
            "fuzz-\(name)", path: "tools/fuzz-targets/\(name)",
            imports: [
                "Base", "Linux", "Crypto", "RocksDB", "SegmentFormat", "IndexFormat",
                "EvidenceFormat", "FragmentFormat", "SASL", "WireProtocol", "HTTPFormat", "Store",
                "Evidence", "Anchors", "Export", "FuzzMain",
            ]),
    ]
}

let package = Package(
    name: "proofreel",
    products: [.executable(name: "proofreel", targets: ["proofreel"])],
    targets: [
        // Layer 0: module maps over C headers.
        library("CLinux"),
        library("COpenSSL", pkgConfig: "openssl"),
        library("CRocksDB"),
        library("CAV", pkgConfig: "libavformat"),
        library("CTurboJPEG", pkgConfig: "libturbojpeg"),
        library("CCurl", pkgConfig: "libcurl"),
        library("CV4L2", pkgConfig: "libv4l2"),
        library("CArchive", pkgConfig: "libarchive"),
        library("CHTTPD", pkgConfig: "libmicrohttpd"),
        // Layer 1: words every module shares.
        module("Base", imports: ["CLinux"]),
        // Layer 2: one thin wrapper per C library; the only place that says `unsafe`.
        module("Linux", imports: ["Base", "CLinux"]),
        module("Crypto", imports: ["Base", "COpenSSL"]),
        module("TLS", imports: ["Base", "COpenSSL"]),
        module("RocksDB", imports: ["Base", "CRocksDB"]),
        module("AV", imports: ["Base", "CAV"]),
        module("JPEG", imports: ["Base", "CTurboJPEG"]),
        module("HTTPClient", imports: ["Base", "CCurl"]),
        module("TimeStamp", imports: ["Base", "COpenSSL"]),
        module("HTTPD", imports: ["Base", "CHTTPD"]),
        module("V4L2", imports: ["Base", "CLinux", "CV4L2"]),
        module("Archive", imports: ["Base", "CArchive"]),
        // Layer 3: bytes and values; no I/O.
        module("FragmentFormat", imports: ["Base", "Crypto"]),
        module("SegmentFormat", imports: ["Base", "Crypto"]),
        module("IndexFormat", imports: ["Base", "Crypto"]),
        module("EvidenceFormat", imports: ["Base", "Crypto"]),
        module("WireProtocol", imports: ["Base"]),
        module("HTTPFormat", imports: ["Base"]),
        module("SASL", imports: ["Base", "Crypto"]),
        // Layer 4: the storage seam and its embedded engine.
        module("Store", imports: ["Base", "Linux", "RocksDB"]),
        // Camera loops and the rings that they fill.
        module(
            "Ingest",
            imports: [
                "Base", "Linux", "Crypto", "AV", "JPEG", "HTTPClient", "V4L2", "FragmentFormat",
            ]),
        // Layer 5: the evidence log over the seam.
        module(
            "Evidence",
            imports: [
                "Base", "Linux", "Crypto", "SegmentFormat", "IndexFormat", "EvidenceFormat",
                "Store",
            ]),
        // Layer 6: cameras at work: rings, shutter, and the evidence they become.
        module(
            "Recorder",
            imports: [
                "Base", "Linux", "Crypto", "JPEG", "V4L2", "EvidenceFormat", "FragmentFormat",
                "Ingest", "Evidence",
            ]),
        // Identities, rights, and the record of who looked at what.
        module(
            "Access",
            imports: [
                "Base", "Linux", "Crypto", "SASL", "EvidenceFormat", "Evidence",
            ]),
        // What auditors take away: bundles, written and verified.
        module(
            "Export",
            imports: [
                "Base", "Linux", "Crypto", "Archive", "TimeStamp", "EvidenceFormat",
                "FragmentFormat", "Evidence",
            ],
            files: ["Texts/README.txt", "Texts/verify.py", "Texts/proofs.py", "Texts/report.py"]),
        // Time stamps, witnesses, and being one.
        module(
            "Anchors",
            imports: [
                "Base", "Linux", "Crypto", "TimeStamp", "HTTPClient", "EvidenceFormat", "Evidence",
            ]),
        // The floor: control points, checks, triggers, rooms.
        module("Factory", imports: ["Base", "Linux", "Crypto", "EvidenceFormat", "Evidence"]),
        // Layer 7: the edges.
        module(
            "Server",
            imports: [
                "Base", "Linux", "Crypto", "TLS", "JPEG", "V4L2", "WireProtocol", "SASL",
                "EvidenceFormat", "Ingest", "Archive", "Evidence", "Recorder", "Factory", "Access",
                "Export", "Anchors",
            ]),
        module("Client", imports: ["Base", "Linux", "Crypto", "TLS", "SASL", "WireProtocol"]),
        // Layer 8: what the edges share with browsers.
        module(
            "Web",
            imports: [
                "Base", "Linux", "Crypto", "HTTPD", "HTTPFormat", "FragmentFormat",
                "WireProtocol", "EvidenceFormat", "Ingest", "Evidence", "Recorder", "Factory",
                "Access", "Server",
            ]),
        // Layer 9: the one binary.
        .executableTarget(
            name: "proofreel",
            dependencies: [
                "Base", "Linux", "Crypto", "JPEG", "SegmentFormat", "EvidenceFormat", "Store",
                "Evidence", "V4L2", "Ingest", "Recorder", "Factory", "SASL", "Access", "Export",
                "Anchors", "TLS", "WireProtocol", "Server", "Client", "Web", "Archive", "TimeStamp",
            ],
            swiftSettings: strict + [.strictMemorySafety()]),
        // Tests.
        tests(
            "EvidenceFormatTests", imports: ["Base", "Crypto", "EvidenceFormat"],
            files: ["Golden"]),
        tests("RefereeTests", imports: ["Base", "Crypto", "EvidenceFormat"]),
        tests("RocksDBTests", imports: ["Base", "RocksDB"]),
        // Benchmarks: the harness, what we are measured against, one tool for each subject.
        .target(
            name: "BenchPeers", path: "Benchmarks/Peers",
            linkerSettings: [
                .linkedLibrary("rocksdb"), .linkedLibrary("crypto"), .linkedLibrary("ssl"),
                .linkedLibrary("z"),
            ]),
        .target(
            name: "BenchHarness", dependencies: ["BenchPeers"], path: "Benchmarks/Harness",
            swiftSettings: strict),
        tool(
            "bench-store", path: "Benchmarks/store",
            imports: [
                "BenchHarness", "BenchPeers", "Base", "Linux", "Crypto", "EvidenceFormat", "Store",
                "Evidence",
            ]),
        .target(name: "BenchAllocations", path: "Benchmarks/Allocations"),
        .target(
            name: "BenchCameras",
            dependencies: [
                "BenchHarness", "Base", "Linux", "Crypto", "EvidenceFormat", "Store", "Evidence",
                "Ingest", "Recorder",
            ], path: "Benchmarks/Cameras", swiftSettings: strict),
        tool(
            "bench-ingest", path: "Benchmarks/ingest",
            imports: [
                "BenchHarness", "BenchPeers", "BenchAllocations", "BenchCameras", "Base", "Linux",
                "AV", "Ingest", "Recorder", "FragmentFormat", "Evidence",
            ]),
        tool(
            "bench-snap", path: "Benchmarks/snap",
            imports: [
                "BenchHarness", "BenchPeers", "BenchCameras", "Base", "Linux", "AV", "JPEG",
                "EvidenceFormat", "Ingest", "Recorder", "FragmentFormat", "Evidence",
            ]),
        .target(
            name: "BenchFetching", dependencies: ["BenchHarness", "BenchPeers", "Base"],
            path: "Benchmarks/Fetching", swiftSettings: strict),
        tool(
            "bench-gateway", path: "Benchmarks/gateway",
            imports: [
                "BenchHarness", "BenchPeers", "BenchFetching", "BenchCameras", "Base", "Linux",
                "EvidenceFormat", "Evidence", "Recorder", "Access", "Server", "Web",
            ]),
        tool(
            "bench-fetch", path: "Benchmarks/fetch",
            imports: [
                "BenchHarness", "BenchPeers", "BenchFetching", "BenchCameras", "Base", "Linux",
                "Crypto", "TLS",
                "WireProtocol", "EvidenceFormat", "Evidence", "Recorder", "Access", "Server",
            ]),
        tool(
            "bench-export", path: "Benchmarks/export",
            imports: [
                "BenchHarness", "BenchPeers", "Base", "Linux", "Crypto", "Archive",
                "EvidenceFormat", "Store", "Evidence", "Export",
            ]),
        tests("BenchHarnessTests", imports: ["BenchHarness"]),
        support(
            "TestSupport",
            imports: ["Base", "Linux", "Crypto", "EvidenceFormat", "Store", "Evidence"]),
        support(
            "CameraSupport",
            imports: ["Base", "Linux", "HTTPClient", "Ingest", "TestSupport"]),
        support(
            "ServerSupport",
            imports: [
                "Base", "Linux", "TLS", "WireProtocol", "EvidenceFormat", "Evidence", "Recorder",
                "Factory", "Access", "Server", "TestSupport",
            ]),
        tests("BaseTests", imports: ["Base", "CLinux", "TestSupport"]),
        tests("CryptoTests", imports: ["Base", "Crypto", "TestSupport"]),
        tests("TimeStampTests", imports: ["Base", "TimeStamp", "TestSupport"]),
        tests(
            "AnchorsTests",
            imports: [
                "Base", "Linux", "Crypto", "TimeStamp", "EvidenceFormat", "Store", "Evidence",
                "Anchors", "TestSupport",
            ]),
        tests("TLSTests", imports: ["Base", "TLS", "TestSupport"]),
        tests("SASLTests", imports: ["Base", "Crypto", "SASL"]),
        tests(
            "AccessTests",
            imports: [
                "Base", "Linux", "Crypto", "SASL", "EvidenceFormat", "Store", "Evidence", "Access",
                "TestSupport",
            ]),
        tests(
            "EvidenceTests",
            imports: [
                "Base", "Linux", "Crypto", "SegmentFormat", "IndexFormat", "EvidenceFormat",
                "Store",
                "Evidence", "TestSupport",
            ], files: ["Golden"]),
        tests(
            "VerifyTests",
            imports: [
                "Base", "Crypto", "TimeStamp", "SegmentFormat", "EvidenceFormat", "Store",
                "Evidence", "Anchors", "TestSupport",
            ]),
        tests("StoreTests", imports: ["Base", "Linux", "Store", "TestSupport"]),
        // A process for tests to kill.
        tool(
            "CrashWriter", path: "Tests/CrashWriter",
            imports: [
                "Base", "Linux", "Crypto", "EvidenceFormat", "Store", "Evidence", "TestSupport",
            ]),
        tests(
            "CrashTests",
            imports: [
                "Base", "Linux", "Crypto", "EvidenceFormat", "Store", "Evidence", "TestSupport",
            ]),
        tests(
            "SegmentFormatTests", imports: ["Base", "Crypto", "SegmentFormat", "TestSupport"]),
        tests("IndexFormatTests", imports: ["Base", "Crypto", "IndexFormat", "TestSupport"]),
        tests("AVTests", imports: ["Base", "Linux", "AV", "JPEG"]),
        tests("HTTPFormatTests", imports: ["Base", "HTTPFormat", "TestSupport"]),
        tests("HTTPDTests", imports: ["Base", "Linux", "HTTPD", "TestSupport"]),
        tests(
            "WebTests",
            imports: [
                "Base", "Linux", "Crypto", "JPEG", "FragmentFormat", "HTTPFormat", "WireProtocol",
                "EvidenceFormat",
                "Ingest",
                "Evidence", "Recorder", "Factory", "Access", "Server", "HTTPD", "Web",
                "ServerSupport", "TestSupport", "CameraSupport",
            ]),
        tests("HTTPClientTests", imports: ["Base", "HTTPClient", "TestSupport"]),
        tests("V4L2Tests", imports: ["Base", "V4L2"]),
        tests("FragmentFormatTests", imports: ["Base", "Crypto", "FragmentFormat"]),
        tests(
            "IngestTests",
            imports: [
                "Base", "Linux", "Crypto", "AV", "JPEG", "HTTPClient", "V4L2", "FragmentFormat",
                "Ingest", "TestSupport", "CameraSupport",
            ], files: ["Machine"]),
        // A process that runs one source and prints what it does.
        tool(
            "SourceProbe", path: "Tests/SourceProbe",
            imports: [
                "Base", "Linux", "Crypto", "HTTPClient", "V4L2", "FragmentFormat", "Ingest",
            ]),
        tests(
            "RecorderTests",
            imports: [
                "Base", "Linux", "Crypto", "AV", "JPEG", "EvidenceFormat", "FragmentFormat",
                "Ingest", "Store", "Evidence", "Recorder", "TestSupport", "CameraSupport",
            ]),
        tests(
            "WireProtocolTests", imports: ["Base", "WireProtocol", "TestSupport"],
            files: ["Vectors"]),
        tests(
            "FactoryTests",
            imports: [
                "Base", "Linux", "Crypto", "WireProtocol", "EvidenceFormat", "Evidence", "Recorder",
                "Factory", "Access", "Server", "ServerSupport", "TestSupport",
            ]),
        tests(
            "ServerTests",
            imports: [
                "Base", "Linux", "Crypto", "TLS", "JPEG", "SASL", "WireProtocol",
                "EvidenceFormat", "Evidence", "Recorder", "Factory", "Access", "Server",
                "ServerSupport",
                "TestSupport",
            ]),
        tests(
            "ClientTests",
            imports: [
                "Base", "Linux", "Crypto", "TLS", "WireProtocol", "EvidenceFormat", "Evidence",
                "Access", "Server", "Client", "ServerSupport", "TestSupport",
            ]),
        // Runs the built program, so it depends on it; imports what only unit tests can reach.
        tests(
            "CommandLineTests",
            imports: [
                "Base", "Linux", "JPEG", "WireProtocol", "TestSupport", "CameraSupport",
                "ServerSupport",
                "proofreel",
            ]),
        tests("ArchiveTests", imports: ["Base", "Archive", "TestSupport"]),
        tests(
            "ExportTests",
            imports: [
                "Base", "Linux", "Crypto", "Archive", "TimeStamp", "EvidenceFormat",
                "FragmentFormat", "Ingest", "Store", "Evidence", "Recorder", "Export",
                "TestSupport",
            ], files: ["Frozen"]),
        tests("TidyTests", imports: []),
        tests("SanitizerTests", imports: []),
    ]
)

if let name = Context.environment["PROOFREEL_FUZZ"] {
    package.targets += fuzzTargets(name)
}

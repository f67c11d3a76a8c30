// swift-tools-version: 6.2
import PackageDescription

/// One list for every target: Swift 6 mode, the upcoming features the project relies on, strict memory
/// safety, and no warning left standing.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

func system(_ name: String, _ pkgConfig: String?, _ package: String) -> Target {
    .systemLibrary(
        name: "C\(name)", path: "Sources/C/\(name)", pkgConfig: pkgConfig,
        providers: [.apt([package])])
}

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func executable(
    _ name: String, path: String? = nil, _ dependencies: [Target.Dependency]
) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies + ["TestKit"], swiftSettings: settings)
}

let package = Package(
    name: "baton",
    products: [
        .library(name: "WorkerKit", targets: ["WorkerKit", "Document", "Telemetry"]),
        .executable(name: "batond", targets: ["batond"]),
        .executable(name: "baton", targets: ["baton"]),
        .executable(name: "baton-toolbox", targets: ["baton-toolbox"]),
    ],
    targets: [
        system("ZeroMQ", "libzmq", "libzmq3-dev"),
        system("Event", "libevent_core", "libevent-dev"),
        system("YAML", "yaml-0.1", "libyaml-dev"),
        system("Hiredis", nil, "libhiredis-dev"),
        system("Sodium", "libsodium", "libsodium-dev"),
        system("PCRE2", "libpcre2-8", "libpcre2-dev"),
        system("Curl", "libcurl", "libcurl4-openssl-dev"),
        .target(name: "CAccept", path: "Sources/C/Accept"),

        module("Telemetry"),
        module("Document", ["Telemetry", "CYAML"]),
        module("Reactor", ["Telemetry", "CEvent"]),
        module("Wire", ["Telemetry", "Document"]),
        module("Bus", ["Telemetry", "Document", "Reactor", "Wire", "CZeroMQ"]),
        .target(
            name: "Store",
            dependencies: ["Telemetry", "Document", "Reactor", "Wire", "CHiredis", "CSodium"],
            resources: [.embedInCode("Scripts")], swiftSettings: settings),
        .target(
            name: "Language", dependencies: ["Telemetry", "Document"],
            resources: [.embedInCode("Texts")], swiftSettings: settings),
        module("Flow", ["Telemetry", "Document", "Language", "CPCRE2"]),
        module("WebClient", ["Telemetry", "Document", "Reactor", "CCurl"]),
        module(
            "Orchestration",
            [
                "Telemetry", "Document", "Reactor", "Wire", "Bus", "Store", "Language", "Flow",
            ]),
        module("WorkerKit", ["Telemetry", "Document", "Reactor", "Wire", "Bus"]),

        executable(
            "batond",
            ["Telemetry", "Document", "Reactor", "Bus", "Store", "Orchestration", "CAccept"]),
        executable(
            "baton",
            [
                "Telemetry", "Document", "Reactor", "Wire", "Bus", "Store", "Language", "Flow",
                "Orchestration", "WorkerKit",
            ]),
        executable(
            "baton-toolbox", path: "Sources/Toolbox",
            ["WorkerKit", "WebClient", "Document", "Reactor", "Telemetry"]),
        executable(
            "bench-workers", path: "Tests/Benchmarks/Workers", ["Reactor", "WorkerKit"]),
        executable(
            "bench-expressions", path: "Tests/Benchmarks/Expressions", ["Flow", "Document"]),
        executable(
            "bench-language", path: "Tests/Benchmarks/Language", ["Language", "Document"]),
        executable("bench-flow", path: "Tests/Benchmarks/Flow", ["Document", "Flow"]),
        executable(
            "baton-ctk", path: "Tests/ConformanceRunner",
            [
                "Telemetry", "Document", "Reactor", "Wire", "Bus", "WorkerKit", "Flow", "TestKit",
                "Conformance",
            ]),

        .target(
            name: "TestKit", dependencies: ["Telemetry", "Document", "Reactor", "Wire"],
            path: "Tests/TestKit", swiftSettings: settings),
        tests("TidyTests", []),
        tests("TelemetryTests", ["Telemetry"]),
        tests("DocumentTests", ["Document"]),
        tests("ReactorTests", ["Reactor"]),
        tests("WireTests", ["Wire"]),
        tests("BusTests", ["Bus", "Wire"]),
        tests("StoreTests", ["Store"]),
        .target(
            name: "Conformance", dependencies: ["Telemetry", "Document", "Flow"],
            path: "Tests/Conformance", exclude: ["features"], swiftSettings: settings),
        tests("LanguageTests", ["Language"]),
        tests("FlowTests", ["Flow", "Language", "Conformance"]),
        tests("WebClientTests", ["WebClient", "Reactor"]),
        tests("OrchestrationTests", ["Orchestration"]),
        tests("WorkerKitTests", ["WorkerKit", "Orchestration"]),
        tests("SimulationTests", ["WorkerKit", "Orchestration"]),
        tests("CommandLineTests", ["baton"]),
        tests("ToolboxTests", ["baton-toolbox", "WorkerKit", "WebClient", "Document"]),
        tests(
            "Integration",
            ["batond", "baton", "baton-toolbox", "Bus", "Store", "Orchestration", "CZeroMQ"]),
    ]
)

// An image holds the programs alone, and is not made again because a test has changed.
if Context.environment["BATON_TESTS"] == "none" {
    package.targets.removeAll { $0.type == .test || $0.path?.hasPrefix("Tests/") == true }
}

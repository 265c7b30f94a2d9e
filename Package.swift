// swift-tools-version: 6.2
import PackageDescription

// Weir's rooms: one target each, in the order of docs/internals.md. A target imports only what stands before it.

let settings: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name + "Tests", dependencies: [.byName(name: name)] + dependencies, swiftSettings: settings)
}

let package = Package(
    name: "weir",
    products: [.executable(name: "weir", targets: ["weir"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // Foundations
        room("FlowModel"),
        room("Metrics"),
        room("ConfigurationFile", ["FlowModel", .product(name: "Yams", package: "Yams")]),
        room("StateFile"),
        room("PacketCapture", ["FlowModel"]),
        .systemLibrary(name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CGnuTLS", pkgConfig: "gnutls", providers: [.apt(["libgnutls28-dev"])]),
        .systemLibrary(name: "CCrypt", pkgConfig: "libcrypt", providers: [.apt(["libcrypt-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-gnutls-dev"])]),
        .target(name: "CLinuxSockets"),
        .systemLibrary(name: "CSpawn"),
        room("ChildProcesses", ["CSpawn"]),
        room("HTTPServer", ["Metrics", "ConfigurationFile", "CMicroHTTPD", "CZlib", "CGnuTLS", "CCrypt"]),
        room("HTTPClient", ["CCurl", "CLinuxSockets"]),

        // The line
        room("FlowProtocols", ["FlowModel"]),
        room("Exporters", ["FlowModel", "FlowProtocols", "ConfigurationFile"]),
        room("KubernetesObjects", ["FlowModel", .product(name: "Yams", package: "Yams")]),
        room("Identity", ["FlowModel", "KubernetesObjects", "ConfigurationFile"]),
        room("KubernetesClient", ["FlowModel", "KubernetesObjects", "ConfigurationFile", "HTTPClient", "CLinuxSockets"]),
        room("Ledger", ["FlowModel", "Identity", "ConfigurationFile"]),
        room("Windows", ["FlowModel", "Identity"]),
        room("Detection", ["FlowModel", "Identity", "Windows", "ConfigurationFile"]),
        room("Alerting", ["FlowModel", "Detection", "ConfigurationFile", "StateFile", "HTTPClient"]),

        // Beside it
        room("Collector", ["FlowModel", "CLinuxSockets", "ConfigurationFile"]),

        room("Simulator", ["FlowModel", "FlowProtocols"]),

        // Assembly
        room(
            "WeirService",
            [
                "FlowModel", "Metrics", "ConfigurationFile", "StateFile", "PacketCapture", "HTTPServer", "FlowProtocols", "Exporters", "Identity",
                "Ledger", "Windows", "Detection", "Alerting", "Collector", "KubernetesObjects", "KubernetesClient", "HTTPClient",
                "Simulator", "ChildProcesses", .product(name: "Logging", package: "swift-log"),
            ]),
        .executableTarget(
            name: "weir",
            dependencies: [
                "WeirService", "FlowModel", "PacketCapture", "Collector", "ConfigurationFile", "Detection", "Simulator",
                .product(name: "ArgumentParser", package: "swift-argument-parser"), .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),

        .target(name: "Support", dependencies: ["ChildProcesses", "FlowModel"], path: "Tests/Support", swiftSettings: settings),
        .executableTarget(
            name: "benchmarks",
            dependencies: ["Support", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Tests/Benchmarks", exclude: ["instructions.json"], swiftSettings: settings),
        tests("FlowModel", []),
        tests("Metrics", ["Support"]),
        tests("HTTPServer", ["Metrics", "ConfigurationFile", "Support"]),
        tests("HTTPClient", ["HTTPServer", "Support"]),
        tests("ConfigurationFile", ["FlowModel"]),
        tests("StateFile", []),
        tests("ChildProcesses", ["Support"]),
        tests("Exporters", ["FlowModel", "FlowProtocols"]),
        tests("Collector", ["FlowModel", "Support"]),
        tests("PacketCapture", ["FlowModel"]),
        tests("FlowProtocols", ["FlowModel", "PacketCapture", "Support"]),
        tests("KubernetesObjects", ["Support"]),
        tests("KubernetesClient", ["FlowModel", "KubernetesObjects", "ConfigurationFile", "HTTPClient", "HTTPServer", "Support"]),
        tests("Identity", ["FlowModel", "KubernetesObjects", "Support"]),
        tests("Ledger", ["FlowModel", "Identity", "Support"]),
        tests("Windows", ["FlowModel", "Identity", "Support"]),
        tests("Detection", ["FlowModel", "Identity", "Windows", "ConfigurationFile", "Support"]),
        tests("Alerting", ["FlowModel", "Detection", "ConfigurationFile", "StateFile", "HTTPClient", "HTTPServer", "Support"]),
        tests("Simulator", ["FlowModel", "FlowProtocols", "KubernetesObjects", "Support"]),
        .testTarget(
            name: "DemoTests",
            dependencies: ["FlowModel", "KubernetesObjects", "Identity", "Detection", "Alerting", "Simulator", "WeirService", "Support"],
            swiftSettings: settings),
        .testTarget(
            name: "AlertRulesTests", dependencies: ["Support", .product(name: "Yams", package: "Yams")], swiftSettings: settings),
        .testTarget(
            name: "DashboardTests", dependencies: ["Support", .product(name: "Yams", package: "Yams")], swiftSettings: settings),
        .testTarget(
            name: "AttackTests",
            dependencies: ["FlowModel", "FlowProtocols", "PacketCapture", "StateFile", "Collector", "Support"],
            swiftSettings: settings),
        tests(
            "WeirService",
            [
                "FlowModel", "FlowProtocols", "ConfigurationFile", "Collector", "Exporters", "KubernetesObjects", "Identity", "Ledger", "Windows",
                "Detection",
                "Alerting",
                "HTTPClient", "HTTPServer", "KubernetesClient", "Metrics", "StateFile", "Support", .product(name: "Logging", package: "swift-log"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)

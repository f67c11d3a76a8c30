// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "greeter",
    dependencies: [.package(name: "baton", path: "../../..")],
    targets: [
        .executableTarget(
            name: "greeter", dependencies: [.product(name: "WorkerKit", package: "baton")])
    ]
)

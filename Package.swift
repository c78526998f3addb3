// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

/// A library target and its tests in `Tests/<name>Tests`.
func module(
  _ name: String, _ dependencies: [Target.Dependency] = [], tests: [Target.Dependency] = [],
  plugins: [Target.PluginUsage]? = nil, fixtures: Bool = false
) -> [Target] {
  [
    .target(name: name, dependencies: dependencies, swiftSettings: settings, plugins: plugins),
    .testTarget(
      name: "\(name)Tests", dependencies: [.byName(name: name), "HostileStrings"] + dependencies + tests,
      exclude: fixtures ? ["Fixtures"] : [],
      swiftSettings: settings),
  ]
}

let package = Package(
  name: "kiln",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "kiln", targets: ["kiln"]),
    // A library vends every module whose types its interface has.
    .library(name: "KilnContext", targets: ["KilnContext", "KilnArtifacts", "KilnDiagnostics"]),
    .library(name: "KilnPacker", targets: ["KilnPacker", "KilnDocuments"]),
    .library(name: "KilnAzure", targets: ["KilnAzure", "KilnPacker", "KilnDiagnostics", "KilnDocuments"]),
    .library(
      name: "KilnGeneration",
      targets: [
        "KilnGeneration", "KilnPlan", "KilnSpec", "KilnCatalog", "KilnArtifacts", "KilnDiagnostics", "KilnDocuments",
        "KilnPacker", "KilnProcesses",
      ]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
  ],
  targets: [
    .executableTarget(name: "kiln", dependencies: ["KilnCommands", arguments], swiftSettings: settings),
    .executableTarget(name: "catalog-embedder", swiftSettings: settings),
    .plugin(
      name: "EmbedCatalog", capability: .buildTool(), dependencies: ["catalog-embedder"]),
    .systemLibrary(name: "CDirectoryEntries"),
    .systemLibrary(
      name: "CLibArchive", pkgConfig: "libarchive",
      providers: [.apt(["libarchive-dev"]), .brew(["libarchive"])]),
    .systemLibrary(
      name: "CLibDeflate", pkgConfig: "libdeflate",
      providers: [.apt(["libdeflate-dev"]), .brew(["libdeflate"])]),
    .systemLibrary(
      name: "CNettle", pkgConfig: "nettle", providers: [.apt(["nettle-dev"]), .brew(["nettle"])]),
    .systemLibrary(name: "CExtendedAttributes"),
    .systemLibrary(
      name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),
    .systemLibrary(
      name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
  ]
    + module("KilnText")
    + module("KilnSchedule")
    + module("KilnSystemd")
    + module("KilnDiagnostics", ["KilnDocuments"])
    + module("KilnArtifacts", ["CNettle", "KilnDocuments", "KilnProcesses", system])
    + module("KilnProcesses", ["KilnDiagnostics", subprocess, system])
    + module(
      "KilnConsole", ["KilnDiagnostics", "KilnDocuments", "KilnProcesses", system], tests: ["KilnTesting"])
    + module("KilnDocuments", [], tests: [yams])
    + module("KilnHTTP", ["KilnProcesses", system], tests: ["KilnTesting"])
    + module("KilnDocker", ["KilnDocuments"])
    + module("KilnAnsible", ["KilnDocuments"], tests: [yams])
    + module("KilnGoss", ["KilnDocuments"], tests: [yams])
    + module("KilnJMeter", ["KilnDocuments"])
    + module("KilnKubernetes", ["KilnDocuments"])
    + module("KilnPacker", ["KilnDocuments"])
    + module("KilnPipelines", ["KilnDocuments"], tests: [yams, "KilnTesting"])
    + module("KilnAzure", ["KilnPacker", "KilnDocuments", "KilnDiagnostics"])
    + module(
      "KilnContext",
      [
        "CDirectoryEntries", "CLibArchive", "CLibDeflate", "CZstd", "KilnArtifacts", "KilnDiagnostics", "KilnProcesses",
        system,
      ])
    + module("KilnCatalog", [], plugins: [.plugin(name: "EmbedCatalog")])
    + module(
      "KilnSpec",
      [
        "CYAML", "KilnArtifacts", "KilnDiagnostics", "KilnCatalog", "KilnDocuments", "KilnPacker", "KilnProcesses",
        system,
      ],
      tests: [yams, "KilnTesting"])
    + module(
      "KilnPlan",
      [
        "KilnSchedule", "KilnSpec", "KilnText", "KilnDocuments", "KilnDiagnostics", "KilnCatalog", "KilnArtifacts",
        "KilnPacker",
        system,
      ],
      tests: ["KilnTesting"])
    + module(
      "KilnGeneration",
      [
        "KilnPlan", "KilnSpec", "KilnArtifacts", "KilnDiagnostics", "KilnCatalog", "KilnDocuments",
        "KilnDocker", "KilnKubernetes", "KilnPacker", "KilnPipelines", "KilnAnsible", "KilnGoss", "KilnAzure",
        "KilnJMeter",
        "KilnSystemd", system,
      ], tests: [yams, "KilnFleet", "KilnTesting"], fixtures: true)
    + module(
      "KilnFleet",
      ["KilnPlan", "KilnSpec", "KilnArtifacts", "KilnDocuments", "KilnDiagnostics", "KilnGeneration", "KilnPacker"],
      tests: ["KilnTesting"])
    + module(
      "KilnWorkspace",
      [
        "KilnArtifacts", "KilnCatalog", "KilnConsole", "KilnContext", "KilnDiagnostics", "KilnDocuments", "KilnFleet",
        "KilnGeneration", "KilnPlan", "KilnProcesses", "KilnSpec", "KilnText", system,
      ], tests: ["KilnTesting"])
    + module(
      "KilnEngine",
      [
        "CExtendedAttributes", "KilnArtifacts", "KilnConsole", "KilnContext", "KilnDiagnostics", "KilnDocuments",
        "KilnGeneration", "KilnPlan", "KilnProcesses", "KilnSpec", "KilnWorkspace", system,
      ], tests: ["KilnTesting"])
    + module(
      "KilnVerify",
      [
        "KilnArtifacts", "KilnConsole", "KilnContext", "KilnDiagnostics", "KilnDocuments", "KilnEngine",
        "KilnGeneration", "KilnHTTP", "KilnPacker", "KilnPlan", "KilnProcesses", "KilnSpec", "KilnWorkspace", system,
      ], tests: ["KilnTesting"])
    + module(
      "KilnLoad",
      [
        "KilnArtifacts", "KilnConsole", "KilnDeploy", "KilnDiagnostics", "KilnDocuments", "KilnEngine",
        "KilnGeneration", "KilnHTTP", "KilnMachines", "KilnPlan", "KilnProcesses", "KilnSpec", "KilnWorkspace", system,
      ], tests: ["KilnTesting"])
    + module(
      "KilnRelease",
      [
        "KilnArtifacts", "KilnAzure", "KilnConsole", "KilnContext", "KilnDiagnostics", "KilnDocuments", "KilnEngine",
        "KilnGeneration", "KilnPacker", "KilnPlan", "KilnProcesses", "KilnSpec", "KilnVerify", "KilnWorkspace", system,
      ], tests: ["KilnTesting"])
    + module(
      "KilnDeploy",
      [
        "KilnArtifacts", "KilnConsole", "KilnContext", "KilnDiagnostics", "KilnDocuments", "KilnEngine",
        "KilnGeneration", "KilnHTTP",
        "KilnKubernetes", "KilnPlan", "KilnProcesses", "KilnSpec", "KilnWorkspace", system,
      ], tests: ["KilnTesting"])
    + module(
      "KilnMachines",
      [
        "KilnArtifacts", "KilnConsole", "KilnDeploy", "KilnDiagnostics", "KilnDocuments", "KilnEngine",
        "KilnGeneration", "KilnHTTP", "KilnPacker", "KilnPlan", "KilnProcesses", "KilnRelease", "KilnSpec",
        "KilnVerify", "KilnWorkspace", system,
      ], tests: ["KilnTesting"])
    + module(
      "KilnHosts",
      [
        "KilnAnsible", "KilnArtifacts", "KilnConsole", "KilnContext", "KilnDiagnostics", "KilnDocuments", "KilnEngine",
        "KilnGeneration", "KilnHTTP", "KilnPlan", "KilnProcesses", "KilnSpec", "KilnWorkspace", system,
      ], tests: ["KilnTesting"])
    + module(
      "KilnCommands",
      [
        "KilnDeploy", "KilnHosts", "KilnMachines", "KilnEngine", "KilnHTTP", "KilnLoad", "KilnRelease", "KilnVerify",
        "KilnWorkspace",
        "KilnGeneration", "KilnFleet", "KilnPlan", "KilnSpec", "KilnArtifacts", "KilnDiagnostics", "KilnCatalog",
        "KilnConsole", "KilnDocuments", "KilnProcesses", "KilnContext", "KilnPacker", "KilnAzure", arguments,
        system,
      ], tests: ["KilnTesting"], fixtures: true)
    + [
      .target(name: "HostileStrings", path: "Tests/HostileStrings", swiftSettings: settings),
      .target(
        name: "KilnTesting",
        dependencies: [
          "KilnConsole", "KilnGeneration", "KilnPlan", "KilnProcesses", "KilnSpec", "KilnArtifacts", "KilnDiagnostics",
          system,
        ],
        path: "Tests/KilnTesting", swiftSettings: settings),
    ]
    + [
      .testTarget(
        name: "KilnEndToEndTests", dependencies: [yams], exclude: ["Browser", "Host", "Load"], swiftSettings: settings)
    ]
)

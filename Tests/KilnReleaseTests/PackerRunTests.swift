import Foundation
import KilnArtifacts
import KilnConsole
import KilnDiagnostics
import KilnPacker
import KilnProcesses
import KilnTesting
import SystemPackage
import Testing

@testable import KilnRelease

/// What Packer is asked, and what its log and its manifest must say.
struct PackerRunTests {
  private static let log = """
    ==> docker: Creating a temporary directory
    Build 'docker' finished after 2 minutes.

    ==> Builds finished. The artifacts of successful builds are:
    --> docker: Imported Docker image: sha256:0123

    """

  private static func manifest(_ id: String) -> String {
    #"{"builds":[{"name":"docker","builder_type":"docker","packer_run_uuid":"u","artifact_id":"\#(id)"}],"last_run_uuid":"u"}"#
  }

  private func run(
    version: [ScriptedRunner.Step] = [.run("packer version", output: "Packer v1.6.6\n")],
    validate: ScriptedRunner.Step? = nil, log: String = log, code: Int32 = 0,
    manifest: String? = manifest("sha256:0123")
  ) async throws -> (report: PackerReport, said: String, kept: String) {
    try await withFolder { root in
      try write(["bin/goss": "goss"], in: root)
      let goss = root.appending(path: "bin/goss").resolvingSymlinksInPath().path
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: goss)
      try FileManager.default.createDirectory(
        at: root.appending(path: "dist/acme"), withIntermediateDirectories: true)
      var tree = ArtifactTree()
      try tree.add("acme/packer/acme.json", .init("{}", source: "acme.yaml"))
      try tree.add("acme/goss.yaml", .init("x", source: "acme.yaml"))
      let folder = try BakeFolder(of: "acme", in: tree)
      defer { folder.remove() }
      let arguments =
        "-var goss=\(goss) -var manifest=\(folder.manifest) -var app_archive=/a.tar -only=docker \(folder.template)"
      // What somebody committed in their places leads elsewhere.
      try write(["victim": "precious"], in: root)
      for name in ["packer-build.log", "packer-manifest.json"] {
        try FileManager.default.createSymbolicLink(
          atPath: root.appending(path: "dist/acme/\(name)").path, withDestinationPath: "../../victim")
      }
      defer { #expect((try? String(contentsOf: root.appending(path: "victim"), encoding: .utf8)) == "precious") }
      var steps = version + [validate ?? .run("packer validate \(arguments)")]
      if validate == nil {
        steps.append(
          .run("packer build -color=false \(arguments)", output: log, code: code) { invocation in
            // Nothing lies where Packer and Ansible look for plugins and variables but what was generated.
            #expect(invocation.folder == folder.workingFolder)
            #expect(try FileManager.default.subpathsOfDirectory(atPath: folder.workingFolder.string) == [])
            let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path.string).sorted()
            #expect(
              files == [
                "generated", "generated/goss.yaml", "generated/packer", "generated/packer/acme.json", "run", "tmp",
              ])
            let mode = try FileManager.default.attributesOfItem(atPath: folder.path.string)[.posixPermissions] as? Int
            #expect(mode == 0o700)
            #expect(
              invocation.environment == [
                "CHECKPOINT_DISABLE": "1", "PACKER_NO_COLOR": "1", "TMPDIR": folder.temporaryFolder.string,
              ])
            try manifest?.write(toFile: folder.manifest.string, atomically: true, encoding: .utf8)
          })
      }
      let runner = ScriptedRunner(steps)
      let recorded = RecordedContext(
        root, environment: ["PATH": root.appending(path: "bin").path], processes: runner)
      let kept = root.appending(path: "dist/acme/packer-build.log")
      let packer = PackerRun(
        folder: folder, archive: "/a.tar", log: FilePath(kept.path),
        manifest: FilePath(root.path).appending("dist/acme/packer-manifest.json"), only: ["docker"], isQuiet: false,
        mask: SecretMask(["fourth secret"]), context: recorded.context)
      let report = try await packer.run(needsAzure: true, missingSecrets: [])
      runner.finish()
      return (report, recorded.error, try String(contentsOf: kept, encoding: .utf8))
    }
  }

  private func message(_ body: () async throws -> Void) async -> String {
    let error = await #expect(throws: CommandError.self) { try await body() }
    // Folders of tests have random names.
    return DiagnosticRenderer().render(error?.diagnostics ?? []).replacing(/\/[^ ]*\/(dist|generated)\//, with: "…/")
  }

  @Test func aGoodBakeIsKeptReadAndRelayed() async throws {
    let (report, said, kept) = try await run()
    #expect(report.builds.flatMap(\.artifacts).map(\.reference) == ["sha256:0123"])
    #expect(said == Self.log && kept == Self.log)
  }

  @Test func aSecretThatPackerPrintsIsHidden() async throws {
    let text = await message {
      _ = try await run(validate: .run("packer validate …", error: "no group called fourth secret\n", code: 1))
    }
    #expect(text.contains("no group called ***\n"))
  }

  @Test func whatPackerRefusesIsQuoted() async throws {
    let text = await message {
      _ = try await run(validate: .run("packer validate …", error: "Error: 1 error(s)\n##[error]x\n", code: 1))
    }
    #expect(
      text == """
        error: Packer refuses the generated template [bake.template]
          Error: 1 error(s)
          ## [error]x

        """)
  }

  @Test func aManifestOfAnotherRunIsRefused() async throws {
    let text = await message { _ = try await run(manifest: Self.manifest("sha256:other")) }
    #expect(text.hasPrefix("error: the manifest and the log are not of one run [packer-log.other-run]\n"))
    #expect(text.contains("sha256:other"))
    #expect(
      await message { _ = try await run(manifest: nil) }
        == "error: Packer wrote no manifest [bake.manifest]\n")
  }

  @Test func aFailureNeedsNoWordOfItsOwn() async throws {
    #expect(
      await message { _ = try await run(code: 1) }
        == "error: Packer failed with exit code 1, but its log reports no failure: …/acme/packer-build.log [bake.failed]\n"
    )
  }

  /// Its own azure-arm builds on unmanaged disks.
  @Test func anOldPackerIsRefusedForAVHD() async throws {
    try await withFolder { root in
      try write(["bin/goss": "goss"], in: root)
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: root.appending(path: "bin/goss").path)
      let folder = try BakeFolder(of: "acme", in: ArtifactTree())
      defer { folder.remove() }
      let runner = ScriptedRunner([
        .run("packer version", output: "Packer v1.6.6\n\nYour version of Packer is out of date! The latest is 1.14.2\n")
      ])
      var environment = ["PATH": root.appending(path: "bin").path]
      for name in ["CLIENT_ID", "CLIENT_SECRET", "SUBSCRIPTION_ID", "TENANT_ID"] { environment["ARM_\(name)"] = "x" }
      let recorded = RecordedContext(root, environment: environment, processes: runner)
      let packer = PackerRun(
        folder: folder, archive: nil, log: FilePath(root.path).appending("log"),
        manifest: FilePath(root.path).appending("manifest"), only: ["azure-arm"], isQuiet: false,
        mask: SecretMask(["fourth secret"]), context: recorded.context)
      let text = await message { _ = try await packer.run(needsAzure: true, capturesVHD: true, missingSecrets: []) }
      #expect(text.hasPrefix("error: Packer 1.6.6 captures a VHD from an unmanaged disk, which Azure has retired"))
      runner.finish()
    }
  }

  /// Packer has brought none since 1.10.
  @Test func pluginsAreFetchedForAPackerWithoutThem() async throws {
    let newer = ScriptedRunner.Step.run("packer version", output: "Packer v1.11.2\n")
    #expect(try await run(version: [newer, .run("packer init …")]).report.outcome == .success)
    let text = await message {
      _ = try await run(version: [newer, .run("packer init …", error: "Failed getting the releases\n", code: 1)])
    }
    #expect(text.hasPrefix("error: packer init cannot fetch Packer's plugins [bake.plugins]\n"), "\(text)")
    #expect(text.contains("Failed getting the releases") && text.contains("packer plugins install"))
  }

  @Test func withoutPackerItSaysWhatInstallsIt() async throws {
    #expect(
      await message {
        _ = try await run(version: [.missing("packer version")], validate: .missing("packer validate …"))
      }
        == "error: packer is not on the PATH [tool.missing]\n  = help: apt-get install packer\n")
  }
}

struct ParameterValuesTests {
  /// What `kiln bake` does with the artifacts of its log.
  @Test func artifactsGoIntoFilesTogether() throws {
    try withFolder { folder in
      try write(
        [
          "a.json": #"{"parameters": {"image": {"value": "old"}}}"#,
          "b.json": #"{"parameters": {"name": {"value": "@@IMAGE@@"}}}"#,
        ], in: folder)
      let recorded = RecordedContext(folder)
      var reader = PackerLogReader()
      let log =
        "==> Builds finished. The artifacts of successful builds are:\n--> docker: Imported Docker image: sha256:01\n"
      Array(log.utf8).withUnsafeBytes { reader.read($0) }
      let report = reader.finish()
      let token = ParameterValues(artifacts: [], tokenArtifacts: [("@@IMAGE@@", "docker-image")])
      let files = ParameterFiles(["b.json"], template: nil, context: recorded.context)
      try files.patched(by: token.patch(report, in: recorded.context), isHeld: true).replace()
      #expect(
        try String(contentsOf: folder.appending(path: "b.json"), encoding: .utf8).contains(#""value": "sha256:01""#))
      #expect(recorded.error == "b.json: patched\n")
      // One that is wrong keeps the others as they are.
      let wrong = ParameterValues(artifacts: [("image", "docker-image")], tokenArtifacts: [])
      #expect(throws: CommandError.self) {
        try ParameterFiles(["a.json", "b.json"], template: nil, context: recorded.context)
          .patched(by: wrong.patch(report, in: recorded.context), isHeld: true).replace()
      }
      #expect(try String(contentsOf: folder.appending(path: "a.json"), encoding: .utf8).contains("old"))
    }
  }
}

import Foundation
import KilnDiagnostics
import KilnPacker
import KilnPlan
import KilnSpec
import KilnTesting
import SystemPackage
import Testing

@testable import KilnRelease

/// What a bake does with the parameters that its spec names.
struct MachineParametersTests {
  private let workspace = SampleWorkspace(
    """
    runtime: {base: debian-12}
    machine:
      azure: {location: westeurope, capture: {vhd: {resourceGroup: rg, storageAccount: account, container: images}}}
      parameters:
        files: [../p.json]
        set: {imageUri: vhd, tag: docker-image}
        tokens: {"@@IMAGE@@": vhd}
    """)

  private func plan() throws -> EnvironmentPlan { try #require(workspace.plans.first, "\(workspace.problems)") }

  private func report(_ artifact: String) -> PackerReport {
    var reader = PackerLogReader()
    let log = "==> Builds finished. The artifacts of successful builds are:\n--> docker: \(artifact)\n"
    Array(log.utf8).withUnsafeBytes { reader.read($0) }
    return reader.finish()
  }

  @Test func whatTheChosenBuildersCannotGiveStaysAsItIs() throws {
    let plan = try plan()
    try withFolder { root in
      try write(
        [
          "p.json":
            #"{"parameters": {"imageUri": {"value": "old"}, "tag": {"value": "old"}, "n": {"value": "@@IMAGE@@"}}}"#
        ], in: root)
      let recorded = RecordedContext(root)
      let parameters = try #require(
        MachineParameters(of: plan, by: [.docker], root: FilePath(root.path), context: recorded.context))
      #expect(
        parameters.skipped == [
          "imageUri stays as it is: only azure-arm makes vhd, and it does not run",
          "@@IMAGE@@ stays as it is: only azure-arm makes vhd, and it does not run",
        ])
      #expect(try !parameters.check().problems.hasErrors)
      try parameters.patch(report("Imported Docker image: sha256:01"))
      #expect(
        try String(contentsOf: root.appending(path: "p.json"), encoding: .utf8)
          == #"{"parameters": {"imageUri": {"value": "old"}, "tag": {"value": "sha256:01"}, "n": {"value": "@@IMAGE@@"}}}"#
      )
    }
  }

  @Test func whatWouldFailAfterTheBakeIsFoundBefore() throws {
    let plan = try plan()
    try withFolder { root in
      try write(["p.json": #"{"parameters": {"imageURI": {"value": "old"}}}"#], in: root)
      let recorded = RecordedContext(root)
      func problems(_ builders: [MachineBuilder]) throws -> [String] {
        let parameters = try #require(
          MachineParameters(of: plan, by: builders, root: FilePath(root.path), context: recorded.context))
        return try parameters.check().problems.filter { $0.severity == .error }.map(\.message)
      }
      #expect(
        try problems([.azure]) == ["the token \"@@IMAGE@@\" was not found in any string"])
      #expect(try problems([.docker]) == ["there is no parameter \"tag\""])
      #expect(try String(contentsOf: root.appending(path: "p.json"), encoding: .utf8).contains("old"))
      #expect(recorded.error == "")
    }
  }

  @Test func aMachineInAzureNeedsNoDocker() throws {
    #expect(try plan().spec.machine?.usualBuilders == [.azure])
    let local = SampleWorkspace("runtime: {base: debian-12}\nmachine: {}\n")
    #expect(local.plans.first?.spec.machine?.usualBuilders == [.docker])
  }

  private let withSecrets = SampleWorkspace(
    """
    runtime: {base: debian-12}
    machine:
      azure: {location: westeurope, capture: {vhd: {resourceGroup: rg, storageAccount: account, container: images}}}
      parameters:
        files: [../p.json]
        template: ../t.json
        set: {imageUri: vhd, adminPassword: {secret: ADMIN}, certificate: {secret: CERTIFICATE}}
        tokens: {"@@LICENCE@@": {secret: LICENCE}}
    secrets:
      ADMIN: {env: ACME_ADMIN}
      LICENCE: {env: ACME_LICENCE}
      CERTIFICATE: {keyVault: {id: /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/acme-kv, secret: web}}
    """)

  private let parameterFile = """
    {
      "parameters": {
        "imageUri": {"value": "old"},
        "adminPassword": {"value": "CHANGE-ME"},
        "certificate": {"value": ""},
        "licence": {"value": "key:@@LICENCE@@"}
      }
    }

    """

  private let template = """
    {"parameters": {"imageUri": {"type": "string"}, "adminPassword": {"type": "secureString", "minLength": 12},
      "certificate": {"type": "secureString"}, "licence": {"type": "string"}}}
    """

  /// A secret is never written into the file that is committed, and what Azure takes from a vault is a reference.
  @Test func secretsAreWrittenIntoAPrivateCopy() throws {
    let plan = try #require(withSecrets.plans.first, "\(withSecrets.problems)")
    try withFolder { root in
      try write(["p.json": parameterFile, "t.json": template], in: root)
      let recorded = RecordedContext(
        root, environment: ["ACME_ADMIN": "correct horse battery", "ACME_LICENCE": "a\"b"])
      let parameters = try #require(
        MachineParameters(of: plan, by: [.azure], root: FilePath(root.path), context: recorded.context))
      try parameters.refuseMissingSecrets()
      #expect(try parameters.check().problems.isEmpty)
      try parameters.patch(azureReport)
      #expect(try String(contentsOf: root.appending(path: "p.json"), encoding: .utf8) == parameterFile)
      let copy = root.appending(path: "dist/acme/parameters/p.json")
      #expect(
        try String(contentsOf: copy, encoding: .utf8) == """
          {
            "parameters": {
              "imageUri": {"value": "https://account.blob.core.windows.net/images/a.vhd"},
              "adminPassword": {"value": "correct horse battery"},
              "certificate": {"reference": {"keyVault": {"id": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/acme-kv"}, "secretName": "web"}},
              "licence": {"value": "key:a\\"b"}
            }
          }

          """)
      let mode = try FileManager.default.attributesOfItem(atPath: copy.path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
      #expect(recorded.error.hasSuffix("p.json: patched as dist/acme/parameters/p.json\n"))
      #expect(!recorded.error.contains("horse"))
      // Baked once more, the copy follows the file.
      try parameters.patch(azureReport)
    }
  }

  /// Two files whose links lead to files of one name are two copies.
  @Test func copiesHaveTheNamesThatTheSpecGives() throws {
    let workspace = SampleWorkspace(
      """
      runtime: {base: debian-12}
      machine: {parameters: {files: [../one.json, ../two.json], output: dist, set: {image: docker-image}}}
      """)
    let plan = try #require(workspace.plans.first, "\(workspace.problems)")
    try withFolder { root in
      for name in ["one", "two"] {
        try write(["\(name)/p.json": #"{"parameters": {"image": {"value": "\#(name)"}}}"#], in: root)
        try FileManager.default.createSymbolicLink(
          atPath: root.appending(path: "\(name).json").path, withDestinationPath: "\(name)/p.json")
      }
      let recorded = RecordedContext(root)
      let parameters = try #require(
        MachineParameters(of: plan, by: [.docker], root: FilePath(root.path), context: recorded.context))
      try parameters.patch(report("Imported Docker image: sha256:01"))
      let copies = try FileManager.default.contentsOfDirectory(
        atPath: root.appending(path: "dist/acme/parameters").path)
      #expect(copies.sorted() == ["one.json", "two.json"])
    }
  }

  /// What is wrong with a file's size is not remedied by taking it from Git again.
  @Test func eachProblemHasItsOwnRemedy() throws {
    let plan = try plan()
    try withFolder { root in
      let many = String(repeating: "@@IMAGE@@", count: 500_000)
      try write(["p.json": #"{"parameters": {"imageUri": {"value": "\#(many)"}, "n": {"value": ""}}}"#], in: root)
      let recorded = RecordedContext(root)
      let parameters = try #require(
        MachineParameters(of: plan, by: [.azure], root: FilePath(root.path), context: recorded.context))
      let problem = try #require(parameters.check().problems.first { $0.id == "parameters.token" })
      #expect(problem.suggestion == "give a token that is there once, as @@NAME@@")
    }
  }

  @Test func aSecretThatIsNotSetIsSaidBeforeTheBake() throws {
    let plan = try #require(withSecrets.plans.first, "\(withSecrets.problems)")
    try withFolder { root in
      try write(["p.json": parameterFile, "t.json": template], in: root)
      let recorded = RecordedContext(root, environment: ["ACME_LICENCE": ""])
      let parameters = try #require(
        MachineParameters(of: plan, by: [.azure], root: FilePath(root.path), context: recorded.context))
      // Of what it will be, `check` knows nothing.
      #expect(try parameters.check().problems.isEmpty)
      let error = #expect(throws: CommandError.self) { try parameters.refuseMissingSecrets() }
      #expect(
        error?.diagnostics.map(\.message) == [
          "the variable ACME_ADMIN is not set; secret ADMIN of acme needs it",
          "the variable ACME_LICENCE is empty; secret LICENCE of acme needs it",
        ])
      // One that the template does not take is said, and not shown.
      let short = RecordedContext(root, environment: ["ACME_ADMIN": "too short", "ACME_LICENCE": "x"])
      let again = try #require(
        MachineParameters(of: plan, by: [.azure], root: FilePath(root.path), context: short.context))
      #expect(try again.check().problems.map(\.message) == ["\"adminPassword\" is too short or too long"])
    }
  }

  /// A deployment's secret is nothing that the app reads.
  @Test func theAppDoesNotGetThem() throws {
    let workspace = SampleWorkspace(
      """
      runtime: {base: debian-12}
      app: {source: ../app}
      machine: {parameters: {files: [../p.json], set: {password: {secret: ADMIN}}}}
      secrets: {ADMIN: {env: ACME_ADMIN}, DB: {env: ACME_DB}}
      """)
    let plan = try #require(workspace.plans.first, "\(workspace.problems)")
    #expect(plan.secrets(of: .app("app")).map(\.file) == ["DB"])
    #expect(plan.secrets(of: .parameters).map(\.variable) == ["ACME_ADMIN"])
  }

  private var azureReport: PackerReport {
    var reader = PackerLogReader()
    let log = """
      ==> Builds finished. The artifacts of successful builds are:
      --> azure-arm: Azure.ResourceManagement.VMImage:

      OSType: Linux
      StorageAccountLocation: westeurope
      OSDiskUri: https://account.blob.core.windows.net/images/a.vhd
      OSDiskUriReadOnlySas: https://account.blob.core.windows.net/images/a.vhd?sig=x
      TemplateUri: https://account.blob.core.windows.net/images/a.json
      TemplateUriReadOnlySas: https://account.blob.core.windows.net/images/a.json?sig=x


      """
    Array(log.utf8).withUnsafeBytes { reader.read($0) }
    return reader.finish()
  }
}

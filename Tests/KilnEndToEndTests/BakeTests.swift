import Foundation
import Testing

/// `kiln bake` with a stand-in for Packer, which prints what Packer printed in each era, and without Azure.
@Suite(.enabled(if: EndToEnd.isRequested, EndToEnd.skipped), .serialized)
struct BakeTests {
  private static let uri = "https://acmeimages.blob.core.windows.net/images/acme-osDisk.vhd"

  /// The end of a log of an era, and the artifact that its manifest names.
  static let eras = [
    ("1.0", "StorageAccountLocation: westeurope\nOSDiskUri: \(uri)\nOSDiskUriReadOnlySas: \(uri)?sig=s3cret\n"),
    ("2.0", "OSType: Linux\nStorageAccountLocation: westeurope\nOSDiskUri: \(uri)\n"),
    ("2.5", "OSType: Linux\nStorageAccountLocation: westeurope\nVHDOSDiskUri: \(uri)\n"),
  ]

  /// A workspace with one customer, and a `packer` that replays `log` slowly and ends with `code`.
  private func withStandIn(
    _ log: String, code: Int = 0, artifact: String = uri, _ body: (URL, [String: String]) throws -> Void
  ) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try sh(
      "kiln init W && rm -r W/environments/* && mkdir -p W/deploy W/apps/acme bin && echo hi > W/apps/acme/index.html",
      in: folder.url)
    let root = folder.url.appending(path: "W")
    try """
    version: 1
    customer: acme
    profile: php-vm
    app: {source: ../apps/acme, port: 80}
    machine:
      azure:
        location: westeurope
        capture: {vhd: {resourceGroup: images-rg, storageAccount: acmeimages, container: images}}
      parameters:
        files: [../deploy/p.json]
        set: {imageUri: vhd}
        tokens: {"@@IMAGEURI@@": vhd}

    """.write(to: root.appending(path: "environments/acme.yaml"), atomically: true, encoding: .utf8)
    try #"{"parameters": {"imageUri": {"value": "old"}, "note": {"value": "from @@IMAGEURI@@"}}}"#.write(
      to: root.appending(path: "deploy/p.json"), atomically: true, encoding: .utf8)
    try log.write(to: folder.url.appending(path: "log"), atomically: true, encoding: .utf8)
    try #"""
    #!/bin/bash
    [ "$1" = build ] || exit 0
    for argument; do case $argument in manifest=*) manifest=${argument#manifest=} ;; esac; done
    trap 'echo "Cancelling build after receiving interrupt"; sleep 0.3; echo cleaned > "$STAND_IN/cleaned"; exit 1' INT
    while IFS= read -r line; do echo "$line"; sleep 0.02; done < "$STAND_IN/log"
    [ -z "$SLOW" ] || { echo "==> azure-arm: Waiting"; for _ in $(seq 200); do sleep 0.1; done; }
    printf '{"builds": [{"name": "azure-arm", "builder_type": "azure-arm", "files": null, "artifact_id": "%s", "packer_run_uuid": "u"}], "last_run_uuid": "u"}' "$ARTIFACT" > "$manifest"
    exit "$CODE"
    """#.write(to: folder.url.appending(path: "bin/packer"), atomically: true, encoding: .utf8)
    try sh("chmod +x bin/packer; cd W; kiln generate -q", in: folder.url)
    let environment = [
      "STAND_IN": folder.url.path, "CODE": String(code), "ARTIFACT": artifact, "SLOW": "", "ARM_CLIENT_ID": "i",
      "ARM_CLIENT_SECRET": "hush", "ARM_SUBSCRIPTION_ID": "s", "ARM_TENANT_ID": "t",
    ]
    try body(root, environment)
  }

  private static func log(_ block: String) -> String {
    "azure-arm: output will be in this color.\n\n==> azure-arm: Running builder ...\n    azure-arm: OSDiskUri: https://decoy/x.vhd\nBuild 'azure-arm' finished after 9 minutes.\n\n==> Builds finished. The artifacts of successful builds are:\n--> azure-arm: Azure.ResourceManagement.VMImage:\n\n\(block)\n"
  }

  private let bake = "PATH=\"$STAND_IN/bin:$PATH\" kiln bake acme --only azure-arm"

  private func parameters(_ root: URL) throws -> String {
    try String(contentsOf: root.appending(path: "deploy/p.json"), encoding: .utf8)
  }

  @Test(arguments: eras.indices) func theParametersGetTheURIOfEveryEra(_ index: Int) throws {
    try withStandIn(Self.log(Self.eras[index].1)) { root, environment in
      let result = try sh(bake, in: root, environment: environment)
      #expect(
        try parameters(root)
          == #"{"parameters": {"imageUri": {"value": "\#(Self.uri)"}, "note": {"value": "from \#(Self.uri)"}}}"#)
      #expect(result.output.contains(Self.uri) && !result.output.contains("s3cret"))
      let kept = try String(contentsOf: root.appending(path: "dist/acme/packer-build.log"), encoding: .utf8)
      #expect(kept == Self.log(Self.eras[index].1))
    }
  }

  @Test(arguments: [
    (
      "a failed build",
      "Build 'azure-arm' errored after 1 minute: no quota\n\n==> Some builds didn't complete successfully and had errors:\n--> azure-arm: no quota\n\n==> Builds finished but no artifacts were created.\n",
      1, uri, "no quota"
    ),
    ("a log that stops", "==> azure-arm: Running builder ...\n", 1, uri, "stops before Packer's summary"),
    ("a good log and a bad code", log(eras[1].1), 3, uri, "failed with exit code 3"),
    ("another manifest", log(eras[1].1), 0, "https://other/x.vhd", "not of one run"),
    (
      "a masked URI", log(eras[1].1).replacing("acme-osDisk", with: "***"), 0,
      "https://acmeimages.blob.core.windows.net/images/***.vhd", "masked"
    ),
  ]) func nothingIsPatchedAfter(_ name: String, _ log: String, _ code: Int, _ artifact: String, _ message: String)
    throws
  {
    try withStandIn(log, code: code, artifact: artifact) { root, environment in
      let result = try sh(bake, in: root, environment: environment, expecting: nil)
      #expect(result.status == 1 && result.error.contains(message), "\(name): \(result.status) \(result.error)")
      #expect(try parameters(root).contains("\"old\""))
    }
  }

  @Test func anInterruptGoesToPackerWhichCleansUp() throws {
    try withStandIn("==> azure-arm: Running builder ...\n") { root, environment in
      let result = try sh(
        """
        set +e
        PATH="$STAND_IN/bin:$PATH" SLOW=1 kiln bake acme --only azure-arm & pid=$!
        for _ in $(seq 100); do grep -q Waiting dist/acme/packer-build.log 2>/dev/null && break; sleep 0.1; done
        kill -INT $pid; wait $pid; echo "code $?"; cat "$STAND_IN/cleaned"
        """, in: root, environment: environment, expecting: nil)
      #expect(result.output.hasSuffix("code 130\ncleaned\n"), "\(result.output) \(result.error)")
      #expect(try parameters(root).contains("\"old\""))
    }
  }

  @Test func whatIsMissingIsToldBeforePackerRuns() throws {
    try withStandIn("") { root, environment in
      var environment = environment
      environment["ARM_TENANT_ID"] = ""
      environment["ARM_CLIENT_ID"] = ""
      let result = try sh(bake, in: root, environment: environment, expecting: nil)
      #expect(
        result.status == 1 && result.error.contains("the variable ARM_CLIENT_ID is empty")
          && result.error.contains("the variable ARM_TENANT_ID is empty"))
      try sh("echo >> generated/acme/packer/playbook.yml", in: root)
      let stale = try sh(bake, in: root, environment: environment, expecting: nil)
      #expect(stale.status == 1 && stale.error.contains("`kiln generate acme`"))
    }
  }
}

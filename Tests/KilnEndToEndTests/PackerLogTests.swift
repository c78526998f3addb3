import Foundation
import Testing

/// What a real Packer prints is read right.
@Suite(.enabled(if: EndToEnd.isRequested, EndToEnd.skipped), .serialized)
struct PackerLogTests {
  private func withTemplate(_ inline: String, builders: Int = 1, _ body: (URL) throws -> Void) throws {
    let folder = try TemporaryFolder()
    defer {
      _ = try? sh("docker rmi -f $(docker images -q kiln-e2e-packer) 2>/dev/null", expecting: nil)
      folder.remove()
    }
    let docker = (0..<builders).map {
      #"{"type": "docker", "name": "web\#($0)", "image": "debian:bookworm-slim", "pull": false, "commit": true}"#
    }.joined(separator: ",")
    let template =
      #"{"builders": [\#(docker)], "provisioners": [{"type": "shell", "inline": [\#(inline)]}], "post-processors": [{"type": "manifest", "output": "manifest.json"}]}"#
    try template.write(to: folder.url.appending(path: "t.json"), atomically: true, encoding: .utf8)
    try body(folder.url)
  }

  @Test(arguments: ["", "-color=true", "-machine-readable", "-color=false -timestamp-ui"]) func aGoodBuild(
    _ flags: String
  ) throws {
    try withTemplate(
      #""echo '==> Builds finished. The artifacts of successful builds are:'", "echo '--> web0: Imported Docker image: sha256:0000'""#
    ) { folder in
      try sh(
        "packer build \(flags) t.json > log; kiln packer-log log --manifest manifest.json --format json > out.json",
        in: folder)
      let id = try sh("kiln packer-log log --kind docker-image", in: folder).output
      let manifest = try sh(#"sed -n 's/.*"artifact_id": "\(.*\)",/\1/p' manifest.json"#, in: folder).output
      #expect(id == manifest && id.hasPrefix("sha256:"))
      try sh("docker rmi -f \(id)", in: folder, expecting: nil)
    }
  }

  @Test(arguments: ["", "-machine-readable"]) func aFailingBuild(_ flags: String) throws {
    try withTemplate(#""exit 3""#) { folder in
      try sh("packer build \(flags) t.json > log || true", in: folder)
      let result = try sh("kiln packer-log log --format json", in: folder, expecting: 1)
      #expect(
        result.output.contains(#""outcome": "failure""#)
          && result.output.contains("Script exited with non-zero exit status: 3"))
    }
  }

  @Test func twoBuildersOfWhichOneFails() throws {
    try withTemplate(#""test $PACKER_BUILD_NAME = web0""#, builders: 2) { folder in
      try sh("packer build t.json > log || true", in: folder)
      let all = try sh("kiln packer-log log --kind docker-image", in: folder, expecting: 1)
      #expect(all.error.contains("build \"web1\" failed"))
      let one = try sh("kiln packer-log log --kind docker-image --build web0", in: folder)
      #expect(one.output.hasPrefix("sha256:"))
      try sh("docker rmi -f \(one.output)", in: folder, expecting: nil)
    }
  }

  /// Packer's wrapper process leaves the signal to its child: both get it, as from a terminal.
  @Test func aBuildThatIsInterrupted() throws {
    try withTemplate(#""sleep 60""#) { folder in
      try sh(
        "setsid perl -e '$SIG{INT} = q(DEFAULT); exec @ARGV' packer build t.json > log & pid=$!; for _ in $(seq 100); do grep -q 'Provisioning with shell' log && break; sleep 0.2; done; sleep 1; kill -INT -- -$pid; wait $pid || true",
        in: folder)
      let result = try sh("kiln packer-log log --kind docker-image", in: folder, expecting: 1)
      #expect(!result.error.isEmpty && result.output.isEmpty)
    }
  }
}

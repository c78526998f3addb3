import KilnPacker
import Testing

struct PackerManifestTests {
  static let report = PackerReport(
    outcome: .success, builds: [.init(name: "docker", outcome: .success, artifacts: [.dockerImage(id: "sha256:b")])])

  private func manifest(_ id: String) -> [UInt8] {
    Array(
      """
      {"builds": [{"name": "docker", "builder_type": "docker", "files": null, "artifact_id": "sha256:a", "packer_run_uuid": "1"},
        {"name": "docker", "builder_type": "docker", "files": null, "artifact_id": "\(id)", "packer_run_uuid": "2"}], "last_run_uuid": "2"}
      """.utf8)
  }

  @Test func onlyTheLastRunCounts() throws {
    #expect(try PackerManifest(manifest("sha256:b")).builds.map(\.artifactId) == ["sha256:b"])
    #expect(try PackerManifest(manifest("sha256:b")).differences(from: Self.report) == [])
  }

  @Test func tellsWhereTheyDiffer() throws {
    #expect(
      try PackerManifest(manifest("sha256:c")).differences(from: Self.report) == [
        #"build "docker": the manifest says "sha256:c", the log "sha256:b""#
      ])
  }

  @Test(arguments: ["", "{}", #"{"builds": [], "last_run_uuid": "1"}"#]) func refuses(_ text: String) {
    #expect(throws: PackerManifest.Failure.self) { try PackerManifest(Array(text.utf8)) }
  }
}

import KilnPacker
import Testing

/// One list of kinds for specs, logs and the command line.
struct ArtifactKindTests {
  private let report = PackerReport(
    outcome: .success,
    builds: [.init(name: "docker", outcome: .success, artifacts: [.dockerImage(id: "sha256:abc")])])

  @Test(arguments: ArtifactKind.allCases) func aKindIsKnownByItsName(_ kind: ArtifactKind) throws {
    #expect(try ArtifactChoice(report).kind(kind.description) == kind)
  }

  @Test(arguments: ["", "VHD", "managedImage", "image"]) func refuses(_ name: String) {
    #expect {
      try ArtifactChoice(report).kind(name)
    } throws: { error in
      (error as? ArtifactChoice.Failure)?.reason == "the log has no artifact of kind \(name)"
        && (error as? ArtifactChoice.Failure)?.found == ["docker: docker-image sha256:abc"]
    }
  }
}

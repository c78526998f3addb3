import Foundation
import KilnDocuments
import KilnPacker
import Testing

/// The project's own logs: the shapes of every era, and what terminals and CI systems make of them.
struct PackerLogReaderTests {
  struct Sample: Sendable, CustomTestStringConvertible {
    let name: String
    let log: String
    let report: PackerReport

    var testDescription: String { name }
  }

  static let samples: [Sample] = [
    Sample(
      name: "vhd before 2.5.0, several disks",
      log: """
        ==> azure-arm: Running builder ...
            azure-arm: OSDiskUri: https://decoy.example/x.vhd
        ==> azure-arm: Provisioning with shell script: setup.sh
            azure-arm: ManagedImageId: not this one
        Build 'azure-arm' finished after 9 minutes 1 second.

        ==> Wait completed after 9 minutes 1 second

        ==> Builds finished. The artifacts of successful builds are:
        --> azure-arm: Azure.ResourceManagement.VMImage:

        OSType: Linux
        StorageAccountLocation: northeurope
        OSDiskUri: https://kilnimages.blob.core.windows.net/system/Images/os.vhd
        OSDiskUriReadOnlySas: https://kilnimages.blob.core.windows.net/system/Images/os.vhd?sig=abc
        TemplateUri: https://kilnimages.blob.core.windows.net/system/Images/t.json
        TemplateUriReadOnlySas: https://kilnimages.blob.core.windows.net/system/Images/t.json?sig=abc
        AdditionalDiskUri (datadisk-1): https://kilnimages.blob.core.windows.net/system/Images/d1.vhd

        """,
      report: PackerReport(
        outcome: .success,
        builds: [
          .init(
            name: "azure-arm", outcome: .success, duration: "9 minutes 1 second",
            artifacts: [
              .vhd(
                .init(
                  osDiskUri: "https://kilnimages.blob.core.windows.net/system/Images/os.vhd",
                  osDiskUriReadOnlySas: "https://kilnimages.blob.core.windows.net/system/Images/os.vhd?sig=abc",
                  templateUri: "https://kilnimages.blob.core.windows.net/system/Images/t.json",
                  templateUriReadOnlySas: "https://kilnimages.blob.core.windows.net/system/Images/t.json?sig=abc",
                  storageAccountLocation: "northeurope",
                  additionalDisks: [
                    .init(name: "datadisk-1", uri: "https://kilnimages.blob.core.windows.net/system/Images/d1.vhd")
                  ]))
            ])
        ])),
    Sample(
      name: "vhd since 2.5.0 beside a managed image",
      log: """
        Build 'azure-arm.php' finished after 12 minutes 5 seconds.

        ==> Builds finished. The artifacts of successful builds are:
        --> azure-arm.php: Azure.ResourceManagement.VMImage:

        OSType: Linux
        ManagedImageResourceGroupName: images
        ManagedImageName: php-81
        ManagedImageId: /subscriptions/1/resourceGroups/images/providers/Microsoft.Compute/images/php-81
        ManagedImageLocation: westeurope
        VHDOSDiskUri: https://kilnimages.blob.core.windows.net/images/php.vhd

        """,
      report: PackerReport(
        outcome: .success,
        builds: [
          .init(
            name: "azure-arm.php", outcome: .success, duration: "12 minutes 5 seconds",
            artifacts: [
              .vhd(
                .init(
                  osDiskUri: "https://kilnimages.blob.core.windows.net/images/php.vhd", additionalDisks: [])),
              .managedImage(
                id: "/subscriptions/1/resourceGroups/images/providers/Microsoft.Compute/images/php-81", name: "php-81",
                resourceGroup: "images", location: "westeurope"),
            ])
        ])),
    Sample(
      name: "one build failed, one did not",
      log: """
        Build 'docker' finished after 3 seconds.
        Build 'azure-arm' errored after 2 minutes: script exited with non-zero status: 7

        ==> Some builds didn't complete successfully and had errors:
        --> azure-arm: script exited with non-zero status: 7
        and a second line of it

        ==> Builds finished. The artifacts of successful builds are:
        --> docker: Imported Docker image: sha256:0a1b

        """,
      report: PackerReport(
        outcome: .failure,
        builds: [
          .init(
            name: "docker", outcome: .success, duration: "3 seconds", artifacts: [.dockerImage(id: "sha256:0a1b")]),
          .init(
            name: "azure-arm", outcome: .failure,
            error: "script exited with non-zero status: 7\nand a second line of it", duration: "2 minutes"),
        ])),
    Sample(
      name: "a build that made nothing",
      log: "Build 'null' finished after 1 second.\n\n==> Builds finished but no artifacts were created.\n",
      report: PackerReport(
        outcome: .success, builds: [.init(name: "null", outcome: .success, duration: "1 second")])),
    Sample(
      name: "nothing was built", log: "==> Builds finished but no artifacts were created.\n",
      report: PackerReport(outcome: .failure, builds: [])),
    Sample(
      name: "machine-readable",
      log: """
        1700000001,,ui,say,==> amazon-ebs: Creating the AMI
        1700000002,amazon-ebs,artifact-count,1
        1700000002,amazon-ebs,artifact,0,builder-id,mitchellh.amazonebs
        1700000002,amazon-ebs,artifact,0,id,eu-west-1:ami-0123
        1700000002,amazon-ebs,artifact,0,string,AMIs were created:\\neu-west-1: ami-0123\\n
        1700000002,amazon-ebs,artifact,0,end
        1700000002,,ui,say,\\n==> Builds finished. The artifacts of successful builds are:
        1700000002,,ui,say,--> amazon-ebs: AMIs were created:\\neu-west-1: ami-0123\\n

        """,
      report: PackerReport(
        outcome: .success,
        builds: [
          .init(name: "amazon-ebs", outcome: .success, artifacts: [.ami(region: "eu-west-1", id: "ami-0123")])
        ])),
    Sample(
      name: "stops before the summary", log: "==> docker: Creating\nBuild 'docker' finished after 1 second.\n",
      report: PackerReport(
        outcome: .unknown, builds: [.init(name: "docker", outcome: .success, duration: "1 second")], runs: 0)),
  ]

  private static let gitLab = "2024-05-01T10:00:00.123456Z "

  /// What puts something before or after each line, by name; the first leaves them alone.
  static let decorations: [(name: String, line: @Sendable (String) -> String)] = [
    ("plain", { $0 + "\n" }), ("CRLF", { $0 + "\r\n" }), ("doubled CR", { $0 + "\r\r\n" }),
    ("after a progress bar", { "10%\r20%\r" + $0 + "\n" }),
    ("Azure Pipelines", { "2023-01-05T09:00:01.1234567Z " + $0 + "\n" }),
    ("GitHub Actions, gh run view", { "bake\tRun packer build\t2023-01-05T09:00:01.1234567Z " + $0 + "\n" }),
    ("GitLab", { "\(gitLab)01O " + $0 + "\n" }),
    ("GitLab, in pieces", { "\(gitLab)01O " + $0.prefix(9) + "\n\(gitLab)01O+" + $0.dropFirst(9) + "\n" }),
    (
      "GitLab, in pieces, CRLF",
      { "\(gitLab)01O " + $0.prefix(9) + "\r\n\(gitLab)01O+" + $0.dropFirst(9) + "\r\n" }
    ),
    (
      "GitLab, a carriage return and a line feed in two pieces",
      { "\(gitLab)01O " + $0 + "\r\n\(gitLab)01E x\r\n\(gitLab)01O+\n" }
    ),
    (
      "GitLab, after a progress bar",
      { "\(gitLab)01O 10%\r\n\(gitLab)01O+20%\r\n\(gitLab)01O+" + $0 + "\n" }
    ),
    ("Jenkins timestamper", { "[2021-04-13T11:06:54.207Z] " + $0 + "\n" }), ("Jenkins", { "14:10:12 " + $0 + "\n" }),
    ("Buildkite", { "\u{1B}_bk;t=1700000000000\u{07}" + $0 + "\n" }),
    ("-timestamp-ui", { "2021-02-18T10:12:55+01:00: " + $0 + "\n" }),
    ("colours", { "\u{1B}[1;32m" + $0 + "\u{1B}[0m\n" }),
    ("among debug lines", { "2016/02/06 08:53:07 ui: ==> x: Builds finished\n" + $0 + "\n" }),
    ("among long lines", { String(repeating: "x", count: 1 << 17) + "\n" + $0 + "\n" }),
  ]

  static func read(_ bytes: [UInt8], piece: Int) -> PackerReport {
    var reader = PackerLogReader()
    for start in stride(from: 0, to: bytes.count, by: piece) {
      reader.read(Array(bytes[start..<min(bytes.count, start + piece)]))
    }
    return reader.finish()
  }

  @Test(arguments: samples, decorations.map(\.name)) func reads(_ sample: Sample, _ name: String) throws {
    let decoration = try #require(Self.decorations.first { $0.name == name })
    if name == "-timestamp-ui", sample.name == "machine-readable" { return }
    let lines = sample.log.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    // The first line says how lines end.
    let first = name == "GitLab, after a progress bar" ? Self.gitLab + "00O Running with gitlab-runner\n" : ""
    let text = first + lines.map { decoration.line(String($0)) }.joined()
    let whole = Self.read(Array(text.utf8), piece: text.utf8.count)
    // What stands in the middle of an unknown text or an error belongs to it.
    if name.hasSuffix("after a progress bar") || name == "among long lines" || name.hasSuffix("two pieces") {
      #expect(whole.outcome == sample.report.outcome)
      #expect(whole.builds.map(\.name) == sample.report.builds.map(\.name))
      return
    }
    #expect(whole == sample.report)
    #expect(Self.read(Array(text.utf8), piece: 7) == whole)
    for (mark, isBig) in [([0xFF, 0xFE] as [UInt8], false), ([0xFE, 0xFF], true)] {
      let wide =
        mark + text.utf16.flatMap { isBig ? [UInt8($0 >> 8), UInt8($0 & 255)] : [UInt8($0 & 255), UInt8($0 >> 8)] }
      #expect(Self.read(wide, piece: wide.count) == whole)
      #expect(Self.read(wide, piece: 3) == whole)
    }
  }

  @Test func twoRunsInOneLogAreSaid() throws {
    let failed = try #require(Self.samples.first { $0.name == "one build failed, one did not" })
    let good = try #require(Self.samples.first { $0.name.hasPrefix("vhd before") })
    let report = Self.read(Array((failed.log + good.log).utf8), piece: 100)
    #expect(report.runs == 2)
    #expect { try ArtifactChoice(report).reference(.vhd) } throws: {
      ($0 as? ArtifactChoice.Failure)?.help?.contains("2 runs of Packer") == true
    }
  }

  /// A mark is found wherever it stands between the steps of the search.
  @Test func findsMarksAtAnyPlace() {
    for padding in 0..<200 {
      let noise = String(repeating: "d,Bn-a", count: 40).prefix(padding)
      let log = "\(noise)\n==> Builds finished. The artifacts of successful builds are:\n--> a: b\n"
      #expect(Self.read(Array(log.utf8), piece: log.utf8.count).outcome == .success, "\(padding)")
    }
  }

  @Test(arguments: [
    ("UNKNOWN ID", WithheldText.unknown), ("https://***.blob/x", .masked), ("<sensitive>", .masked),
    ("[MASKED]/x", .masked), ("https://a/x.vhd", nil), ("***\u{301}", .masked),
  ]) func knowsWhatIsWithheld(_ text: String, _ expected: WithheldText?) { #expect(WithheldText(text) == expected) }
}

import KilnPlan
import KilnTesting
import Testing

@testable import KilnGeneration

/// What a machine does with a volume that is on a disk of its own.
struct MachineDiskTests {
  private func sample(_ app: String, _ components: String = "apache: {}") -> SampleWorkspace {
    SampleWorkspace(
      """
      runtime: {base: debian-12, components: {\(components)}}
      app: {source: ../apps/acme, port: 80, health: /health, volumes: {uploads: {path: /srv/uploads}}\(app)}
      machine: {disks: [uploads]}
      """)
  }

  private static let disk = "kiln-volume@uploads.service"

  /// Nothing of the app's starts without its disk, and so nothing is written to the folder below it.
  @Test(arguments: [
    ("", "apache: {}", "apache2.service.d/kiln-order.conf"),
    (", workers: {queue: {command: [php, w.php]}}", "apache: {}", "kiln-app-queue.service"),
    (", jobs: {tidy: {command: [php, t.php], schedule: \"0 3 * * *\"}}", "apache: {}", "kiln-app-tidy.service"),
    (", jobs: {migrate: {command: [php, m.php], run: before-deploy}}", "apache: {}", "kiln-app-migrate.service"),
    (", command: [node, server.js]", "nodejs: {}", "kiln-app.service"),
  ]) func everyUnitOfTheAppRequiresIt(_ app: String, _ components: String, _ unit: String) throws {
    let files = try sample(app, components).generated()
    let text = try #require(files["acme/packer/files/etc/systemd/system/\(unit)"], "\(files.keys.sorted())")
    for key in ["After", "Requires"] {
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("\(key)=") })
      #expect(line.split { " =".contains($0) }.contains { $0 == Self.disk })
    }
  }

  /// It fails where there is no disk, after it has tried to mount it, and gives it to the account where there is one.
  @Test func theDiskIsMountedBeforeItChangesHands() throws {
    let files = try sample("").generated()
    let unit = try #require(files["acme/packer/files/etc/systemd/system/kiln-volume_uploads.service"])
    let commands = unit.split(separator: "\n").filter { $0.hasPrefix("ExecStart=") }
    #expect(
      commands == [
        #"ExecStart=/bin/sh -c "mountpoint --quiet \"$$1\" || exec mount \"$$1\"" sh /srv/uploads"#,
        "ExecStart=chown www-data:www-data /srv/uploads", "ExecStart=chmod 0755 /srv/uploads",
      ])
    #expect(unit.contains("After=srv-uploads.mount\n") && !unit.contains("Requires="))
  }

  /// A bake has no disks: what serves is asked all the same, and what runs beside it waits.
  @Test func aBakeDoesWithout() throws {
    let workspace = sample(", workers: {queue: {command: [php, w.php]}}")
    let plan = try #require(workspace.plans.first, "\(workspace.problems)")
    let answers = MachineAnswers(plan, try #require(plan.machine), .systemd)
    #expect(answers.units == ["apache2"] && answers.enabled == ["kiln-app-queue.service"])
    #expect(answers.hasPages && answers.ports == [80])
    #expect(try workspace.generated()["acme/packer/acme.json"]?.contains("$SUDO touch /run/kiln-baking") == true)
  }
}

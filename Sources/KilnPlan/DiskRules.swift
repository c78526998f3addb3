import KilnDiagnostics
import KilnDocuments
import KilnSpec

/// Whether the volumes of a machine outlive its image.
enum DiskRules {
  /// What a label of an ext4 file system may have.
  private static let labelLimit = 16

  static func problems(_ machine: MachinePlan) -> [Diagnostic] {
    let volumes = machine.app?.spec.volumes ?? []
    let names = volumes.map(\.name.value)
    let disks = machine.spec.disks
    var found = disks.filter { !names.contains($0.value) }.map { disk in
      Diagnostic(
        "spec.machine-disk", "the app of the machine has no volume \"\(disk.value)\"", at: disk.location,
        suggestion: nearest(to: disk.value, among: names).map { "did you mean \"\($0)\"?" }
          ?? (names.isEmpty ? "describe it under the app's `volumes`" : "there are: \(Phrase.list(names))"))
    }
    for disk in disks where MachinePlan.label(of: disk.value).utf8.count > labelLimit {
      found.append(
        Diagnostic(
          "spec.machine-disk",
          "\"\(MachinePlan.label(of: disk.value))\" is too long for the label of a file system", at: disk.location,
          suggestion: "a volume on a disk of a machine has a name of at most 11 characters"))
    }
    for volume in volumes where !disks.contains(where: { $0.value == volume.name.value }) {
      found.append(
        Diagnostic(
          "spec.machine-disk",
          "a machine keeps the volume \"\(volume.name.value)\" on the disk that a new image replaces",
          severity: .warning, at: volume.name.location,
          suggestion:
            "attach a disk whose file system is labelled \(MachinePlan.label(of: volume.name.value)), and say so: machine: {disks: [\(volume.name.value)]}"
        ))
    }
    return found
  }
}

extension MachinePlan {
  /// By which a machine knows the disk of a volume.
  public static func label(of volume: String) -> String { "kiln-\(volume)" }

  /// Whether a volume of its app is on a disk of its own.
  public func hasDisk(for volume: String) -> Bool { spec.disks.contains { $0.value == volume } }
}

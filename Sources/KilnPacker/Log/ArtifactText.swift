/// The text of an artifact, `Artifact.String()` of its builder, and what it says.
struct ArtifactText {
  struct Line: Sendable {
    let text: String
    /// There may have been more of it: the log ends in it, or somebody's terminal broke it.
    var isBroken = false
  }

  enum Continuation {
    case yes, no, blank
    /// The rest of the line before, which lacks it then.
    case wrapped(isBroken: Bool)
  }

  private(set) var artifacts: [PackerArtifact] = []
  /// What stands where an artifact's URI or id belongs and is none, a line each.
  private(set) var refused: [String] = []

  private static let azure = "Azure.ResourceManagement.VMImage:"
  private static let amis = "AMIs were created:"

  /// Whether the text is of a builder whose form is known.
  static func isKnown(_ lines: [Line]) -> Bool { lines.first?.text == azure || lines.first?.text == amis }

  /// Whether `text` belongs to the block of `lines`.
  static func continues(_ lines: [Line], with text: String, wrapped: Bool) -> Continuation {
    guard let first = lines.first?.text, let last = lines.last else { return .no }
    if first == azure || first == amis, text.isEmpty {
      // A blank line follows the first, of AMIs in old versions; there is none among the others.
      return lines.count == 1 ? .blank : .no
    }
    if first == azure {
      if field(text) != nil { return .yes }
      // A long URI that somebody's terminal broke over two lines.
      guard lines.count > 1, !wrapped, !text.contains(" ") else { return .no }
      return .wrapped(isBroken: breaks(last.text, text))
    }
    if text.isEmpty { return .no }
    if first == amis { return ami(text) == nil ? .no : .yes }
    return docker(first) == nil ? .yes : .no
  }

  /// Whether `rest` can be the rest of the URI or id on `line`; what follows one that is whole cannot.
  private static func breaks(_ line: String, _ rest: String) -> Bool {
    guard let field = field(line), field.isReference, !rest.contains("`") else { return false }
    return ![".vhd", ".json"].contains { field.value.lowercased().hasSuffix($0) }
  }

  init(_ lines: [Line]) {
    var lines = lines.map { line in
      var text = line.text[...]
      while text.last == " " || text.last == "\r" { text.removeLast() }
      return Line(text: String(text), isBroken: line.isBroken)
    }[...]
    while let first = lines.first, first.text.isEmpty { lines.removeFirst() }
    guard let first = lines.first else { return }
    if first.text == Self.azure {
      readAzure(lines.compactMap(Self.field))
      return
    }
    if first.text == Self.amis {
      for line in lines { readAMI(line) }
      return
    }
    if let id = Self.docker(first.text) {
      if accepts("Docker image", id, first.isBroken, ArtifactReference.isDockerImage) {
        artifacts = [.dockerImage(id: id)]
      }
      return
    }
    while let last = lines.last, last.text.isEmpty { lines.removeLast() }
    let text = lines.map(\.text).joined(separator: "\n")
    if lines.last?.isBroken == true, lines.last?.text != "…" {
      refused.append("the artifact's text is cut off: \(Self.shown(text))")
    } else {
      artifacts = [.other(text: text)]
    }
  }

  private static func shown(_ text: String) -> String {
    let text = SASRedaction.redacted(String(text.prefix(300)))
    return "\"\(text)\""
  }

  private mutating func accepts(_ name: String, _ value: String, _ isBroken: Bool, _ isGood: (String) -> Bool) -> Bool {
    if !isBroken, isGood(value) { return true }
    refused.append(
      isBroken ? "\(name) is cut off: \(Self.shown(value))" : "\(name) names no artifact: \(Self.shown(value))")
    return false
  }

  private mutating func readAMI(_ line: Line) {
    guard let (region, id) = Self.ami(line.text),
      accepts("the AMI in \(region)", id, line.isBroken, ArtifactReference.isAMI)
    else { return }
    artifacts.append(.ami(region: region, id: id))
  }

  /// `region: ami-…`.
  private static func ami(_ line: String) -> (region: String, id: String)? {
    let parts = line.split(separator: ": ", maxSplits: 1)
    guard parts.count == 2, parts[1].hasPrefix("ami-"), !parts[0].contains(" ") else { return nil }
    return (String(parts[0]), String(parts[1]))
  }

  private static func docker(_ line: String) -> String? {
    let prefix = "Imported Docker image: "
    guard line.hasPrefix(prefix) else { return nil }
    return String(line.dropFirst(prefix.count).prefix { $0 != " " })
  }

  private struct Field {
    let key: String
    /// As in `datadisk-1`.
    let disk: String?
    let value: String
    var isBroken = false

    /// Whether its value is a URI or an id.
    var isReference: Bool {
      key.contains("Uri") || key == "ManagedImageId" || key == "ManagedImageSharedImageGalleryId"
    }
  }

  private static let keys: Set<String> = [
    "OSType", "StorageAccountLocation", "OSDiskUri", "OSDiskUriReadOnlySas", "VHDOSDiskUri", "TemplateUri",
    "TemplateUriReadOnlySas",
    "AdditionalDiskUri", "AdditionalDiskUriReadOnlySas", "ManagedImageResourceGroupName", "ManagedImageName",
    "ManagedImageId",
    "ManagedImageLocation", "ManagedImageOSDiskSnapshotName", "ManagedImageDataDiskSnapshotPrefix",
    "ManagedImageSharedImageGalleryId",
    "SharedImageGalleryResourceGroup", "SharedImageGalleryName", "SharedImageGalleryImageName",
    "SharedImageGalleryImageVersion",
    "SharedImageGalleryReplicatedRegions",
  ]

  private static func field(_ line: Line) -> Field? {
    guard var field = field(line.text) else { return nil }
    field.isBroken = line.isBroken
    return field
  }

  /// `Key: value` or `Key (datadisk-1): value` with a key of the plugin's.
  private static func field(_ line: String) -> Field? {
    guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let head = line[..<colon]
    let value = String(line[line.utf8.index(after: colon)...].drop { $0 == " " })
    let parts = head.split(separator: " (", maxSplits: 1)
    guard let key = parts.first, keys.contains(String(key)) else { return nil }
    if parts.count == 2 {
      guard parts[1].hasSuffix(")") else { return nil }
      return Field(key: String(key), disk: String(parts[1].dropLast()), value: value)
    }
    return Field(key: String(key), disk: nil, value: value)
  }

  /// The blocks of every era, side by side where the plugin prints several (2.5.0 and later).
  private mutating func readAzure(_ fields: [Field]) {
    func field(_ key: String) -> Field? { fields.first { $0.key == key && $0.disk == nil } }
    // What only goes with an artifact is left out when it is not whole.
    func value(_ key: String) -> String? { field(key).flatMap { $0.isBroken ? nil : $0.value } }
    func url(_ key: String) -> String? { value(key).flatMap { ArtifactReference.isURL($0) ? $0 : nil } }
    let osDisk = field("OSDiskUri")
    let isManaged = fields.contains { $0.key.hasPrefix("ManagedImage") || $0.key.hasPrefix("SharedImageGallery") }
    // Until 2.5.0 OSDiskUri is the captured VHD where there is a storage account, else a kept OS disk.
    let isLegacy = field("StorageAccountLocation") != nil || !isManaged
    let vhd = field("VHDOSDiskUri") ?? (isLegacy ? osDisk : nil)
    if let vhd, accepts(vhd.key, vhd.value, vhd.isBroken, ArtifactReference.isVHD) {
      var disks: [PackerArtifact.Disk] = []
      for disk in fields where disk.key == "AdditionalDiskUri" {
        let name = disk.disk ?? ""
        if accepts("AdditionalDiskUri (\(name))", disk.value, disk.isBroken, ArtifactReference.isVHD) {
          disks.append(.init(name: name, uri: disk.value))
        }
      }
      artifacts.append(
        .vhd(
          .init(
            osDiskUri: vhd.value, osDiskUriReadOnlySas: vhd.key == "OSDiskUri" ? url("OSDiskUriReadOnlySas") : nil,
            templateUri: url("TemplateUri"), templateUriReadOnlySas: url("TemplateUriReadOnlySas"),
            storageAccountLocation: value("StorageAccountLocation"), additionalDisks: disks)))
    }
    readManagedImage(field("ManagedImageId"), name: value("ManagedImageName")) {
      (value("ManagedImageResourceGroupName"), value("ManagedImageLocation"))
    }
    if let id = field("ManagedImageSharedImageGalleryId"),
      accepts(id.key, id.value, id.isBroken, ArtifactReference.isGalleryImage)
    {
      artifacts.append(.galleryImage(id: id.value))
    }
    if let osDisk, osDisk.value != vhd?.value,
      accepts(osDisk.key, osDisk.value, osDisk.isBroken, ArtifactReference.isDisk)
    {
      artifacts.append(.disk(osDiskUri: osDisk.value))
    }
  }

  /// An image of the first eras has a name and no id.
  private mutating func readManagedImage(
    _ id: Field?, name: String?, _ rest: () -> (group: String?, location: String?)
  ) {
    if let id, !accepts(id.key, id.value, id.isBroken, ArtifactReference.isManagedImage) { return }
    guard id != nil || name != nil else { return }
    let (group, location) = rest()
    artifacts.append(.managedImage(id: id?.value, name: name, resourceGroup: group, location: location))
  }
}

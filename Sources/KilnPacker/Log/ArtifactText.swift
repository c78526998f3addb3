/// The text of an artifact, `Artifact.String()` of its builder, and what it says.
enum ArtifactText {
  enum Continuation { case yes, no, wrapped }

  private static let azure = "Azure.ResourceManagement.VMImage:"
  private static let amis = "AMIs were created:"

  /// Whether the text is of a builder whose form is known.
  static func isKnown(_ lines: [String]) -> Bool { lines.first == azure || lines.first == amis }

  /// Whether `text` belongs to the block of `lines`.
  static func continues(_ lines: [String], with text: String, wrapped: Bool) -> Continuation {
    guard let first = lines.first else { return .no }
    if first == azure {
      // A blank line follows the first; the fields have none among them.
      if text.isEmpty { return lines.count == 1 ? .wrapped : .no }
      if field(text) != nil { return .yes }
      // A long URI that somebody's terminal broke over two lines.
      return lines.count > 1 && !wrapped && !text.contains(" ") ? .wrapped : .no
    }
    if text.isEmpty { return .no }
    if first == amis { return ami(text) == nil ? .no : .yes }
    return docker(first) == nil ? .yes : .no
  }

  static func artifacts(_ lines: [String]) -> [PackerArtifact] {
    let lines = lines.map { line in String(line.reversed().drop { $0 == " " || $0 == "\r" }.reversed()) }
    guard let first = lines.first(where: { !$0.isEmpty }) else { return [] }
    if first == azure { return azureArtifacts(lines.compactMap(field)) }
    if first == amis { return lines.compactMap(ami).map { .ami(region: $0.region, id: $0.id) } }
    if let id = docker(first) { return [.dockerImage(id: id)] }
    var text = lines[...]
    while let last = text.last, last.isEmpty { text.removeLast() }
    return [.other(text: text.joined(separator: "\n"))]
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

  /// `Key: value` or `Key (datadisk-1): value` with a key of the plugin's.
  private static func field(_ line: String) -> Field? {
    guard let colon = line.firstRange(of: ":") else { return nil }
    let head = line[..<colon.lowerBound]
    let value = String(line[colon.upperBound...].drop { $0 == " " })
    let parts = head.split(separator: " (", maxSplits: 1)
    guard let key = parts.first, keys.contains(String(key)) else { return nil }
    if parts.count == 2 {
      guard parts[1].hasSuffix(")") else { return nil }
      return Field(key: String(key), disk: String(parts[1].dropLast()), value: value)
    }
    return Field(key: String(key), disk: nil, value: value)
  }

  /// The blocks of every era, side by side where the plugin prints several (2.5.0 and later).
  private static func azureArtifacts(_ fields: [Field]) -> [PackerArtifact] {
    func value(_ key: String) -> String? { fields.first { $0.key == key && $0.disk == nil }?.value }
    var artifacts: [PackerArtifact] = []
    let disks = fields.filter { $0.key == "AdditionalDiskUri" }.map {
      PackerArtifact.Disk(name: $0.disk ?? "", uri: $0.value)
    }
    let osDisk = value("OSDiskUri")
    let isManaged = fields.contains { $0.key.hasPrefix("ManagedImage") || $0.key.hasPrefix("SharedImageGallery") }
    // Until 2.5.0 OSDiskUri is the captured VHD where there is a storage account, else a kept OS disk.
    let legacy = value("StorageAccountLocation") != nil || !isManaged
    let vhd = value("VHDOSDiskUri") ?? (legacy ? osDisk : nil)
    if let vhd {
      artifacts.append(
        .vhd(
          .init(
            osDiskUri: vhd, osDiskUriReadOnlySas: value("VHDOSDiskUri") == nil ? value("OSDiskUriReadOnlySas") : nil,
            templateUri: value("TemplateUri"), templateUriReadOnlySas: value("TemplateUriReadOnlySas"),
            storageAccountLocation: value("StorageAccountLocation"), additionalDisks: disks)))
    }
    if value("ManagedImageName") != nil || value("ManagedImageId") != nil {
      artifacts.append(
        .managedImage(
          id: value("ManagedImageId"), name: value("ManagedImageName"),
          resourceGroup: value("ManagedImageResourceGroupName"),
          location: value("ManagedImageLocation")))
    }
    if let id = value("ManagedImageSharedImageGalleryId") { artifacts.append(.galleryImage(id: id)) }
    if let osDisk, osDisk != vhd { artifacts.append(.disk(osDiskUri: osDisk)) }
    return artifacts
  }
}

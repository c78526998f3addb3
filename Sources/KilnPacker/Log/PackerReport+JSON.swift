public import KilnDocuments

extension PackerReport {
  /// The report as `kiln packer-log --format json` prints it.
  public var document: DocumentValue {
    [
      "schemaVersion": 1, "outcome": .string(outcome.rawValue),
      "builds": .list(
        builds.map { build in
          [
            "name": .string(build.name), "outcome": .string(build.outcome.rawValue), "error": .optional(build.error),
            "duration": .optional(build.duration), "artifacts": .list(build.artifacts.map(\.document)),
          ]
        }),
    ]
  }
}

extension PackerArtifact {
  /// The artifact with its kind; keys that the log does not tell are null.
  public var document: DocumentValue {
    switch self {
    case .vhd(let vhd):
      [
        "kind": .string(kind.rawValue), "osDiskUri": .string(vhd.osDiskUri),
        "osDiskUriReadOnlySas": .optional(vhd.osDiskUriReadOnlySas),
        "templateUri": .optional(vhd.templateUri), "templateUriReadOnlySas": .optional(vhd.templateUriReadOnlySas),
        "storageAccountLocation": .optional(vhd.storageAccountLocation),
        "additionalDisks": .list(vhd.additionalDisks.map { ["name": .string($0.name), "uri": .string($0.uri)] }),
      ]
    case .managedImage(let id, let name, let resourceGroup, let location):
      [
        "kind": .string(kind.rawValue), "id": .optional(id), "name": .optional(name),
        "resourceGroup": .optional(resourceGroup),
        "location": .optional(location),
      ]
    case .galleryImage(let id): ["kind": .string(kind.rawValue), "id": .string(id)]
    case .disk(let uri): ["kind": .string(kind.rawValue), "osDiskUri": .string(uri)]
    case .dockerImage(let id): ["kind": .string(kind.rawValue), "id": .string(id)]
    case .ami(let region, let id): ["kind": .string(kind.rawValue), "region": .string(region), "id": .string(id)]
    case .other(let text): ["kind": .string(kind.rawValue), "text": .string(text)]
    }
  }
}

extension DocumentValue {
  static func optional(_ text: String?) -> DocumentValue { text.map { .string($0) } ?? .null }
}

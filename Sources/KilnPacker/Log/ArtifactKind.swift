/// What an artifact of Packer's is; raw values are the names in specs, in JSON and on the command line.
public enum ArtifactKind: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  case vhd
  case managedImage = "managed-image"
  case galleryImage = "gallery-image"
  /// A kept OS disk, which is not what was captured.
  case disk
  case dockerImage = "docker-image"
  case ami
  /// What a builder that is not known leaves behind.
  case other

  public var description: String { rawValue }

  /// Whether it is used by the id of an image in Azure; a VHD is used by its URI.
  public var isAzureImage: Bool { self == .managedImage || self == .galleryImage }

  /// What a deployment can be given.
  public static let deployable = allCases.filter { $0 != .other }
}

extension ArtifactKind {
  /// What the URI or id of an image in Azure is of.
  public static func deployed(_ image: String) -> ArtifactKind {
    if image.lowercased().hasPrefix("https://") { return .vhd }
    return image.lowercased().contains("/galleries/") ? .galleryImage : .managedImage
  }
}

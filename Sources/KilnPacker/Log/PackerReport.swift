/// What a run of Packer came to, as read from what it printed.
public struct PackerReport: Sendable, Equatable {
  public enum Outcome: String, Sendable, Equatable {
    case success, failure
    /// The log stops before the summary.
    case unknown
  }

  public struct Build: Sendable, Equatable {
    public let name: String
    public var outcome: Outcome
    /// The error's text, lines joined by newlines.
    public var error: String?
    /// As Packer writes it, as in `4 minutes 33 seconds`.
    public var duration: String?
    public var artifacts: [PackerArtifact]
    /// What stands where an artifact's URI or id belongs and is none, a line each; the first twenty.
    public var refused: [String]

    public init(
      name: String, outcome: Outcome, error: String? = nil, duration: String? = nil, artifacts: [PackerArtifact] = [],
      refused: [String] = []
    ) {
      self.name = name
      self.outcome = outcome
      self.error = error
      self.duration = duration
      self.artifacts = artifacts
      self.refused = refused
    }
  }

  public var outcome: Outcome
  /// In the order in which the log first tells of each one's end.
  public var builds: [Build]
  /// How many runs of Packer the log tells the end of; results of several are not told apart.
  public var runs: Int

  public init(outcome: Outcome, builds: [Build], runs: Int = 1) {
    self.outcome = outcome
    self.builds = builds
    self.runs = runs
  }
}

/// What a build left behind.
public enum PackerArtifact: Sendable, Hashable {
  public struct Disk: Sendable, Hashable {
    /// As in `datadisk-1`.
    public let name: String
    public let uri: String

    public init(name: String, uri: String) {
      self.name = name
      self.uri = uri
    }
  }

  public struct VHD: Sendable, Hashable {
    /// The captured VHD: `OSDiskUri` before plugin 2.5.0, `VHDOSDiskUri` since.
    public var osDiskUri: String
    public var osDiskUriReadOnlySas: String?
    public var templateUri: String?
    public var templateUriReadOnlySas: String?
    public var storageAccountLocation: String?
    public var additionalDisks: [Disk]

    public init(
      osDiskUri: String, osDiskUriReadOnlySas: String? = nil, templateUri: String? = nil,
      templateUriReadOnlySas: String? = nil, storageAccountLocation: String? = nil, additionalDisks: [Disk] = []
    ) {
      self.osDiskUri = osDiskUri
      self.osDiskUriReadOnlySas = osDiskUriReadOnlySas
      self.templateUri = templateUri
      self.templateUriReadOnlySas = templateUriReadOnlySas
      self.storageAccountLocation = storageAccountLocation
      self.additionalDisks = additionalDisks
    }
  }

  case vhd(VHD)
  case managedImage(id: String?, name: String?, resourceGroup: String?, location: String?)
  case galleryImage(id: String)
  /// A kept OS disk, which is not what was captured.
  case disk(osDiskUri: String)
  case dockerImage(id: String)
  case ami(region: String, id: String)
  /// What a builder that is not known printed.
  case other(text: String)

  public var kind: ArtifactKind {
    switch self {
    case .vhd: .vhd
    case .managedImage: .managedImage
    case .galleryImage: .galleryImage
    case .disk: .disk
    case .dockerImage: .dockerImage
    case .ami: .ami
    case .other: .other
    }
  }

  /// The URI or id by which the artifact is used; nil when the log does not tell it.
  public var reference: String? {
    switch self {
    case .vhd(let vhd): vhd.osDiskUri
    case .managedImage(let id, _, _, _): id
    case .galleryImage(let id), .dockerImage(let id), .ami(_, let id): id
    case .disk(let uri): uri
    case .other(let text): text
    }
  }
}

public import SystemPackage

/// What a context is made from.
public struct ContextSource: Sendable {
  /// A folder whose contents are laid over those of the layers before it.
  public struct Layer: Sendable {
    public let folder: FilePath
    /// As messages call it.
    public let name: String
    /// Paths in it that are never taken, as the folder of what is built from it.
    public let leftOut: [String]

    public init(_ folder: FilePath, name: String? = nil, leftOut: [String] = []) {
      self.folder = folder
      self.name = name ?? folder.string
      self.leftOut = leftOut
    }
  }

  /// The source first; later ones win.
  public var layers: [Layer]
  public var ignore: IgnoreRules
  /// Files by path that are in no layer, or replace what is there; no rule leaves them out.
  public var files: [String: [UInt8]]
  public var tokens: ContextTokens?
  /// The folder of the context that the layers are put into; nil for its root. `files` are then beside it.
  public var folder: String?
  /// Whether a warning names what `Layer.leftOut` leaves out.
  public var reportsLeftOut = true
  /// Whether what is called `.git` is never taken, in any folder, nor `dist` of a workspace: the checkout's credentials may
  /// be in the one, and secrets of a deployment in the other.
  public var leavesPrivateOut = false

  public init(
    layers: [Layer], ignore: IgnoreRules = .none, files: [String: [UInt8]] = [:], tokens: ContextTokens? = nil,
    folder: String? = nil
  ) {
    self.layers = layers
    self.ignore = ignore
    self.files = files
    self.tokens = tokens
    self.folder = folder
  }

  /// A folder with the rules that the engine would use for it.
  public init(folder: FilePath, ignore: IgnoreRules = .none) { self.init(layers: [Layer(folder)], ignore: ignore) }

  /// Where an entry is in the archive.
  public func path(of entry: ContextEntry) -> [UInt8] {
    guard let folder, entry.layer != nil else { return entry.path }
    return entry.path.isEmpty ? Array(folder.utf8) : Array(folder.utf8) + [UInt8(ascii: "/")] + entry.path
  }
}

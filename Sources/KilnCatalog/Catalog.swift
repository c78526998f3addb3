/// The files that come with Kiln: bases, components, services, profiles, file templates and roles.
///
/// They are plain files under `templates/` and `playbooks/` in the repository and part of the
/// binary; nothing is read from disk at run time.
public struct Catalog: Sendable {
  /// A file of the catalog.
  public struct File: Sendable, Equatable {
    /// Path from the repository's root, as in `templates/components/php.yaml`.
    public let path: String
    public let text: String

    public init(path: String, text: String) {
      self.path = path
      self.text = text
    }
  }

  /// All files, sorted by the bytes of their path.
  public let files: [File]

  public init(files: [File]) {
    self.files = files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  /// The catalog that is part of this binary.
  public static let embedded = Catalog(
    files: EmbeddedCatalog.files.map { File(path: $0.path, text: $0.text) })

  /// The file at `path`, or nil.
  public func file(_ path: String) -> File? { files.first { $0.path == path } }

  /// The files directly in `folder`, given without a slash at its end.
  public func files(in folder: String) -> [File] {
    files.filter { $0.path.hasPrefix(folder + "/") && !$0.path.dropFirst(folder.count + 1).contains("/") }
  }
}

import KilnSpec

/// Where the versions of an image are: `[HOST[:PORT]/]PATH`, without tag and digest.
public struct ImageRepository: Sendable, Hashable, CustomStringConvertible {
  /// As in `registry.example.com:5000`; nil for names that an engine looks up on its own.
  public let registry: String?
  /// As in `kiln/runtime`.
  public let name: String

  /// - Parameter prefix: A registry, or a registry and the beginning of a path, without a slash at its end.
  init(_ name: String, below prefix: String? = nil) {
    let text = prefix.map { "\($0)/\(name)" } ?? name
    // Docker's rule: what is before the first slash is a host where no path could begin so.
    if let slash = text.firstIndex(of: "/"), Self.isHost(text[..<slash]) {
      registry = String(text[..<slash])
      self.name = String(text[text.index(after: slash)...])
    } else {
      registry = nil
      self.name = text
    }
  }

  /// An application's.
  static func app(_ name: String, of customer: String, below registry: String?) -> ImageRepository {
    ImageRepository("\(customer)/\(name)", below: registry)
  }

  static func service(_ name: String, of customer: String, below registry: String?) -> ImageRepository {
    ImageRepository("\(customer)/\(name)", below: registry)
  }

  /// That of all runtimes.
  static func runtimes(below registry: String?) -> ImageRepository {
    ImageRepository("kiln/runtime", below: registry)
  }

  /// That of the proxy on developers' machines, which no registry has.
  static let proxy = ImageRepository("kiln/proxy")

  private static func isHost(_ text: Substring) -> Bool {
    text == "localhost" || text.contains { $0 == "." || $0 == ":" }
  }

  public func tagged(_ tag: String) -> ImageReference { ImageReference(self, tag: tag) }

  public var description: String { registry.map { "\($0)/\(name)" } ?? name }
}

/// One version of an image: `[HOST[:PORT]/]PATH[:TAG][@DIGEST]`.
public struct ImageReference: Sendable, Hashable, CustomStringConvertible {
  public let repository: ImageRepository
  public let tag: String?
  /// As in `sha256:…`.
  public let digest: String?

  init(_ repository: ImageRepository, tag: String? = nil, digest: String? = nil) {
    self.repository = repository
    self.tag = tag
    self.digest = digest
  }

  /// Nil for text that names no image.
  public init?(_ text: String) {
    guard let first = text.utf8.first, StepText.isLetter(first) || StepText.isDigit(first), text.utf8.count <= 400,
      text.utf8.allSatisfy({ StepText.isLetter($0) || StepText.isDigit($0) || "._:/@-".utf8.contains($0) })
    else { return nil }
    var rest = text[...]
    var digest: String?
    if let at = rest.firstIndex(of: "@") {
      digest = String(rest[rest.index(after: at)...])
      rest = rest[..<at]
    }
    var tag: String?
    // A colon before the last slash is that of a port.
    if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
      tag = String(rest[rest.index(after: colon)...])
      rest = rest[..<colon]
    }
    guard !rest.isEmpty, rest.last != "/", tag?.isEmpty != true, digest?.isEmpty != true else { return nil }
    self.init(ImageRepository(String(rest)), tag: tag, digest: digest)
  }

  public var description: String {
    "\(repository)\(tag.map { ":\($0)" } ?? "")\(digest.map { "@\($0)" } ?? "")"
  }
}

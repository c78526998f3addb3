/// An image of a release, taken apart for reading.
package struct ReleaseImage: Sendable, Hashable {
  /// `REGISTRY/REPOSITORY`, without tag and digest.
  package let repository: String
  package let tag: String?
  /// As in `sha256:…`.
  package let digest: String?

  /// - Parameter reference: `REGISTRY/REPOSITORY:TAG@sha256:…`, tag and digest or neither.
  package init(_ reference: String) {
    let parts = reference.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    digest = parts.count > 1 ? String(parts[1]) : nil
    let name = parts.first ?? ""
    // A colon before the last slash is that of the registry's port.
    if let colon = name.lastIndex(of: ":"), !name[colon...].contains("/") {
      repository = String(name[..<colon])
      tag = String(name[name.index(after: colon)...])
    } else {
      repository = String(name)
      tag = nil
    }
  }

  /// The tag, else the first digits of the digest, else the name of an image in Azure.
  package var version: String {
    if let tag, !tag.isEmpty {
      // A digest is known by its beginning.
      return tag.count == 40 && tag.allSatisfy(\.isHexDigit) ? String(tag.prefix(12)) : tag
    }
    if let digest { return String(digest.split(separator: ":").last?.prefix(12) ?? "") }
    // A machine's image in Azure is called as its last part is.
    let isInAzure = repository.hasPrefix("/") || repository.hasPrefix("https://")
    return isInAzure ? repository.split(separator: "/").last.map(String.init) ?? "?" : "?"
  }
}

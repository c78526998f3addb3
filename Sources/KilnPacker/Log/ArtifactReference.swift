/// Which URIs and ids name an artifact of their kind. Anything else that stands in their place is no artifact: a log that
/// was cut short, or a text that is none of Packer's.
///
/// A value that the log masks, or that Packer did not know, is one: it is refused where it is used.
enum ArtifactReference {
  /// `https://HOST/…/NAME.vhd`, whatever the cloud's host, without regard to a query. Nothing in it has another meaning to
  /// a shell, to a template or in another part of a URL.
  static func isVHD(_ text: String) -> Bool { WithheldText(text) != nil || isURL(text, ending: ".vhd") }

  /// Any https URL, as of a template or with a signature.
  static func isURL(_ text: String) -> Bool { WithheldText(text) != nil || isURL(text, ending: "") }

  static func isManagedImage(_ text: String) -> Bool { isResource(text, ["images"]) }

  static func isGalleryImage(_ text: String) -> Bool { isResource(text, ["galleries", "images", "versions"]) }

  static func isDisk(_ text: String) -> Bool { isVHD(text) || isResource(text, ["disks"]) }

  /// `sha256:…` or `repository:tag`.
  static func isDockerImage(_ text: String) -> Bool {
    WithheldText(text) != nil || !text.isEmpty && text.utf8.allSatisfy { isWord($0) || ":/@".utf8.contains($0) }
  }

  static func isAMI(_ text: String) -> Bool {
    let id = text.utf8.dropFirst("ami-".utf8.count)
    return WithheldText(text) != nil || text.hasPrefix("ami-") && !id.isEmpty && id.allSatisfy(isWord)
  }

  private static func isURL(_ text: String, ending: String) -> Bool {
    let scheme = "https://"
    guard text.utf8.allSatisfy({ (0x21..<0x7F).contains($0) && !"\"'\\<>`#$()".utf8.contains($0) }),
      text.prefix(scheme.count).lowercased() == scheme, !hasEscapedControl(text)
    else { return false }
    let rest = text.utf8.dropFirst(scheme.utf8.count)
    guard let slash = rest.firstIndex(of: UInt8(ascii: "/")), slash > rest.startIndex,
      rest[..<slash].allSatisfy({ isWord($0) || "*:".utf8.contains($0) }), isPublicHost(rest[..<slash])
    else { return false }
    let path = rest[slash...].prefix { $0 != UInt8(ascii: "?") }
    guard !leavesItsFolder(String(decoding: path, as: UTF8.self)) else { return false }
    guard ending.isEmpty || path.count > ending.utf8.count + 1 else { return false }
    return String(decoding: path.suffix(ending.utf8.count), as: UTF8.self).lowercased() == ending
  }

  /// A name with a dot in it, as every storage account's has, or one that the log masks; a port may follow.
  private static func isPublicHost(_ text: Substring.UTF8View) -> Bool {
    let labels = text.prefix { $0 != UInt8(ascii: ":") }
      .split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    if text.contains(UInt8(ascii: "*")) { return true }
    return labels.count > 1 && labels.first?.isEmpty == false && labels.last?.isEmpty == false
  }

  /// Whether a part is `..`, also with escaped dots: what the URL names would be elsewhere.
  private static func leavesItsFolder(_ path: String) -> Bool {
    path.lowercased().replacing("%2e", with: ".").replacing("%2f", with: "/").split(separator: "/").contains("..")
  }

  /// `%00` to `%1f` and `%7f`: a line break for whoever decodes it.
  private static func hasEscapedControl(_ text: String) -> Bool {
    text.split(separator: "%").dropFirst(text.hasPrefix("%") ? 0 : 1).contains { part in
      guard part.utf8.count >= 2, let byte = UInt8(part.prefix(2), radix: 16) else { return false }
      return byte < 0x20 || byte == 0x7F
    }
  }

  /// `/subscriptions/…/resourceGroups/…/providers/Microsoft.Compute/` and each of `types` with a name.
  private static func isResource(_ text: String, _ types: [String]) -> Bool {
    if WithheldText(text) != nil { return true }
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return false }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    var fixed = ["subscriptions", nil, "resourcegroups", nil, "providers", "microsoft.compute"]
    for type in types { fixed += [type, nil] }
    guard parts.count == fixed.count + 1, parts[0].isEmpty else { return false }
    return zip(parts.dropFirst(), fixed).allSatisfy { part, word in
      word == nil ? !part.isEmpty : part.lowercased() == word
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || "-._".utf8.contains(byte)
  }
}

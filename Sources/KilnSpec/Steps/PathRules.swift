/// Rules for absolute paths in containers and machines.
package enum PathRules {
  /// Why `path` is not written as the one name of its file, or nil: what is not must not mean another folder somewhere.
  package static func problem(_ path: String) -> String? {
    guard path.hasPrefix("/") else { return "is not absolute" }
    let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    if parts.contains("..") { return "has .." }
    if parts.contains(".") { return "has . as a folder" }
    // What Linux takes (NAME_MAX and PATH_MAX): a longer one cannot be written into a context either.
    if parts.contains(where: { $0.utf8.count > 255 }) { return "has a name of more than 255 bytes" }
    if path.utf8.count > 4000 { return "has more than 4,000 bytes" }
    // A slash at the end says that it is a folder.
    if parts.dropLast().contains("") { return "has //" }
    return nil
  }

  /// What the kernel or the engine puts into every container: a folder there is hidden, or is no folder of an image.
  private static let mounted = ["/proc", "/sys", "/dev", "/run/secrets", "/var/run/secrets"]

  /// The folder of the kernel's or the engine's that `path` is, or is in; nil for none.
  package static func mounted(_ path: String) -> String? { mounted.first { path == $0 || path.hasPrefix($0 + "/") } }
}

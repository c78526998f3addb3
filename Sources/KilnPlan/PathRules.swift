/// Rules for absolute paths in containers and machines.
enum PathRules {
  /// Why `path` is not written as the one name of its file, or nil: what is not must not mean another folder somewhere.
  static func problem(_ path: String) -> String? {
    guard path.hasPrefix("/") else { return "is not absolute" }
    let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    if parts.contains("..") { return "has .." }
    if parts.contains(".") { return "has . as a folder" }
    // A slash at the end says that it is a folder.
    if parts.dropLast().contains("") { return "has //" }
    return nil
  }
}

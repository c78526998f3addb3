import KilnArtifacts
import KilnDiagnostics

/// Whether a context is what it was, told without reading its files.
///
/// It is over every path, type, size, inode and time of change. A file's contents cannot change without its time of change
/// (ctime), which programs cannot set back: so an equal fingerprint means equal contents, except where a file changed as
/// late as the fingerprint was taken, within the file system's clock. Such a context has no fingerprint.
public enum ContextFingerprint {
  /// - Parameter salt: What the result depends on besides the files.
  /// - Returns: 64 hexadecimal digits; nil where something changed just now.
  /// - Throws: As packing does.
  public static func of(_ source: ContextSource, salt: String) throws -> String? {
    let now = FileStatus.now
    var isSafe = true
    var text = Array(salt.utf8) + [0]
    var digest = StreamDigest()
    func add(_ bytes: [UInt8]) {
      text += bytes
      text.append(0)
      if text.count > 1 << 16 { flush() }
    }
    func flush() {
      text.withUnsafeBytes { digest.update($0) }
      text = []
    }
    for rule in source.ignore.rules { add(Array(rule.text.utf8)) }
    add(Array((source.folder ?? "").utf8))
    for name in source.tokens?.files ?? [] { add(Array(name.utf8)) }
    for (name, value) in (source.tokens?.values ?? [:]).sorted(by: { $0.key < $1.key }) {
      add(Array(name.utf8) + [0] + value)
    }
    var walk = ContextWalk(source) { entry, place in
      add(entry.path)
      switch entry.kind {
      case .directory: add([UInt8(ascii: "d")])
      case .symbolicLink(let target): add([UInt8(ascii: "l")] + target)
      case .contents(let bytes): add([UInt8(ascii: "c")] + bytes)
      case .file:
        guard let place else { return }
        let status = FileStatus(try place.folder.status(of: place.name))
        if !status.isSettled(at: now) { isSafe = false }
        add(Array("f \(status.text)".utf8))
      }
    }
    try walk.run()
    // Problems are for the packing to tell.
    guard isSafe, !walk.problems.hasErrors else { return nil }
    flush()
    return digest.hex
  }
}

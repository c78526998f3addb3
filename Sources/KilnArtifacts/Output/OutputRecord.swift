public import SystemPackage

/// By which unchanged output is recognised without generating or reading it: for each unit what its files depend on, and a
/// fingerprint of their status on disk. It is a hint for one machine: without it, or when it is old, files are compared.
public struct OutputRecord: Sendable {
  struct Line: Sendable, Equatable {
    let key: String
    /// 16 hexadecimal digits over the ledger's lines and every file's status.
    let fingerprint: String
  }

  /// A folder, and the record's path below it; no link is followed between them.
  let root: FilePath
  let path: String
  /// What else generated files depend on: another program's record is no use.
  let generator: String
  private(set) var lines: [String: Line] = [:]

  /// - Parameters:
  ///   - path: Relative to `root`.
  ///   - generator: The program that generates, down to its build.
  public init(_ path: String, below root: FilePath, generator: String) {
    self.root = root
    self.path = path
    self.generator = generator
    guard let top = try? OpenRoot.open(root, making: false), let bytes = try? FolderWalk(top).ownFile(path) else {
      return
    }
    lines = Self.lines(bytes, generator) ?? [:]
  }

  private static func header(_ generator: String) -> String { "kiln output record 1\t\(generator)" }

  /// `UNIT<TAB>KEY<TAB>FINGERPRINT` a line; nil when one is any other text.
  private static func lines(_ bytes: [UInt8], _ generator: String) -> [String: Line]? {
    guard bytes.last == 10 else { return nil }
    let rows = bytes.dropLast().split(separator: 10, omittingEmptySubsequences: false)
    guard let first = rows.first, first.elementsEqual(header(generator).utf8) else { return nil }
    var lines: [String: Line] = [:]
    lines.reserveCapacity(rows.count)
    for row in rows.dropFirst() {
      let parts = row.split(separator: 9, omittingEmptySubsequences: false)
      guard parts.count == 3, let unit = String(validating: parts[0], as: UTF8.self), RelativePath(unit) != nil,
        !parts[1].isEmpty, LedgerLine.isDigest(parts[2], count: 16),
        lines.updateValue(
          Line(key: String(decoding: parts[1], as: UTF8.self), fingerprint: String(decoding: parts[2], as: UTF8.self)),
          forKey: unit) == nil
      else { return nil }
    }
    return lines
  }

  /// Replaces the record on disk. One that cannot be written is gone: the next run compares.
  func write(_ lines: [String: Line], stop: OutputStop? = nil) {
    if lines == self.lines { return }
    let rows = lines.sorted { $0.key < $1.key }.map { "\($0.key)\t\($0.value.key)\t\($0.value.fingerprint)" }
    let text = ([Self.header(generator)] + rows).joined(separator: "\n") + "\n"
    guard let top = try? OpenRoot.open(root, making: true, stop: stop) else { return }
    let walk = FolderWalk(top)
    do { try walk.replace(path, Array(text.utf8)) } catch { try? walk.remove(path, expecting: nil) }
  }
}

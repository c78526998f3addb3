import KilnArtifacts
import KilnDiagnostics
import SystemPackage

extension ContextWalk {
  func conflict(_ path: [UInt8]) -> DiagnosticsError {
    DiagnosticsError([
      Diagnostic(
        "context.conflict", "\"\(String(decoding: path, as: UTF8.self))\" is a file here and a folder there",
        suggestion: "rename one of the two")
    ])
  }

  mutating func verdict(on path: [UInt8], in folder: Folder) throws -> IgnoreVerdict {
    do {
      let verdict = try source.ignore.verdict(on: path, in: folder.verdict)
      for index in verdict.matched { isUsed[index] = true }
      return verdict
    } catch { throw DiagnosticsError([error.diagnostic]) }
  }

  func canHold(_ name: [UInt8], in folder: Folder, _ verdict: IgnoreVerdict) -> Bool {
    source.ignore.canExcept(inside: folder.prefix + name, verdict)
  }

  /// Whether something in a folder that is left out is taken after all.
  mutating func holds(
    _ name: [UInt8], in folder: Folder, _ verdict: IgnoreVerdict, depth: Int = 1
  ) throws -> Bool {
    let child = try child(of: folder, name, verdict)
    guard depth > Self.openDepth else { return try holdsAny(child, depth) }
    try Self.suspend(folder, under: child)
    let isHeld = try holdsAny(child, depth)
    try Self.resume(folder, from: child)
    return isHeld
  }

  mutating func holdsAny(_ child: Folder, _ depth: Int) throws -> Bool {
    for item in try items(of: child) {
      let verdict = try self.verdict(on: child.prefix + item.name, in: child)
      if !verdict.isExcluded { return true }
      if item.kind.isDirectory, canHold(item.name, in: child, verdict),
        try holds(item.name, in: child, verdict, depth: depth + 1)
      {
        return true
      }
    }
    return false
  }

  mutating func tell(_ item: Item, _ matched: [Int], in folder: Folder) throws {
    guard let open = folder.parts.first(where: { $0.layer == item.layer })?.folder else { return }
    let path = folder.prefix + item.name
    let place = Place(folder: open, name: item.name, matched: matched)
    switch item.kind {
    case .directory: try visit(ContextEntry(path: path, kind: .directory, layer: item.layer), place)
    case .file: try visit(ContextEntry(path: path, kind: .file, layer: item.layer), place)
    case .symbolicLink:
      let target = try open.target(of: item.name)
      try visit(ContextEntry(path: path, kind: .symbolicLink(target: target), layer: item.layer), place)
    case .special(let what):
      problems.append(
        Diagnostic(
          "context.special", "\"\(String(decoding: path, as: UTF8.self))\" is \(what), which no archive can hold",
          suggestion: "leave it out with a line in the ignore file"))
    }
  }
}

extension Array {
  /// The first index whose element fits; elements that do come after those that do not.
  func partitioningIndex(where fits: (Element) -> Bool) -> Int { firstIndex(where: fits) ?? count }
}

extension OpenFolder.Kind {
  var isDirectory: Bool { if case .directory = self { true } else { false } }
}

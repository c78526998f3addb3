import KilnArtifacts
import KilnDiagnostics
import SystemPackage

/// Walks the layers of a context as one tree, in the order of path bytes, and tells every entry that goes in.
///
/// Only the folders that lead to the current entry are in memory. A folder that is left out is not walked, unless a rule
/// may take something in it after all.
struct ContextWalk {
  /// Where an entry is to be read.
  struct Place {
    let folder: OpenFolder
    let name: [UInt8]
    /// Which rules match it or a folder that it is in, also where a later one takes it after all.
    let matched: [Int]
  }

  /// A name in a folder, in one layer.
  struct Item {
    let name: [UInt8]
    let kind: OpenFolder.Kind
    let layer: Int
  }

  /// The same folder in each layer that has it.
  struct Folder {
    /// With a slash at its end; empty for the context's.
    let prefix: [UInt8]
    let parts: [(layer: Int, folder: OpenFolder)]
    let verdict: IgnoreVerdict
    /// Files of no layer that are in it or below, sorted.
    let extras: ArraySlice<Extra>
  }

  struct Extra {
    let path: [UInt8]
    let bytes: [UInt8]
  }

  enum Step {
    case entry(Item, matched: [Int])
    case extra(Extra)
    /// A folder that only the files of no layer need.
    case madeFolder(name: [UInt8])
    case descent(name: [UInt8], verdict: IgnoreVerdict)
  }

  /// A folder and how far it is done.
  struct Frame {
    let folder: Folder
    let steps: [Step]
    var next = 0
  }

  /// How many folders, one in the other, have a descriptor for each layer.
  static let openDepth = 64

  let source: ContextSource
  let visit: (ContextEntry, Place?) throws -> Void
  var problems: [Diagnostic] = []
  var isUsed: [Bool]
  /// Which rules decided or matched anything.
  var usedRules: Set<Int> { Set(isUsed.indices.filter { isUsed[$0] }) }

  init(_ source: ContextSource, visit: @escaping (ContextEntry, Place?) throws -> Void) {
    self.source = source
    self.visit = visit
    isUsed = Array(repeating: false, count: source.ignore.rules.count)
  }

  mutating func run() throws {
    let parts = try source.layers.enumerated().map { ($0.offset, try OpenFolder.open($0.element.folder)) }
    let extras = source.files.map { Extra(path: Array($0.key.utf8), bytes: $0.value) }
      .sorted { $0.path.lexicographicallyPrecedes($1.path) }
    guard let name = source.folder.map({ Array($0.utf8) }) else {
      return try walk(Folder(prefix: [], parts: parts, verdict: .root, extras: extras[...]))
    }
    // The layers are one folder among the files.
    let split = extras.partitioningIndex { name.lexicographicallyPrecedes($0.path) }
    for extra in extras[..<split] { try tell(extra) }
    try visit(ContextEntry(path: [], kind: .directory, layer: 0), nil)
    try walk(Folder(prefix: [], parts: parts, verdict: .root, extras: []))
    for extra in extras[split...] { try tell(extra) }
  }

  func tell(_ extra: Extra) throws {
    try visit(ContextEntry(path: extra.path, kind: .contents(extra.bytes), layer: nil), nil)
  }

  /// The names of all layers, the last one's where several have it.
  mutating func items(of folder: Folder) throws -> [Item] {
    var items: [Item] = []
    for (layer, open) in folder.parts {
      var own = try open.list().map { Item(name: $0.name, kind: $0.kind, layer: layer) }
      if source.leavesPrivateOut {
        own = try own.filter { try !isGit(folder, $0) }
        own = try withoutDist(own, of: folder, open)
      }
      let leftOut = source.layers[layer].leftOut
      items += leftOut.isEmpty ? own : try own.filter { try !isLeftOut(folder, $0, leftOut) }
    }
    guard folder.parts.count > 1 else { return items }
    items.sort { $0.name == $1.name ? $0.layer < $1.layer : $0.name.lexicographicallyPrecedes($1.name) }
    var merged: [Item] = []
    for item in items {
      if let last = merged.last, last.name == item.name {
        if last.kind.isDirectory != item.kind.isDirectory { reportConflict(folder, last, item) }
        merged.removeLast()
      }
      merged.append(item)
    }
    return merged
  }

  mutating func isLeftOut(_ folder: Folder, _ item: Item, _ leftOut: [String]) throws -> Bool {
    let path = folder.prefix + item.name
    guard leftOut.contains(where: { path.elementsEqual($0.utf8) }) else { return false }
    try reportLeftOut(path, in: folder)
    return true
  }

  /// The names without what Kiln leaves in a workspace, this one or another: there may be secrets in it.
  mutating func withoutDist(_ items: [Item], of folder: Folder, _ open: OpenFolder) throws -> [Item] {
    guard let dist = items.first(where: { $0.kind.isDirectory && $0.name.elementsEqual("dist".utf8) }) else {
      return items
    }
    let isWorkspace = items.contains { $0.name.elementsEqual("kiln.yaml".utf8) }
    // One that cannot be read, and that a rule leaves out, is no trouble here.
    let names = isWorkspace ? [] : (try? open.open(dist.name).list().map(\.name)) ?? []
    guard isWorkspace || names.contains(where: { name in Containment.marks.contains { name.elementsEqual($0.utf8) } })
    else { return items }
    try reportLeftOut(folder.prefix + dist.name, in: folder)
    return items.filter { $0.name != dist.name }
  }

  private mutating func reportLeftOut(_ path: [UInt8], in folder: Folder) throws {
    if source.reportsLeftOut, try !verdict(on: path, in: folder).isExcluded {
      problems.append(
        Diagnostic(
          "context.own-folder", "\"\(String(decoding: path, as: UTF8.self))\" is written by Kiln and left out",
          severity: .warning, suggestion: "a line in the ignore file says so to every other tool, too"))
    }
  }

  mutating func isGit(_ folder: Folder, _ item: Item) throws -> Bool {
    guard String(decoding: item.name, as: UTF8.self).lowercased() == ".git" else { return false }
    let path = folder.prefix + item.name
    if try !verdict(on: path, in: folder).isExcluded {
      problems.append(
        Diagnostic(
          "context.git",
          "\"\(String(decoding: path, as: UTF8.self))\" is Git's own and left out: it may hold credentials",
          severity: .warning, suggestion: "a line in the ignore file says so to every other tool, too"))
    }
    return true
  }

  mutating func reportConflict(_ folder: Folder, _ below: Item, _ above: Item) {
    let path = String(decoding: folder.prefix + below.name, as: UTF8.self)
    func what(_ item: Item) -> String { item.kind.isDirectory ? "a folder" : "a file" }
    problems.append(
      Diagnostic(
        "context.conflict",
        "\"\(path)\" is \(what(above)) in \(source.layers[above.layer].name) and \(what(below)) in \(source.layers[below.layer].name)",
        suggestion: "a layer replaces files by files; rename one of the two"))
  }

  mutating func walk(_ root: Folder) throws {
    var frames = [Frame(folder: root, steps: try steps(of: root))]
    while let frame = frames.last {
      let folder = frame.folder
      guard frame.next < frame.steps.count else {
        frames.removeLast()
        if let outer = frames.last { try Self.resume(outer.folder, from: folder) }
        continue
      }
      frames[frames.count - 1].next += 1
      switch frame.steps[frame.next] {
      case .entry(let item, let matched): try tell(item, matched, in: folder)
      case .extra(let extra): try tell(extra)
      case .madeFolder(let name):
        try visit(ContextEntry(path: folder.prefix + name, kind: .directory, layer: nil), nil)
      case .descent(let name, let verdict):
        let inner = try child(of: folder, name, verdict)
        frames.append(Frame(folder: inner, steps: try steps(of: inner)))
        if frames.count > Self.openDepth {
          let outer = frames.count - 1 - Self.openDepth
          try Self.suspend(frames[outer].folder, under: frames[outer + 1].folder)
        }
      }
    }
  }

  /// Gives back the descriptors of a folder, where the folder below can find it again.
  static func suspend(_ folder: Folder, under inner: Folder) throws {
    for (layer, open) in folder.parts where inner.parts.contains(where: { $0.layer == layer }) { try open.suspend() }
  }

  static func resume(_ folder: Folder, from inner: Folder) throws {
    for (layer, open) in folder.parts {
      if let part = inner.parts.first(where: { $0.layer == layer }) { try open.resume(from: part.folder) }
    }
  }

  func child(of folder: Folder, _ name: [UInt8], _ verdict: IgnoreVerdict) throws -> Folder {
    let prefix = folder.prefix + name + [UInt8(ascii: "/")]
    var parts: [(layer: Int, folder: OpenFolder)] = []
    for (layer, open) in folder.parts {
      do {
        parts.append((layer, try open.open(name)))
      } catch let error as FileSystemError where folder.parts.count > 1 && Self.isAbsent(error) {
        // A layer that has no such folder, or something else of that name, has no part in it.
      }
    }
    let extras = folder.extras.filter { $0.path.starts(with: prefix) }
    return Folder(prefix: prefix, parts: parts, verdict: verdict, extras: extras[...])
  }

  static func isAbsent(_ error: FileSystemError) -> Bool {
    [.noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels].contains(error.errno)
  }

  /// What to do in a folder, in the order of path bytes: what is in a folder comes at its name with a slash.
  mutating func steps(of folder: Folder) throws -> [Step] {
    var steps: [(key: [UInt8], step: Step)] = []
    var extraNames: [[UInt8]: Extra?] = [:]
    for extra in folder.extras {
      let rest = extra.path.dropFirst(folder.prefix.count)
      if let slash = rest.firstIndex(of: UInt8(ascii: "/")) {
        extraNames[Array(rest[..<slash])] = .some(nil)
      } else {
        extraNames[Array(rest)] = extra
      }
    }
    for item in try items(of: folder) {
      let path = folder.prefix + item.name
      let extra = extraNames.removeValue(forKey: item.name)
      if let extra, let file = extra {
        guard !item.kind.isDirectory else { throw conflict(path) }
        steps.append((item.name, .extra(file)))
        continue
      }
      let needsFolder = extra != nil
      if needsFolder, !item.kind.isDirectory { throw conflict(path) }
      let verdict = try verdict(on: path, in: folder)
      if item.kind.isDirectory {
        let isWalked = !verdict.isExcluded || needsFolder || canHold(item.name, in: folder, verdict)
        if try !verdict.isExcluded || needsFolder || isWalked && holds(item.name, in: folder, verdict) {
          steps.append((item.name, .entry(item, matched: verdict.matched)))
          steps.append((item.name + [UInt8(ascii: "/")], .descent(name: item.name, verdict: verdict)))
        }
      } else if !verdict.isExcluded {
        steps.append((item.name, .entry(item, matched: verdict.matched)))
      } else if case .special(let what) = item.kind {
        problems.append(
          Diagnostic(
            "context.special", "\"\(String(decoding: path, as: UTF8.self))\" is \(what) and left out",
            severity: .warning))
      }
    }
    for (name, extra) in extraNames {
      if let extra {
        steps.append((name, .extra(extra)))
      } else {
        steps.append((name, .madeFolder(name: name)))
        steps.append((name + [UInt8(ascii: "/")], .descent(name: name, verdict: .root)))
      }
    }
    return steps.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.step)
  }
}

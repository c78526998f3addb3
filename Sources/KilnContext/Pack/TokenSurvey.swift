public import KilnDiagnostics
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What packing would find in the files with tokens, without a walk through the context.
public struct TokenSurvey: Sendable {
  /// A listed file that is not in the context.
  public struct Missing: Sendable, Equatable {
    public let file: String
    /// Whether the ignore rules leave it out.
    public let isLeftOut: Bool
    /// One of a similar name in its folder.
    public let near: String?
  }

  /// A token that no value is given for.
  public struct Leftover: Sendable, Hashable {
    public let token: String
    public let location: SourceLocation
  }

  public private(set) var missing: [Missing] = []
  public private(set) var leftovers: [Leftover] = []
  /// Listed files that would become larger than 64 MiB.
  public private(set) var tooLarge: [String] = []
  /// Whether they would become larger than 256 MiB together.
  public private(set) var isTooLargeTogether = false
  /// Names of values whose tokens are in no file; none where a file could not be read.
  public private(set) var unused: [String] = []

  /// Larger files are read only when the context is packed.
  static let sizeLimit = 1 << 20
  /// Names of a folder that are compared with a wrong one.
  private static let nearLimit = 1000

  private enum Found {
    case text([UInt8], layer: Int)
    /// A link, a folder, or a file that is too large or cannot be read.
    case other(isFile: Bool)
    case nothing
  }

  public init(_ source: ContextSource) {
    guard let tokens = source.tokens else { return }
    var found: Set<String> = []
    var isWhole = true
    var produced = 0
    for file in tokens.files {
      if produced > TokenPass.totalLimit {
        isTooLargeTogether = true
        isWhole = false
        break
      }
      let names = file.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)
      let isPlain = !names.contains { $0.isEmpty || $0 == [0x2E] || $0 == [0x2E, 0x2E] }
      let verdict = try? source.ignore.verdict(on: Array(file.utf8))
      if verdict?.isExcluded == true {
        missing.append(Missing(file: file, isLeftOut: true, near: nil))
        continue
      }
      switch isPlain ? Self.look(names, in: source.layers) : .nothing {
      case .text(let bytes, let layer):
        let replacement = TokenReplacement(bytes, values: tokens.values)
        produced += replacement.bytes.count
        if replacement.isTooLarge {
          tooLarge.append(file)
          isWhole = false
          continue
        }
        found.formUnion(replacement.found)
        let place = source.layers[layer].name.isEmpty ? file : "\(source.layers[layer].name)/\(file)"
        leftovers += replacement.leftovers.map {
          Leftover(
            token: $0.token,
            location: SourceLocation(file: place, line: $0.line, column: $0.column, length: $0.token.count))
        }
      case .other(isFile: true): isWhole = false
      case .other, .nothing:
        missing.append(Missing(file: file, isLeftOut: false, near: isPlain ? Self.near(names, in: source.layers) : nil))
      }
    }
    guard isWhole, missing.isEmpty else { return }
    unused = tokens.values.keys.filter { !found.contains($0) }.sorted()
  }

  /// The last layer that has the name has its say.
  private static func look(_ names: [[UInt8]], in layers: [ContextSource.Layer]) -> Found {
    for (index, layer) in layers.enumerated().reversed() {
      if layer.leftOut.contains(where: {
        names.starts(with: $0.utf8.split(separator: UInt8(ascii: "/")).map(Array.init))
      }) {
        continue
      }
      guard let folder = folder(names.dropLast(), in: layer), let name = names.last,
        let status = try? folder.status(of: name)
      else { continue }
      guard status.st_mode & S_IFMT == S_IFREG else { return .other(isFile: false) }
      guard status.st_size <= sizeLimit, let bytes = try? read(name, Int(status.st_size), in: folder) else {
        return .other(isFile: true)
      }
      return .text(bytes, layer: index)
    }
    return .nothing
  }

  private static func folder(_ names: ArraySlice<[UInt8]>, in layer: ContextSource.Layer) -> OpenFolder? {
    guard var folder = try? OpenFolder.open(layer.folder) else { return nil }
    for name in names {
      guard let inner = try? folder.open(name) else { return nil }
      folder = inner
    }
    return folder
  }

  private static func read(_ name: [UInt8], _ size: Int, in folder: OpenFolder) throws -> [UInt8] {
    let file = FileDescriptor(rawValue: try folder.openFile(name))
    defer { try? file.close() }
    var bytes: [UInt8] = []
    // One more than there is: the next piece tells whether that was all.
    var piece = [UInt8](repeating: 0, count: min(max(size + 1, 1 << 12), 1 << 16))
    // A file that grows meanwhile is read as far as one that did not.
    while bytes.count <= sizeLimit {
      let count = try piece.withUnsafeMutableBytes { try file.read(into: $0) }
      if count == 0 { break }
      bytes += piece[..<count]
    }
    return bytes
  }

  private static func near(_ names: [[UInt8]], in layers: [ContextSource.Layer]) -> String? {
    guard let name = names.last else { return nil }
    let others = layers.flatMap { layer -> [String] in
      let entries = try? folder(names.dropLast(), in: layer)?.list()
      return (entries ?? []).prefix(nearLimit).compactMap { entry in
        if case .file = entry.kind { String(validating: entry.name, as: UTF8.self) } else { nil }
      }
    }
    guard let other = nearest(to: String(decoding: name, as: UTF8.self), among: others.sorted()) else { return nil }
    return (names.dropLast().map { String(decoding: $0, as: UTF8.self) } + [other]).joined(separator: "/")
  }
}

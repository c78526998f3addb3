/// Tokens `__NAME__` that are replaced while packing, only in the files listed.
public struct ContextTokens: Sendable, Equatable {
  /// Paths relative to the context.
  public let files: [String]
  /// Values by name; bytes arrive as they are.
  public let values: [String: [UInt8]]

  public init(files: [String], values: [String: [UInt8]]) {
    self.files = files
    self.values = values
  }
}

/// Replaces tokens in one file.
struct TokenReplacement {
  /// A token that no value is given for.
  struct Leftover: Equatable {
    let token: String
    let line: Int
    let column: Int
  }

  /// Constants of PHP's own, which look like tokens and are none.
  private static let constants: Set<String> = [
    "__CLASS__", "__DIR__", "__FILE__", "__FUNCTION__", "__LINE__", "__METHOD__", "__NAMESPACE__", "__PROPERTY__",
    "__TRAIT__",
  ]

  /// Of what a file becomes, bytes: more is no text that somebody reads.
  static let sizeLimit = 64 << 20
  /// More of one file tell nothing new.
  private static let leftoverLimit = 100

  private(set) var bytes: [UInt8] = []
  private(set) var found: Set<String> = []
  private(set) var leftovers: [Leftover] = []
  /// Whether the file would be larger than the limit; what comes of it is then incomplete.
  private(set) var isTooLarge = false

  init(_ text: [UInt8], values: [String: [UInt8]]) {
    bytes.reserveCapacity(text.count)
    var line = 1
    var lineStart = 0
    var at = 0
    while at < text.count {
      if let end = Self.token(in: text, at) {
        let name = String(decoding: text[(at + 2)..<(end - 2)], as: UTF8.self)
        if let value = values[name] {
          found.insert(name)
          guard bytes.count + value.count <= Self.sizeLimit else {
            isTooLarge = true
            return
          }
          bytes += value
          at = end
          continue
        }
        let token = "__\(name)__"
        if leftovers.count < Self.leftoverLimit, !Self.constants.contains(token) {
          let column = String(decoding: text[lineStart..<at], as: UTF8.self).unicodeScalars.count + 1
          leftovers.append(Leftover(token: token, line: line, column: column))
        }
        bytes += text[at..<end]
        at = end
        continue
      }
      if text[at] == 0x0A {
        line += 1
        lineStart = at + 1
      }
      bytes.append(text[at])
      at += 1
    }
  }

  /// Behind the token that begins at `start`: letters, digits, dots, hyphens and single underscores between two pairs of
  /// underscores, the first a letter or digit.
  private static func token(in text: [UInt8], _ start: Int) -> Int? {
    guard start + 4 < text.count, text[start] == underscore, text[start + 1] == underscore, isWord(text[start + 2]),
      start == 0 || text[start - 1] != underscore && !isWord(text[start - 1])
    else { return nil }
    var at = start + 2
    while at + 1 < text.count {
      if text[at] == underscore, text[at + 1] == underscore {
        // A third one would make the end unclear: the name takes it in.
        let isEnd = at + 2 >= text.count || text[at + 2] != underscore && !isWord(text[at + 2])
        return isEnd ? at + 2 : nil
      }
      guard text[at] == underscore || isWord(text[at]) || text[at] == UInt8(ascii: "-") || text[at] == UInt8(ascii: ".")
      else { return nil }
      at += 1
    }
    return nil
  }

  private static let underscore = UInt8(ascii: "_")

  private static func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
}

/// A unit file of systemd's: sections of settings, in the order in which they were given.
///
/// Source: systemd.syntax(7), systemd.service(5). Values are one line; what a user writes gets there by `command`, `path` and
/// `text`, which leave nothing of systemd's own syntax (`%`, `$`, quotes, backslashes) in force.
public struct SystemdUnit: Sendable, Hashable {
  /// The value of a setting.
  public struct Value: Sendable, Hashable, ExpressibleByStringLiteral {
    let source: String

    private init(source: String) { self.source = source }
    /// Kiln's own words.
    public init(stringLiteral value: StaticString) { source = value.description }

    /// Kiln's own words, made of names that rules allow.
    public static func name(_ text: String) -> Value { Value(source: text) }

    /// Text that is shown, as in `Description=`.
    public static func text(_ text: String) -> Value {
      Value(source: SystemdUnit.unspecified(SystemdUnit.oneLine(text)))
    }

    /// A program and its arguments: each is handed on as it is.
    public static func command(_ words: [String]) -> Value {
      Value(source: words.map(SystemdUnit.word).joined(separator: " "))
    }

    /// A path, for settings that take one and do not quote.
    public static func path(_ path: String) -> Value { Value(source: SystemdUnit.unspecified(path)) }

    /// Paths, for settings that take several.
    public static func paths(_ paths: [String]) -> Value {
      Value(source: paths.map { SystemdUnit.quoted(SystemdUnit.unspecified($0)) }.joined(separator: " "))
    }
  }

  private struct Section: Sendable, Hashable {
    let name: String
    var settings: [(name: String, value: Value)]

    static func == (one: Section, other: Section) -> Bool {
      one.name == other.name && one.settings.map(\.name) == other.settings.map(\.name)
        && one.settings.map(\.value) == other.settings.map(\.value)
    }
    func hash(into hasher: inout Hasher) { hasher.combine(name) }
  }

  private let header: [String]
  private var sections: [Section] = []

  public init(header: [String]) { self.header = header }

  public mutating func add(_ section: StaticString, _ settings: [(StaticString, Value)]) {
    sections.append(
      Section(name: section.description, settings: settings.map { ($0.0.description, $0.1) }))
  }

  public func render() -> String {
    let comments = header.map { "# \(Self.oneLine($0))\n" }.joined()
    let parts = sections.map { section in
      "[\(section.name)]\n" + section.settings.map { "\($0.name)=\($0.value.source)\n" }.joined()
    }
    return comments + parts.joined(separator: "\n")
  }

  /// `%` begins a specifier everywhere.
  private static func unspecified(_ text: String) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { out.append(contentsOf: scalar == "%" ? [scalar, scalar] : [scalar]) }
    return String(out)
  }

  private static func oneLine(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
  }

  /// A word of `ExecStart=`: `$` begins a variable there, also in quotes. Control characters as C writes them.
  private static func word(_ text: String) -> String { quoted(text, doubling: "%$") }

  private static func quoted(_ text: String, doubling doubled: StaticString = "") -> String {
    let doubled = Array(doubled.description.utf8)
    let isPlain = !text.isEmpty && text.utf8.allSatisfy(isPlain)
    var out = isPlain ? "" : "\""
    for byte in text.utf8 {
      if doubled.contains(byte) { out.unicodeScalars.append(UnicodeScalar(byte)) }
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): out += "\\" + String(UnicodeScalar(byte))
      case 0..<0x20, 0x7F...:
        let digits = String(byte, radix: 16)
        out += "\\x" + (digits.count == 1 ? "0" : "") + digits
      default: out.unicodeScalars.append(UnicodeScalar(byte))
      }
    }
    return isPlain ? out : out + "\""
  }

  /// What means nothing to systemd in a word, wherever it stands: `-`, `@`, `:`, `+`, `!` do, at the start of a program.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "/._-=,%$:".utf8.contains(byte)
    }
  }

  /// The name that a mount unit of a folder has, without `.mount`: systemd-escape(1) --path.
  public static func escaped(path: String) -> String {
    let parts = path.split(separator: "/").joined(separator: "/")
    if parts.isEmpty { return "-" }
    var out = ""
    for (index, byte) in parts.utf8.enumerated() {
      switch byte {
      case UInt8(ascii: "/"): out += "-"
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "_"):
        out.unicodeScalars.append(UnicodeScalar(byte))
      case UInt8(ascii: ".") where index > 0: out += "."
      default:
        let digits = String(byte, radix: 16)
        out += "\\x" + (digits.count == 1 ? "0" : "") + digits
      }
    }
    return out
  }
}

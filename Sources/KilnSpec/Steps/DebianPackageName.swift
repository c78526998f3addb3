/// What `packages` takes: `NAME`, `NAME:ARCHITECTURE`, either with `=VERSION`.
///
/// Names are Debian policy's (5.6.1), versions as well (5.6.12). apt-get reads a `-` at the end as "remove it" and, where no
/// package has that very name, a `+` as "install it", `/` as a release and `^` as a task: none of these is a package.
enum DebianPackageName {
  /// The rule that `text` breaks, or nil.
  static func problem(_ text: String) -> String? {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let names = parts[0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let isName =
      names[0].utf8.count >= 2 && names[0].utf8.allSatisfy { isNameByte($0) || "+-.".utf8.contains($0) }
      && (names[0].utf8.first.map(isNameByte) ?? false)
    guard isName, names.count == 1 || isArchitecture(names[1]) else {
      return "lower-case letters, digits and + - . inside; NAME, NAME:ARCHITECTURE, NAME=VERSION"
    }
    if names.contains(where: { $0.utf8.last == UInt8(ascii: "-") }) {
      return "a - at the end makes apt-get remove the package"
    }
    guard parts.count > 1 else { return nil }
    let version = parts[1].utf8
    guard let first = version.first, StepText.isDigit(first),
      version.allSatisfy({ StepText.isLetter($0) || StepText.isDigit($0) || ".+-:~".utf8.contains($0) })
    else { return "a version begins with a digit and has letters, digits and . + - : ~" }
    if version.last == UInt8(ascii: "-") || version.last == UInt8(ascii: "+") {
      return "a - or + at the end is an operation of apt-get's"
    }
    return nil
  }

  private static func isNameByte(_ byte: UInt8) -> Bool { StepText.isLower(byte) || StepText.isDigit(byte) }

  private static func isArchitecture(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { isNameByte($0) || $0 == UInt8(ascii: "-") }
  }
}

import Foundation

/// Reads rendered lines back by BuildKit's rules (`frontend/dockerfile/shell/lex.go`), independent of the renderer.
enum DockerfileLexer {
  struct Failure: Error {}

  /// The `NAME="value"`s of an ENV or LABEL line.
  static func assignments(_ line: String) throws -> [String: String] {
    // A line that ends in an odd number of backslashes goes on.
    let joined = line.replacing(" \\\n    ", with: " ")
    guard let space = joined.firstIndex(of: " ") else { throw Failure() }
    var rest = joined[joined.index(after: space)...].unicodeScalars[...]
    var found: [String: String] = [:]
    while let equals = rest.firstIndex(of: "=") {
      let name = String(rest[..<equals])
      rest = rest[rest.index(after: equals)...]
      guard rest.popFirst() == "\"" else { throw Failure() }
      var value = String.UnicodeScalarView()
      while let scalar = rest.popFirst(), scalar != "\"" {
        guard scalar == "\\" else {
          // An unescaped dollar would be expanded.
          if scalar == "$" { throw Failure() }
          value.append(scalar)
          continue
        }
        guard let next = rest.popFirst() else { throw Failure() }
        if !"\"\\$".unicodeScalars.contains(next) { value.append("\\") }
        value.append(next)
      }
      found[name] = String(value)
      while rest.first == " " || rest.first == "\n" { rest.removeFirst() }
    }
    return found
  }

  /// The JSON words of an exec form.
  static func words(_ line: String, after instruction: String) throws -> [String] {
    guard line.hasPrefix(instruction),
      let words = try JSONSerialization.jsonObject(with: Data(line.dropFirst(instruction.count).utf8)) as? [String]
    else { throw Failure() }
    return words
  }

  /// A COPY word once the builder has expanded it: a backslash makes the next character literal.
  static func expanded(_ word: String) -> String {
    var out = String.UnicodeScalarView()
    var rest = word.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      if scalar == "\\", let next = rest.popFirst() { out.append(next) } else { out.append(scalar) }
    }
    return String(out)
  }
}

/// What curl is asked, as its config file over standard input: neither the address nor what is sent is an argument, which
/// everybody on the machine could read.
///
/// Source: curl(1), "--config": between double quotes `\\`, `\"`, `\t`, `\n`, `\r` and `\v` are escapes.
package struct CurlConfig: Sendable {
  /// `-q` first: the user's own `.curlrc` changes nothing.
  package static let arguments = ["-q", "--config", "-"]
  /// Seconds for all of it.
  package static let timeout = 10

  /// Bytes of a line, with room for the option's name: curl before 8 takes 100 KiB (`MAX_CONFIG_LINE_LENGTH`).
  package static let lineLimit = 100_000

  private var lines: [String]

  /// Redirects are not followed, and nothing is printed but what `write-out` names and the page itself.
  /// - Parameter isDirect: Whether the user's proxy is left out, as for this machine.
  package init(url: String, protocols: String, isDirect: Bool) {
    lines = [
      "silent", "globoff", "connect-timeout = \(Self.timeout)", "max-time = \(Self.timeout)", "max-redirs = 0",
      "proto = \(Self.quoted("=" + protocols))", "user-agent = \"kiln\"",
    ]
    if isDirect { lines.append("noproxy = \"*\"") }
    add("url", url)
  }

  package mutating func add(_ option: String, _ value: String) { lines.append("\(option) = \(Self.quoted(value))") }

  package var bytes: [UInt8] { Array((lines.joined(separator: "\n") + "\n").utf8) }

  package static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": out += "\\\\"
      case "\"": out += "\\\""
      case "\t": out += "\\t"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\u{B}": out += "\\v"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}

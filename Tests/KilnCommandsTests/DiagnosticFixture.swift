import Foundation
import KilnDiagnostics
import SystemPackage
import Testing

@testable import KilnCommands

/// A workspace in one text file: `=== path` begins a file, `=== expected` what `kiln check` says.
///
/// `=== path (directory)`, `(hex)`, `(size)`, `(fifo)` and `(link)` make what text cannot: a folder, raw bytes, a file of zeros, a
/// FIFO, a link to what the text says. A line `3000 × text` stands for 3,000 lines.
struct DiagnosticFixture: Sendable, CustomTestStringConvertible {
  let id: String
  let files: [(path: String, text: String)]
  let expected: String

  var testDescription: String { id }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/diagnostics")

  static let all = all(in: folder)

  private let file: URL

  static func all(in folder: URL) -> [DiagnosticFixture] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".txt") }.sorted().compactMap {
      try? DiagnosticFixture(folder.appending(path: $0))
    }
  }

  init(_ file: URL) throws {
    self.file = file
    id = String(file.lastPathComponent.dropLast(4))
    let text = try String(contentsOf: file, encoding: .utf8)
    var sections: [(String, String)] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("=== ") {
        sections.append((String(line.dropFirst(4)), ""))
      } else if !sections.isEmpty {
        sections[sections.count - 1].1 += line + "\n"
      }
    }
    files = sections.filter { $0.0 != "expected" }.map { ($0.0, $0.1) }
    // The file's own last newline gives one empty line too many.
    expected = sections.first { $0.0 == "expected" }.map { String($0.1.dropLast()) } ?? ""
  }

  /// The lines of a section.
  func lines(of section: String) -> [String] {
    for (path, text) in files where path == section { return text.split(separator: "\n").map(String.init) }
    return []
  }

  /// Writes the workspace below `root`.
  func make(in root: URL) throws {
    for (name, text) in files {
      let parts = name.split(separator: " ")
      let url = root.appending(path: String(parts[0]))
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      switch parts.count > 1 ? parts[1] : "" {
      case "(directory)": try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      case "(hex)":
        let digits = Array(text.filter(\.isHexDigit))
        let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
          UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
        try Data(bytes).write(to: url)
      case "(fifo)": mkfifo(url.path, 0o600)
      case "(link)":
        try FileManager.default.createSymbolicLink(
          atPath: url.path, withDestinationPath: text.trimmingCharacters(in: .newlines))
      case "(size)":
        _ = FileManager.default.createFile(atPath: url.path, contents: nil)
        let handle = try FileHandle(forWritingTo: url)
        try handle.truncate(atOffset: UInt64(text.filter(\.isNumber)) ?? 0)
        try handle.close()
      default: try Self.repeated(text).write(to: url, atomically: false, encoding: .utf8)
      }
    }
  }

  private static func repeated(_ text: String) -> String {
    guard text.contains(" × ") else { return text }
    return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let parts = line.split(separator: " × ", maxSplits: 1)
      guard parts.count == 2, let number = Int(parts[0]) else { return String(line) }
      return Array(repeating: String(parts[1]), count: number).joined(separator: "\n")
    }.joined(separator: "\n")
  }

  /// Rewrites what is expected; the run fails all the same.
  func record(_ actual: String) throws {
    let text = try String(contentsOf: file, encoding: .utf8)
    let head = text.split(separator: "=== expected\n", maxSplits: 1, omittingEmptySubsequences: false)[0]
    try (head + "=== expected\n" + actual).write(to: file, atomically: true, encoding: .utf8)
  }
}

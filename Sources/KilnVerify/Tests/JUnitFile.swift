import KilnDiagnostics
import KilnDocuments

/// A JUnit file, as test tools write it: how many cases there were, and which failed.
///
/// Source: the elements `testsuite`, `testcase`, `failure`, `error` and `skipped` that Ant's task introduced; everything else
/// is passed over.
struct JUnitFile: Equatable {
  private(set) var cases = 0
  /// Cases with a `failure` or an `error`: their names, and what these say.
  private(set) var failed: [Case] = []

  struct Case: Equatable {
    let name: String
    /// Empty where the file says nothing.
    let message: String

    /// As in `Login: refuses: expected 200, got 500`, one line.
    var text: String { message.isEmpty ? name : "\(name): \(message)" }
  }

  /// Characters of a message: some tools put all that they know into it.
  private static let messageLimit = 300

  private(set) var skipped = 0

  /// Why a file is none.
  struct Problem: Error, Equatable { let message: String }

  init(_ bytes: [UInt8]) throws(Problem) {
    var reader = MarkupReader(bytes)
    var open: [String] = []
    var name = ""
    var isFailed = false
    var isRead = false
    // What suites say of themselves: some tools list no cases.
    var declared = 0
    while let tag = try reader.next() {
      if !isRead, !["testsuites", "testsuite"].contains(tag.name) {
        throw Problem(message: "it begins with <\(tag.name)>, not with <testsuites> or <testsuite>")
      }
      isRead = true
      switch tag.kind {
      case .start, .empty:
        switch tag.name {
        case "testsuites", "testsuite":
          let own = [tag["failures"], tag["errors"]].reduce(0) { $0 + (Int($1 ?? "") ?? 0) }
          declared = max(declared, own)
        case "testcase":
          cases += 1
          name = [tag["classname"], tag["name"]].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ": ")
          isFailed = false
        case "failure", "error":
          if open.last == "testcase", !isFailed {
            isFailed = true
            let words = (tag["message"] ?? "").split(whereSeparator: \.isWhitespace).joined(separator: " ")
            let cut = words.count > Self.messageLimit ? words.prefix(Self.messageLimit) + "…" : words[...]
            failed.append(.init(name: name.isEmpty ? "a case without a name" : name, message: String(cut)))
          }
        case "skipped": if open.last == "testcase" { skipped += 1 }
        default: break
        }
        if tag.kind == .start { open.append(tag.name) }
      case .end:
        guard open.popLast() == tag.name else { throw Problem(message: "</\(tag.name)> ends what is not open") }
      }
    }
    guard isRead else { throw Problem(message: "it has no element") }
    if cases == 0, declared == 0 { throw Problem(message: "it has no test case: nothing was tested") }
    if failed.isEmpty, declared > 0 {
      failed.append(.init(name: "a suite", message: "it counts \(Phrase.count(declared, "failure")) and lists none"))
    }
    if let last = open.last { throw Problem(message: "<\(last)> does not end: the file is cut off") }
  }
}

/// The tags of an XML document, without its text.
private struct MarkupReader {
  struct Tag {
    enum Kind { case start, end, empty }

    let kind: Kind
    let name: String
    let attributes: [(name: String, value: String)]

    subscript(name: String) -> String? { attributes.first { $0.name == name }?.value }
  }

  private let bytes: [UInt8]
  private var at = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func next() throws(JUnitFile.Problem) -> Tag? {
    while at < bytes.count {
      guard bytes[at] == UInt8(ascii: "<") else {
        at += 1
        continue
      }
      if starts("<!--") {
        try skip(past: "-->")
      } else if starts("<![CDATA[") {
        try skip(past: "]]>")
      } else if starts("<?") {
        try skip(past: "?>")
      } else if starts("<!") {
        try skip(past: ">")
      } else {
        return try tag()
      }
    }
    return nil
  }

  private func starts(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard at + count <= bytes.count else { return false }
    return (0..<count).allSatisfy { bytes[at + $0] == text.utf8Start[$0] }
  }

  private mutating func skip(past text: StaticString) throws(JUnitFile.Problem) {
    while at < bytes.count, !starts(text) { at += 1 }
    guard at < bytes.count else { throw .init(message: "it is cut off") }
    at += text.utf8CodeUnitCount
  }

  private mutating func tag() throws(JUnitFile.Problem) -> Tag {
    at += 1
    let isEnd = at < bytes.count && bytes[at] == UInt8(ascii: "/")
    if isEnd { at += 1 }
    let name = word()
    guard !name.isEmpty else { throw .init(message: "a tag has no name") }
    var attributes: [(String, String)] = []
    while true {
      blanks()
      guard at < bytes.count else { throw .init(message: "<\(name)> does not end: the file is cut off") }
      if bytes[at] == UInt8(ascii: ">") {
        at += 1
        return Tag(kind: isEnd ? .end : .start, name: name, attributes: attributes)
      }
      if starts("/>") {
        at += 2
        return Tag(kind: .empty, name: name, attributes: attributes)
      }
      let key = word()
      blanks()
      guard !key.isEmpty, at < bytes.count, bytes[at] == UInt8(ascii: "=") else {
        throw .init(message: "<\(name)> has an attribute without a value")
      }
      at += 1
      blanks()
      attributes.append((key, try value(of: key, in: name)))
    }
  }

  private mutating func value(of key: String, in tag: String) throws(JUnitFile.Problem) -> String {
    guard at < bytes.count, [UInt8(ascii: "\""), UInt8(ascii: "'")].contains(bytes[at]) else {
      throw .init(message: "\(key) of <\(tag)> has no quotes")
    }
    let quote = bytes[at]
    at += 1
    let start = at
    while at < bytes.count, bytes[at] != quote { at += 1 }
    guard at < bytes.count else { throw .init(message: "<\(tag)> does not end: the file is cut off") }
    defer { at += 1 }
    var text = String(decoding: bytes[start..<at], as: UTF8.self)
    for (name, letter) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")] {
      text = text.replacing(name, with: letter)
    }
    return text
  }

  private mutating func word() -> String {
    let start = at
    while at < bytes.count, !" \t\r\n=/>".utf8.contains(bytes[at]) { at += 1 }
    return String(decoding: bytes[start..<at], as: UTF8.self)
  }

  private mutating func blanks() {
    while at < bytes.count, " \t\r\n".utf8.contains(bytes[at]) { at += 1 }
  }
}

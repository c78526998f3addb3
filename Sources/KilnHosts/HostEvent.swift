package import KilnDocuments

/// What Ansible says that it does: a line of the callback plugin `playbooks/callback_plugins/kiln.py`.
package enum HostEvent: Sendable, Equatable {
  package enum Status: String, Sendable { case ok, changed, failed, unreachable, ignored }

  package struct Result: Sendable, Equatable {
    package let host: String
    /// Empty for tasks outside roles.
    package let role: String
    package let task: String
    package let status: Status
    /// Why it failed; empty for others.
    package let message: String
  }

  /// How many tasks of a host ended how.
  package struct Counts: Sendable, Equatable {
    package let ok: Int
    package let changed: Int
    package let failed: Int
    package let unreachable: Int
  }

  case task(role: String, name: String)
  case result(Result)
  /// An entry of a task's list that failed.
  case item(host: String, name: String, message: String)
  case difference(host: String, role: String, task: String, text: String)
  /// A value that a task prints.
  case report(host: String, task: String, value: DocumentValue)
  case end([String: Counts])

  private static let mark = "kiln "

  /// Nil for a line that is none of the plugin's.
  package init?(line: String) {
    guard line.hasPrefix(Self.mark), let value = try? JSONReader.read(String(line.dropFirst(Self.mark.count))) else {
      return nil
    }
    func text(_ key: String) -> String { value[key]?.textValue ?? "" }
    switch text("event") {
    case "task": self = .task(role: text("role"), name: text("task"))
    case "result":
      guard let status = Status(rawValue: text("status")) else { return nil }
      self = .result(
        .init(
          host: text("host"), role: text("role"), task: text("task"), status: status, message: text("message")))
    case "item": self = .item(host: text("host"), name: text("item"), message: text("message"))
    case "diff": self = .difference(host: text("host"), role: text("role"), task: text("task"), text: text("text"))
    case "report": self = .report(host: text("host"), task: text("task"), value: value["value"] ?? .null)
    case "stats":
      var counts: [String: Counts] = [:]
      for (host, one) in value["hosts"]?.members.pairs ?? [] {
        func number(_ key: String) -> Int { one[key]?.integerValue ?? 0 }
        counts[host] = Counts(
          ok: number("ok"), changed: number("changed"), failed: number("failures"), unreachable: number("unreachable"))
      }
      self = .end(counts)
    default: return nil
    }
  }
}

/// Lines of what a program prints, however it is cut.
struct LineSplitter {
  /// Bytes; what is longer is no line of Kiln's.
  private static let limit = 32 << 20
  private var pending: [UInt8] = []

  /// The lines that are whole now.
  mutating func add(_ bytes: UnsafeRawBufferPointer) -> [String] {
    var lines: [String] = []
    var start = bytes.startIndex
    while let end = bytes[start...].firstIndex(of: 0x0A) {
      pending += bytes[start..<end]
      lines.append(String(decoding: pending, as: UTF8.self))
      pending.removeAll(keepingCapacity: true)
      start = end + 1
    }
    pending += bytes[start...]
    if pending.count > Self.limit { pending.removeAll() }
    return lines
  }

  mutating func finish() -> String? {
    defer { pending = [] }
    return pending.isEmpty ? nil : String(decoding: pending, as: UTF8.self)
  }
}

import KilnArtifacts
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What is in a staged tree, in the order of its walk.
struct StageRecords: Equatable {
  enum Kind: String { case folder = "d", link = "l", file = "f", executable = "x" }

  struct Record: Equatable {
    let kind: Kind
    let path: [UInt8]
    /// A file's SHA-256, hexadecimal; a link's target.
    let content: [UInt8]
    /// A file's size.
    let size: Int
    /// Of the source when it was read; empty where it may have changed at once.
    var status = ""
    /// When the staged file was last changed (ctime), nanoseconds since 1970; 0 where that is not known.
    var changed = 0
  }

  var records: [Record] = []
  private var stream = StreamDigest()

  /// SHA-256 over every path, type, executable bit and content.
  var digest: String { stream.hex }

  init() {}

  mutating func add(_ record: Record) {
    records.append(record)
    (Array("\(record.kind.rawValue)\0".utf8) + record.path + [0] + record.content + [0]).withUnsafeBytes {
      stream.update($0)
    }
  }

  private static let version = Array("kiln-stage-2".utf8)
  private static let sizeLimit = 1 << 30

  /// What cannot be read is nothing: everything is then read again.
  init(reading file: FilePath) {
    guard let bytes = try? RegularFile.read(file, limit: Self.sizeLimit, following: .refused) else { return }
    let fields = bytes.split(separator: 0, omittingEmptySubsequences: false)
    guard fields.first.map(Array.init) == Self.version else { return }
    var at = 1
    while at + 6 <= fields.count {
      let field = fields[at..<at + 6].map { Array($0) }
      guard let kind = Kind(rawValue: String(decoding: field[0], as: UTF8.self)),
        let size = Int(String(decoding: field[1], as: UTF8.self)),
        let changed = Int(String(decoding: field[4], as: UTF8.self))
      else { return }
      add(
        Record(
          kind: kind, path: field[5], content: field[3], size: size, status: String(decoding: field[2], as: UTF8.self),
          changed: changed))
      at += 6
    }
  }

  var bytes: [UInt8] {
    var out = Self.version + [0]
    for record in records {
      out += "\(record.kind.rawValue)\0\(record.size)\0\(record.status)\0".utf8
      out += record.content
      out += "\0\(record.changed)\0".utf8
      out += record.path
      out.append(0)
    }
    return out
  }

  /// With what `other` noted of the files that both have.
  func withChangeTimes(of other: StageRecords) -> StageRecords {
    let known = Dictionary(other.records.map { ($0.path, $0) }) { $1 }
    var result = self
    for index in result.records.indices {
      let record = result.records[index]
      guard let noted = known[record.path], noted.content == record.content else { continue }
      result.records[index].changed = noted.changed
    }
    return result
  }

  static func == (one: Self, other: Self) -> Bool { one.records == other.records }
}

extension StageRecords.Record {
  var isFile: Bool { kind == .file || kind == .executable }

  /// Of the staged file: equal times for other contents would give a stale file.
  var time: timespec { StageKey.own.time(of: content) }

  /// Every link has one time.
  static var linkTime: timespec { timespec(tv_sec: 0x2000_0000, tv_nsec: 0) }

  var mode: mode_t { kind == .executable ? 0o755 : 0o644 }

  /// Whether `status` is that of the file as it was staged.
  func fits(_ status: stat) -> Bool {
    guard status.st_mode & S_IFMT == S_IFREG else { return false }
    let own = FileStatus(status)
    return own.size == size && own.modified == FileStatus.nanoseconds(time) && own.mode & 0o777 == Int(mode)
  }
}

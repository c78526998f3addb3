import KilnArtifacts
import KilnDiagnostics
import SystemPackage

/// One answer, or the lack of it, as JMeter noted it.
struct LoadSample: Sendable, Hashable {
  /// When it was asked, in milliseconds since 1970.
  let begin: Int
  /// Milliseconds until the whole answer was there.
  let elapsed: Int
  /// What the plan calls the request.
  let label: String
  /// As in `200`, or the name of a Java exception.
  let status: String
  /// Why it is an error; empty where JMeter says no more.
  let message: String
  let isSuccess: Bool
  /// Whether it is several others together, which have lines of their own.
  let isTransaction: Bool

  var end: Int { begin + elapsed }
}

/// Reads what JMeter wrote, of any version: columns are found by their names.
///
/// Source: JMeter's `CSVSaveService` and `TransactionController`.
struct SampleReader {
  private struct Columns {
    let count: Int
    let begin: Int
    let elapsed: Int
    let label: Int
    let status: Int?
    let message: Int?
    let failure: Int?
    let success: Int

    /// Nil for a record that is no header.
    init?(_ record: [String]) {
      func index(_ name: String) -> Int? { record.firstIndex(of: name) }
      guard let begin = index("timeStamp"), let elapsed = index("elapsed"), let label = index("label"),
        let success = index("success")
      else { return nil }
      count = record.count
      self.begin = begin
      self.elapsed = elapsed
      self.label = label
      self.success = success
      status = index("responseCode")
      message = index("responseMessage")
      failure = index("failureMessage")
    }
  }

  private static let transaction = "Number of samples in transaction"

  private let file: FilePath

  init(_ file: FilePath) { self.file = file }

  /// Calls `body` with each sample. A last line that JMeter did not finish is left out.
  /// - Throws: `load.results` for a file that JMeter has not written so, `FileSystemError`.
  func read(_ body: (LoadSample) throws -> Void) throws {
    let descriptor = try RegularFile.open(file, following: .refused).descriptor
    defer { try? descriptor.close() }
    var reader = CSVReader()
    var columns: Columns?
    var line = 0
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      let count: Int
      do { count = try descriptor.read(into: buffer) } catch let error as Errno {
        throw FileSystemError("read", file, error)
      }
      if count == 0 { return }
      try reader.read(UnsafeRawBufferPointer(rebasing: buffer[..<count])) { record in
        line += 1
        // JMeter writes it again where it goes on with a file.
        if let header = Columns(record) {
          columns = header
          return
        }
        guard let columns, let sample = Self.sample(record, columns) else {
          throw CommandError(
            "load.results", "record \(line) of \(file) is no sample of JMeter's",
            help: "its file needs the columns timeStamp, elapsed, label and success")
        }
        try body(sample)
      }
    }
  }

  private static func sample(_ record: [String], _ columns: Columns) -> LoadSample? {
    guard record.count == columns.count, let begin = Int(record[columns.begin]),
      let elapsed = Int(record[columns.elapsed]), times.contains(begin), spans.contains(elapsed)
    else { return nil }
    let message = columns.message.map { record[$0] } ?? ""
    let failure = columns.failure.map { record[$0] } ?? ""
    return LoadSample(
      begin: begin, elapsed: elapsed, label: record[columns.label], status: columns.status.map { record[$0] } ?? "",
      message: failure.isEmpty ? message : failure, isSuccess: record[columns.success] == "true",
      isTransaction: message.hasPrefix(transaction))
  }

  /// Milliseconds that calculations do not overflow with.
  private static let times = 0...253_402_300_799_000
  private static let spans = 0...1_000_000_000
}

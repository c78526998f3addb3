import Foundation
import KilnDiagnostics
import KilnTesting
import SystemPackage
import Testing

@testable import KilnLoad

struct SampleReaderTests {
  private func samples(_ text: String) throws -> [LoadSample] {
    try withFolder { folder in
      try write(["results.jtl": text], in: folder)
      var samples: [LoadSample] = []
      try SampleReader(FilePath(folder.path).appending("results.jtl")).read { samples.append($0) }
      return samples
    }
  }

  private static let old =
    "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,bytes,grpThreads,allThreads,Latency\n"
  private static let new =
    "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n"

  @Test func readsBothGenerationsOfColumns() throws {
    let of2 = try samples(Self.old + "1795771532120,12,GET /,200,OK,Users 1-1,text,true,100,1,1,11\n")
    #expect(
      of2 == [
        LoadSample(
          begin: 1_795_771_532_120, elapsed: 12, label: "GET /", status: "200", message: "OK", isSuccess: true,
          isTransaction: false)
      ])
    let of5 = try samples(
      Self.new
        + "1795771532120,12,GET /,302,Found,Users 1-1,text,false,\"Test failed: code expected to match /2[0-9][0-9]/\",100,80,1,1,http://h/,11,0,2\n"
    )
    #expect(of5.map(\.message) == ["Test failed: code expected to match /2[0-9][0-9]/"])
    #expect(of5.map(\.isSuccess) == [false])
  }

  @Test func quotesCommasAndLineBreaksAreInTheirFields() throws {
    let label = "a \"quoted\", and\nbroken\r\nlabel"
    let quoted = "\"" + label.replacing("\"", with: "\"\"") + "\""
    let found = try samples(
      Self.old + "1,2,\(quoted),200,\"\",t,text,true,1,1,1,1\r\n" + "3,4,,200,OK,t,text,false,1,1,1,1\r\n")
    #expect(found.map(\.label) == [label, ""])
    #expect(found.map(\.begin) == [1, 3])
  }

  @Test func aLastLineThatIsCutOffIsLeftOut() throws {
    let whole = Self.old + "1,2,a,200,OK,t,text,true,1,1,1,1\n"
    for rest in ["3", "3,4,b,200,OK,t,text,true,1,1,1,1", "3,4,\"b\n", "3,4,\"b\"\"", ","] {
      #expect(try samples(whole + rest).map(\.label) == ["a"], "\(rest)")
    }
  }

  /// A piece may end anywhere, between two quotes and within a character.
  @Test func piecesEndAnywhere() {
    let bytes = Array("a,\"b\"\"é\n,\",c\r\n\n\"\",x\"y\n".utf8)
    for size in 1...bytes.count {
      var reader = CSVReader()
      var records: [[String]] = []
      var start = 0
      while start < bytes.count {
        let piece = Array(bytes[start..<min(start + size, bytes.count)])
        piece.withUnsafeBytes { reader.read($0) { records.append($0) } }
        start += size
      }
      #expect(records == [["a", "b\"é\n,", "c"], ["", "x\"y"]], "\(size)")
      #expect(!reader.isCutOff)
    }
  }

  @Test func theHeaderMayComeAgain() throws {
    let line = "1,2,a,200,OK,t,text,true,1,1,1,1\n"
    #expect(
      try samples(Self.old + line + Self.new + "1,2,b,200,OK,t,text,true,,1,1,1,1,u,1,0,0\n").map(\.label) == [
        "a", "b",
      ])
  }

  @Test(arguments: [
    ("no header", "1,2,a,200,OK,t,text,true,1,1,1,1\n"),
    ("a column too few", old + "1,2,a,200,OK,t,text,true,1,1,1\n"),
    ("a time that is none", old + "x,2,a,200,OK,t,text,true,1,1,1,1\n"),
    ("a span that is none", old + "1,-2,a,200,OK,t,text,true,1,1,1,1\n"),
    ("XML", "<?xml version=\"1.0\"?>\n<testResults>\n"),
  ])
  func refuses(_ name: String, _ text: String) throws {
    let error = #expect(throws: CommandError.self) { try samples(text) }
    #expect(error?.diagnostics.map(\.id) == ["load.results"])
  }

  @Test func aTransactionIsNoRequest() throws {
    let found = try samples(
      Self.old
        + "1,2,a,200,OK,t,text,true,1,1,1,1\n"
        + "1,2,Checkout,200,\"Number of samples in transaction : 2, number of failing samples : 0\",t,,true,1,1,1,1\n")
    #expect(found.map(\.isTransaction) == [false, true])
    var measurement = LoadMeasurement(begin: 0, rampUp: 0)
    for sample in found { measurement.add(sample) }
    #expect(measurement.total.count == 1 && measurement.labels.keys.sorted() == ["Checkout", "a"])
  }
}

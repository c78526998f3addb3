import Foundation
import KilnAzure
import KilnDiagnostics
import Testing

/// Parameter files that nobody here wrote, where the corpus is there; skipped by name where it is not.
struct ParameterCorpusTests {
  static let folder: URL = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
    let corpora =
      ProcessInfo.processInfo.environment["KILN_CORPORA"].map { URL(filePath: $0) }
      ?? root.appending(path: "../shared/corpora").standardized
    return corpora.appending(path: "arm-parameters")
  }()

  static let names: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).filter {
    $0 != "index.json" && $0.hasSuffix(".json")
  }.sorted()

  /// Adds a parameter and takes the addition away again: the file is what it was, to the byte.
  @Test(.enabled(if: !names.isEmpty, "the corpus arm-parameters is not there"), arguments: names)
  func everyByteOutsideTheChangeStays(_ name: String) throws {
    let bytes = Array(try Data(contentsOf: Self.folder.appending(path: name)))
    let (patched, problems) = ParameterPatcher(file: name).patch(
      bytes, ParameterPatch(parameters: [.init("kilnTest", .init("a/b&c"))], addsMissing: true))
    if name.contains("duplicate") {
      #expect(patched == nil && problems.contains { $0.id == "parameters.duplicate" })
      return
    }
    let after = try #require(patched).bytes
    #expect(after.count > bytes.count)
    // What was added is in one piece, or a comma and a piece: all the rest is there, in order.
    var rest = bytes[...]
    for byte in after where byte == rest.first { rest.removeFirst() }
    #expect(rest.isEmpty)
    let again = ParameterPatcher(file: name).patch(after, ParameterPatch(parameters: [.init("kilnTest", .init("x"))]))
    #expect(again.patched != nil)
  }
}

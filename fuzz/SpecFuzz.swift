// A libFuzzer target: any workspace is refused or planned, and what is planned can be generated and parses again.
// The input is environments/acme.yaml, or several files as the fixtures write them: `=== PATH` begins one.
import Foundation
import KilnArtifacts
import KilnDiagnostics
import KilnGeneration
import KilnPlan
import KilnTesting

@testable import KilnSpec

/// What is said of an input, and what comes of it.
struct Outcome: Equatable {
  let problems: [Diagnostic]
  let text: String
  let files: [String: String]

  init(_ files: [String: String]) {
    let workspace = SampleWorkspace(files)
    var problems = workspace.problems
    // A spec that has no plan is read for what else is wrong with it, and for what no excerpt may show.
    var excerpts = files
    for (path, text) in files.sorted(by: { $0.key < $1.key }) where path.hasSuffix(".yaml") {
      guard let root = YAMLReader(file: path).read(text).root else { continue }
      let secrets =
        switch path {
        case "kiln.yaml": LiteralSecrets.inWorkspace(root)
        case _ where path.hasPrefix("components/"): LiteralSecrets.inDefinition(root)
        default: LiteralSecrets.inEnvironment(root)
        }
      excerpts[path] = SourceMask.masked(text, secrets.hidden)
      problems += secrets.problems
      if path.hasPrefix("environments/") { problems += UseChecker(workspace.definitions).problems(in: root) }
      if path == "kiln.yaml" { problems += ShapeChecker().problems(in: root, .workspace) }
    }
    self.problems = problems.inCanonicalOrder()
    text = DiagnosticRenderer.Format.allCases.map { format in
      DiagnosticRenderer(format: format, sources: { [excerpts] in excerpts[$0] }).render(problems)
    }.joined()
    // Where anything is wrong nothing is generated.
    guard !problems.hasErrors, !workspace.plans.isEmpty else {
      precondition(
        problems.hasErrors || files.keys.allSatisfy { !$0.hasPrefix("environments/") }, "neither a plan nor a problem")
      self.files = [:]
      return
    }
    do { self.files = try workspace.generated() } catch { preconditionFailure("a plan cannot be generated: \(error)") }
  }
}

/// The files of an input; nil for what is no text.
func files(_ bytes: UnsafeRawBufferPointer) -> [String: String]? {
  guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
  guard text.utf8.starts(with: "=== ".utf8) else { return ["environments/acme.yaml": text] }
  var files: [String: String] = [:]
  var path = ""
  for line in text.utf8.split(separator: 10, omittingEmptySubsequences: false).map({ String(Substring($0)) }) {
    guard line.utf8.starts(with: "=== ".utf8) else {
      files[path, default: ""] += line + "\n"
      continue
    }
    path = String(line.dropFirst(4))
    if path.hasPrefix("expected") || path.hasPrefix("generated") { break }
    files[path] = ""
  }
  return files
}

/// Whether a diagnostic's place is in its file, in the lines that excerpts have.
func isInside(_ location: SourceLocation, _ files: [String: String]) -> Bool {
  guard let text = files[location.file] else { return location.file.hasPrefix("kiln:") }
  guard let position = location.position else { return true }
  let lines = text.utf8.split(separator: 10, omittingEmptySubsequences: false)
  guard (1...lines.count).contains(position.line) else { return false }
  return (1...String(Substring(lines[position.line - 1])).unicodeScalars.count + 1).contains(position.column)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let files = files(UnsafeRawBufferPointer(start: start, count: count)) else { return 0 }
  let outcome = Outcome(files)
  for problem in outcome.problems {
    guard let location = problem.location else { preconditionFailure("without a place: \(problem)") }
    for location in [location] + problem.notes.compactMap(\.location) {
      precondition(isInside(location, files), "outside of the file: \(problem)")
    }
    // A file that is empty or not there has no place in it.
    precondition(
      location.position != nil || ["spec.empty", "spec.unreadable"].contains(problem.id), "a file alone: \(problem)")
    precondition(!problem.message.utf8.contains(10), "several lines: \(problem)")
  }
  let again = Outcome(files)
  precondition(again.problems == outcome.problems && again.text == outcome.text, "other problems a second time")
  precondition(again.files == outcome.files, "other files a second time")
  for (path, text) in outcome.files {
    if path.hasSuffix(".json") {
      let isJSON = (try? JSONSerialization.jsonObject(with: Data(text.utf8))) != nil
      precondition(isJSON, "no JSON in \(path):\n\(text)")
    } else if path.hasSuffix("/compose.yaml") || path.hasSuffix("/playbook.yml") || path.contains("/goss") {
      let (root, problems) = YAMLReader(file: path).read(text)
      // A playbook's texts are tagged where they are no templates.
      let isYAML = root != nil && problems.allSatisfy { $0.id == "spec.tag" }
      precondition(isYAML, "no YAML in \(path): \(problems)\n\(text)")
    }
  }
  return 0
}

/// A file's problems that are shown, and how many are not.
struct DiagnosticSelection {
  /// Nobody reads more, and a file of a megabyte can have a hundred thousand.
  static let limit = 100

  let file: String?
  private(set) var shown: [Diagnostic]
  private(set) var omitted = 0
  private var omitsErrors = false

  /// - Parameter ordered: In canonical order, so that a file's problems follow each other.
  static func files(of ordered: [Diagnostic]) -> [DiagnosticSelection] {
    var files: [DiagnosticSelection] = []
    var start = 0
    while start < ordered.count {
      let file = ordered[start].location?.file
      var end = start
      while end < ordered.count, ordered[end].location?.file == file { end += 1 }
      files.append(DiagnosticSelection(file, ordered[start..<end]))
      start = end
    }
    return files
  }

  /// Errors come before warnings where not all are shown.
  private init(_ file: String?, _ all: ArraySlice<Diagnostic>) {
    self.file = file
    shown = Array(all)
    guard all.count > Self.limit else { return }
    let errors = all.count { $0.severity == .error }
    var room = (errors: min(errors, Self.limit), warnings: max(0, Self.limit - errors))
    shown = all.filter { diagnostic in
      if diagnostic.severity == .error {
        room.errors -= 1
        return room.errors >= 0
      }
      room.warnings -= 1
      return room.warnings >= 0
    }
    omitted = all.count - shown.count
    omitsErrors = errors > Self.limit
  }

  /// What stands for those that are not shown.
  var rest: Diagnostic? {
    guard omitted > 0 else { return nil }
    let noun = omitted == 1 ? "problem" : "problems"
    return Diagnostic(
      "diagnostics.omitted", "and \(omitted) more \(noun)\(file.map { " in \($0)" } ?? "")",
      severity: omitsErrors ? .error : .warning, at: file.map { SourceLocation(file: $0) })
  }
}

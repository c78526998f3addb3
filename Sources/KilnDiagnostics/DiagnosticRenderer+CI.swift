import KilnDocuments

extension DiagnosticRenderer {
  /// The message with its suggestion and its details, as one text.
  private func whole(_ diagnostic: Diagnostic) -> String {
    ([diagnostic.message + (diagnostic.suggestion.map { " (\($0))" } ?? "")] + diagnostic.details)
      .joined(separator: "\n")
  }

  /// The catalog's files are in no repository.
  private func fromRepository(_ file: String) -> String {
    file.hasPrefix("/") || file.hasPrefix("kiln:") ? file : prefix + file
  }

  /// A GitHub Actions annotation: `::error file=…,line=…,col=…,title=…::message`.
  func github(_ diagnostic: Diagnostic) -> String {
    func data(_ s: String) -> String {
      ConsoleText.safe(s).substituting("%", with: "%25").substituting("\r", with: "%0D").substituting("\n", with: "%0A")
    }
    func property(_ s: String) -> String { data(s).substituting(":", with: "%3A").substituting(",", with: "%2C") }
    var properties: [String] = []
    if let location = diagnostic.location {
      properties.append("file=\(property(fromRepository(location.file)))")
      if let position = location.position { properties += ["line=\(position.line)", "col=\(position.column)"] }
    }
    properties.append("title=\(property(diagnostic.id))")
    return "::\(diagnostic.severity.rawValue) \(properties.joined(separator: ","))::\(data(whole(diagnostic)))\n"
  }

  /// An Azure Pipelines issue: `##vso[task.logissue type=…;sourcepath=…;linenumber=…;columnnumber=…;code=…]message`.
  func azure(_ diagnostic: Diagnostic) -> String {
    func data(_ s: String) -> String {
      ConsoleText.safe(s).substituting("%", with: "%AZP25").substituting("\r", with: "%0D").substituting(
        "\n", with: "%0A")
    }
    func property(_ s: String) -> String { data(s).substituting(";", with: "%3B").substituting("]", with: "%5D") }
    var properties = ["type=\(diagnostic.severity.rawValue)"]
    if let location = diagnostic.location {
      properties.append("sourcepath=\(property(fromRepository(location.file)))")
      if let position = location.position {
        properties += ["linenumber=\(position.line)", "columnnumber=\(position.column)"]
      }
    }
    properties.append("code=\(property(diagnostic.id))")
    return "##vso[task.logissue \(properties.joined(separator: ";"))]\(data(whole(diagnostic)))\n"
  }

  func json(_ diagnostic: Diagnostic) -> String {
    var members: [(String, String)] = []
    func place(_ location: SourceLocation?) -> [(String, String)] {
      [
        ("column", location?.position.map { String($0.column) } ?? "null"),
        ("file", location.map { JSONRenderer.quoted($0.file) } ?? "null"),
        ("line", location?.position.map { String($0.line) } ?? "null"),
      ]
    }
    func object(_ members: [(String, String)]) -> String {
      "{" + members.map { "\(JSONRenderer.quoted($0)): \($1)" }.joined(separator: ", ") + "}"
    }
    let notes = diagnostic.notes.map { note in
      object(place(note.location) + [("message", JSONRenderer.quoted(note.message))])
    }
    members += place(diagnostic.location)
    if !diagnostic.details.isEmpty {
      members.append(("details", "[" + diagnostic.details.map(JSONRenderer.quoted).joined(separator: ", ") + "]"))
    }
    members.append(("id", JSONRenderer.quoted(diagnostic.id)))
    members.append(("message", JSONRenderer.quoted(diagnostic.message)))
    members.append(("notes", "[" + notes.joined(separator: ", ") + "]"))
    members.append(("severity", JSONRenderer.quoted(diagnostic.severity.rawValue)))
    members.append(("suggestion", diagnostic.suggestion.map(JSONRenderer.quoted) ?? "null"))
    return object(members.sorted { $0.0 < $1.0 })
  }

  /// A file that is not shown whole.
  func json(_ selection: DiagnosticSelection) -> String {
    "{\"count\": \(selection.omitted), \"file\": \(selection.file.map(JSONRenderer.quoted) ?? "null")}"
  }
}

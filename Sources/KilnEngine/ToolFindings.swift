package import KilnConsole
package import KilnDocuments

/// Which tools are here.
package struct ToolFindings: Sendable {
  private let findings: [(check: ToolCheck, version: String?)]

  package init(in context: CommandContext) async {
    var findings: [(check: ToolCheck, version: String?)] = []
    for check in ToolCheck.all { findings.append((check, await check.version(in: context))) }
    self.findings = findings
  }

  /// Whether one is missing that nothing goes without.
  package var lacksRequired: Bool { findings.contains { $0.version == nil && $0.check.isRequired } }

  package var document: DocumentValue {
    let tools = findings.map { finding -> DocumentValue in
      [
        "name": .string(finding.check.name), "version": finding.version.map { .string($0) } ?? .null,
        "need": .string(finding.check.need), "install": .string(finding.check.install),
        "required": .bool(finding.check.isRequired),
      ]
    }
    return ["schemaVersion": 1, "tools": .list(tools)]
  }

  package var text: String {
    findings.map { finding in
      let mark = finding.version == nil ? (finding.check.isRequired ? "MISSING" : "missing") : "ok"
      return "\(mark)  \(finding.check.name)  \(finding.version ?? "")\n    for \(finding.check.need)\n"
        + (finding.version == nil ? "    get it: \(finding.check.install)\n" : "")
    }.joined()
  }
}

import KilnDocuments

/// What is in a deployment, as a part of a page.
struct DeploymentDetails {
  let deployment: StageDeployment

  init(_ deployment: StageDeployment) { self.deployment = deployment }

  var html: String {
    var out = ""
    if let trouble = deployment.trouble { out += Self.paragraph(trouble) }
    if let attempt = deployment.attemptText { out += Self.paragraph(attempt, "warning") }
    if let current = deployment.current { out += facts(current) + images(current) + changes(current) }
    if let behind = deployment.behind, behind.count > 0, deployment.current != nil {
      out += Self.list("Not deployed yet: commits", behind.commits)
      out += Self.list("Not deployed yet: settings", behind.settings)
    }
    if !deployment.history.isEmpty { out += history }
    return out.isEmpty ? Self.paragraph(deployment.absence ?? "") : out
  }

  private func facts(_ record: ReleaseRecord) -> String {
    let facts: [(String, String?)] = [
      ("Cluster", "\(record.cluster), namespace \(record.namespace)"), ("Commit", record.commit),
      ("Author", record.author), ("Spec", record.specDigest),
      ("Deployed", "\(UTCTime.minute(record.ended ?? record.begun)) UTC by \(record.deployer)"),
      ("From", record.origin), ("Approved", record.approval),
    ]
    let shown = facts.compactMap { name, value -> String? in
      let isCode = name == "Commit" || name == "Spec"
      return value.map { "<dt>\(name)</dt><dd\(isCode ? " class=\"code\"" : "")>\(DeployedFleetPage.text($0))</dd>\n" }
    }
    return "<dl>\n\(shown.joined())</dl>\n"
  }

  private func images(_ record: ReleaseRecord) -> String {
    let rows = record.images.sorted { $0.key < $1.key }.map { workload, reference in
      let image = ReleaseImage(reference)
      let name = image.repository + (image.tag.map { ":\($0)" } ?? "")
      return [workload, name, image.digest ?? "–"]
    }
    return Self.table("Images", ["Workload", "Image", "Digest"], rows, ["", "code", "code"])
  }

  /// A first release has no changes, which is not the same as one without any.
  private func changes(_ record: ReleaseRecord) -> String {
    let before = deployment.history.first { $0.number < record.number && $0.outcome == .deployed }
    let since = before.map { " since release \($0.number)" } ?? ""
    if record.commits.isEmpty, record.changes.isEmpty {
      return before == nil ? "" : "<h3>Changes\(since)</h3>\n<p class=\"quiet\">no commit, no setting</p>\n"
    }
    return Self.list("Commits\(since)", record.commits) + Self.list("Settings changed\(since)", record.changes)
  }

  private var history: String {
    let rows = deployment.history.map { record in
      [
        String(record.number), "\(UTCTime.minute(record.begun))",
        ReleaseVersion(record.images, of: deployment.apps)?.text ?? "–",
        record.outcome.rawValue + (record.reason.map { ": \($0)" } ?? ""), record.deployer,
        [record.origin.map { "from \($0)" }, record.approval].compactMap { $0 }.joined(separator: "; "),
      ]
    }
    return Self.table(
      "Releases", ["Release", "Begun (UTC)", "Version", "Outcome", "By", "Note"], rows,
      ["", "", "code", "long", "", "long"])
  }

  /// - Parameter classes: Of each column's cells.
  private static func table(_ title: String, _ heading: [String], _ rows: [[String]], _ classes: [String]) -> String {
    // The last column has no reader where nothing is in it.
    let columns = heading.indices.filter { column in
      column + 1 < heading.count || rows.contains { !$0[column].isEmpty }
    }
    var out = "<h3>\(title)</h3>\n<div class=\"scroll\"><table>\n<tr>"
    for column in columns { out += "<th scope=\"col\">\(heading[column])</th>" }
    out += "</tr>\n"
    for row in rows {
      out += "<tr>"
      for column in columns {
        let name = classes[column].isEmpty ? "" : " class=\"\(classes[column])\""
        out += "<td\(name)>\(DeployedFleetPage.text(row[column]))</td>"
      }
      out += "</tr>\n"
    }
    return out + "</table></div>\n"
  }

  /// Lines, with those that begin with `+` and `-` in the colours of a diff.
  private static func list(_ title: String, _ lines: [String]) -> String {
    guard !lines.isEmpty else { return "" }
    var out = "<h3>\(title)</h3>\n<ul>\n"
    for line in lines {
      let sign = line.hasPrefix("+ ") ? " class=\"plus\"" : line.hasPrefix("- ") ? " class=\"minus\"" : ""
      out += "<li\(sign)>\(DeployedFleetPage.text(line))</li>\n"
    }
    return out + "</ul>\n"
  }

  private static func paragraph(_ text: String, _ kind: String = "quiet") -> String {
    "<p class=\"\(kind)\">\(DeployedFleetPage.text(text))</p>\n"
  }
}

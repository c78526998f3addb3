import KilnDocuments

extension DeployedFleet {
  private static let heading = [
    "CUSTOMER", "STAGE", "VERSION", "RELEASE", "COMMIT", "AGE", "DEPLOYED BY", "STATE", "BEHIND",
  ]

  /// A table for people; below it the deployments whose last release did not go well.
  package var text: String {
    let rows = [Self.heading] + deployments.map(cells)
    let widths = Self.heading.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    var lines = rows.map { row in
      var line = ""
      for (cell, width) in zip(row, widths) {
        line += cell + String(repeating: " ", count: width - cell.count + 2)
      }
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
    for deployment in deployments {
      guard let attempt = deployment.attemptText else { continue }
      let place = [deployment.customer, deployment.stage].compactMap { $0 }.joined(separator: " ")
      lines.append(Self.line("\(place): \(attempt)"))
    }
    return (lines + [summary]).joined(separator: "\n") + "\n"
  }

  private func cells(_ deployment: StageDeployment) -> [String] {
    let current = deployment.current
    return [
      deployment.customer, deployment.stage ?? "-", deployment.version ?? "-", current.map { String($0.number) } ?? "-",
      current?.shortCommit ?? "-", age(deployment).map { SpanText.text(seconds: $0) } ?? "-",
      current?.deployer ?? "-", deployment.state, deployment.behindText,
    ].map(Self.line)
  }

  /// As one cell: a customer's spec and a cluster's answers may have anything in them.
  private static func line(_ text: String) -> String { ConsoleText.safe(line: text) }
}

import KilnDocuments

/// A fleet as one page that needs nothing else: it opens from a ticket's attachment.
///
/// A deployment is a row, and a row below it with what is in it; both are one `tbody`, which sorting moves as a whole.
/// Without JavaScript all details are shown.
struct DeployedFleetPage {
  private enum Column: String, CaseIterable {
    case customer = "Customer"
    case stage = "Stage"
    case version = "Version"
    case release = "Release"
    case commit = "Commit"
    case age = "Age"
    case deployer = "Deployed by"
    case state = "State"
    case behind = "Behind"

    /// Whether it is sorted by its number.
    var isNumber: Bool { self == .release || self == .age || self == .behind }
  }

  let fleet: DeployedFleet

  init(_ fleet: DeployedFleet) { self.fleet = fleet }

  var html: String {
    var out = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
      <title>Deployed versions</title>
      <style>
      \(Self.style)
      </style>
      </head>
      <body>
      <header>
      <h1>Deployed versions</h1>
      <p>\(Self.text(fleet.summary)). As of \(UTCTime.minute(fleet.date)) UTC.</p>
      <label>Find <input id="find" type="search" placeholder="acme production" autocomplete="off"></label>
      <output id="found"></output>
      </header>
      <table id="fleet">
      <thead><tr>

      """
    for (index, column) in Column.allCases.enumerated() {
      let name = Self.className(column, nil)
      let number = column.isNumber ? " data-number" : ""
      let sort = index == 0 ? " aria-sort=\"ascending\"" : ""
      out += "<th scope=\"col\"\(Self.attribute(name))\(number)\(sort)><button>\(column.rawValue)</button></th>\n"
    }
    out += "</tr></thead>\n"
    for (index, deployment) in fleet.deployments.enumerated() { out += section(index, deployment) }
    return out + "</table>\n<p id=\"none\" hidden>Nothing has that in its row.</p>\n"
      + "<script>\n\(Self.script)\n</script>\n</body>\n</html>\n"
  }

  private func section(_ index: Int, _ deployment: StageDeployment) -> String {
    var out = "<tbody>\n<tr class=\"row\">\n"
    for column in Column.allCases {
      let (value, number) = cell(column, deployment)
      let sort = number.map { " data-sort=\"\($0)\"" } ?? ""
      var inner = Self.text(value)
      if column == .customer {
        inner = "<button class=\"open\" aria-expanded=\"true\" aria-controls=\"d\(index)\">\(inner)</button>"
      }
      let name = Self.attribute(Self.className(column, deployment))
      out += "<td\(name) data-label=\"\(column.rawValue)\"\(sort)>\(inner)</td>\n"
    }
    return out + "</tr>\n<tr class=\"details\" id=\"d\(index)\"><td colspan=\"\(Column.allCases.count)\">\n"
      + DeploymentDetails(deployment).html + "</td></tr>\n</tbody>\n"
  }

  /// What is shown, and what it is sorted by where that is a number.
  private func cell(_ column: Column, _ deployment: StageDeployment) -> (text: String, number: Int?) {
    let current = deployment.current
    switch column {
    case .customer: return (deployment.customer, nil)
    case .stage: return (deployment.stage ?? "–", nil)
    case .version: return (deployment.version ?? "–", nil)
    case .release: return (current.map { String($0.number) } ?? "–", current?.number ?? -1)
    case .commit: return (current?.shortCommit ?? "–", nil)
    case .age:
      let age = fleet.age(deployment)
      return (age.map { SpanText.text(seconds: $0) } ?? "–", age ?? -1)
    case .deployer: return (current?.deployer ?? "–", nil)
    case .state: return (deployment.state, nil)
    case .behind: return (deployment.behindText, current == nil ? -1 : deployment.behind?.count ?? -1)
    }
  }

  /// - Parameter deployment: Nil for the column's name.
  private static func className(_ column: Column, _ deployment: StageDeployment?) -> String {
    switch column {
    case .version: deployment == nil ? "" : "code long"
    case .commit: deployment == nil ? "" : "code"
    case .release, .age: "number"
    case .deployer: "long"
    case .state: deployment.map { "long \(tone($0))" } ?? "long"
    case .behind: deployment?.behind?.count == 0 ? "quiet" : ""
    case .customer, .stage: ""
    }
  }

  private static func tone(_ deployment: StageDeployment) -> String {
    if deployment.absence != nil {
      return deployment.trouble == nil && deployment.history.isEmpty ? "quiet" : "warning"
    }
    switch deployment.health {
    case .healthy: return "good"
    case .unhealthy: return "bad"
    case .unknown: return "quiet"
    }
  }

  private static func attribute(_ name: String) -> String { name.isEmpty ? "" : " class=\"\(name)\"" }

  /// One line of foreign text; what turns the direction of text around would show another version than there is.
  static func text(_ text: String) -> String { Markup.escaped(ConsoleText.visible(text)) }
}

extension DeployedFleet {
  /// One page without anything outside itself.
  package var html: String { DeployedFleetPage(self).html }
}

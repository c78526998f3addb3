package import KilnConsole
import KilnDiagnostics
import KilnDocuments
package import KilnHTTP
import KilnPlan

/// How what was found in several customers' environments is said: as text, as JSON, and for CI systems.
package struct VerificationOutput: Sendable {
  package let isJSON: Bool
  package let isQuiet: Bool
  /// Where JUnit's XML goes.
  package let junit: String?
  /// Whether each customer's is titled.
  package let isTitled: Bool
  private let context: CommandContext
  private var documents: [DocumentValue] = []
  private var reports: [VerificationReport] = []

  package init(isJSON: Bool, isQuiet: Bool, junit: String?, isTitled: Bool, _ context: CommandContext) {
    self.isJSON = isJSON
    self.isQuiet = isQuiet
    self.junit = junit
    self.isTitled = isTitled
    self.context = context
  }

  private func title(_ customer: String) { if !isJSON, isTitled { context.console.output("\(customer):\n") } }

  private func writeJUnit(by program: String) throws {
    guard let junit else { return }
    try VerificationReport.writeJUnit(of: reports, by: program, to: junit, in: context.folder)
  }

  /// - Parameter machine: The machine's image; else what the last bake has made.
  /// - Returns: Whether a step declares every difference.
  package mutating func addParity(of check: EnvironmentCheck, machine: String?) async throws -> Bool {
    title(check.plan.customer)
    let table = try await check.parity(machine: machine)
    documents.append(table.document)
    if !isJSON { context.console.output(table.text) }
    return table.undeclared.isEmpty
  }

  /// - Parameters:
  ///   - address: Of a deployment that is asked from outside; nil for what is here.
  ///   - app: Whose pages are asked there.
  /// - Returns: Whether all is as it should be.
  package mutating func addChecks(of check: EnvironmentCheck, at address: HTTPAddress?, app: String?) async throws
    -> Bool
  {
    title(check.plan.customer)
    let report =
      if let address {
        try await AddressVerification(plan: check.plan, app: app, address: address, context).report()
      } else { try await check.report() }
    documents.append(report.document)
    reports.append(report)
    try writeJUnit(by: "kiln verify")
    if !isJSON { context.console.output(report.text) }
    if !report.isRunning, !isQuiet {
      context.console.error("note: \(report.customer) is not up: only the app's image was checked\n")
    }
    return report.failed.isEmpty
  }

  /// Runs a customer's tests. What keeps them from being run is in JUnit's XML as well: a CI system shows nothing else.
  /// - Returns: Whether all have passed.
  package mutating func addTests(_ run: TestRun) async throws -> Bool {
    let report: TestReport
    do { report = try await run.run() } catch let error as any CommandErrorConvertible {
      reports.append(.failed("environment", of: run.plan.customer, error.commandError))
      try writeJUnit(by: "kiln test")
      throw error
    }
    documents.append(report.document)
    reports.append(report.checks)
    try writeJUnit(by: "kiln test")
    title(report.customer)
    if !isJSON { context.console.output(report.text) }
    return report.failed.isEmpty
  }

  /// Prints the document.
  package func finish() {
    if isJSON, let document = DocumentValue.results(documents, isOne: !isTitled) {
      context.console.output(json: document)
    }
  }
}

import ArgumentParser
import KilnConsole

extension KilnSubcommand {
  /// One customer after the other: what fails for one does not hide what comes of the others. The worst exit code is the
  /// command's.
  func each(
    of customers: [String], in context: CommandContext, isTitled: Bool = false, _ body: (String) async throws -> Void
  ) async throws {
    var seen: Set<String> = []
    let customers = customers.filter { seen.insert($0).inserted }
    if customers.count == 1 { return try await body(customers[0]) }
    var worst = ExitCode.success
    for customer in customers {
      if isTitled { context.console.error("\(customer):\n") }
      do { try await body(customer) } catch {
        let code = KilnCommand.report(error, as: errorReport, on: context.console)
        if code == KilnExit.interrupted { throw code }
        if code.rawValue > worst.rawValue { worst = code }
      }
    }
    if !worst.isSuccess { throw worst }
  }
}

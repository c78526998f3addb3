import KilnConsole
import KilnHTTP
import KilnProcesses

/// Whether the pages of a release answer as they should.
struct PageCheck {
  let kubectl: Kubectl
  let processes: any ProcessRunner
  let mask: SecretMask
  let clock: DeployClock
  let report: @Sendable (DeployEvent) -> Void
  let check: () throws -> Void

  /// Seconds that a page is asked for again at most.
  private static let patience = 30.0

  /// - Throws: `RolloutFailure` for the first page that does not answer as it should.
  func run(_ pages: [ReleasePlan.Page]) async throws {
    guard !pages.isEmpty else { return }
    let proxy = try ServiceProxy.start(kubectl, processes)
    await proxy.listen(clock)
    let result = await result { try await ask(pages, proxy) }
    await proxy.stop()
    try result.get()
  }

  private func result(_ body: () async throws -> Void) async -> Result<Void, any Error> {
    do { return .success(try await body()) } catch { return .failure(error) }
  }

  private func ask(_ pages: [ReleasePlan.Page], _ proxy: ServiceProxy) async throws {
    for page in pages {
      try await ask(page, proxy)
      report(.note("  \(page.app): \(page.path) answers"))
    }
  }

  private func ask(_ page: ReleasePlan.Page, _ proxy: ServiceProxy) async throws {
    let begun = clock.now()
    while true {
      try check()
      guard let trouble = trouble(page, await proxy.answer(page)) else { return }
      if clock.now() - begun >= Self.patience {
        throw RolloutFailure(workload: page.app, reason: "\(page.path) \(trouble)")
      }
      await clock.sleep(1)
      try Task.checkCancellation()
    }
  }

  /// What is wrong with the answer; nil for the one that is wanted.
  private func trouble(_ page: ReleasePlan.Page, _ answer: PageAnswer) -> String? {
    switch answer {
    case .none(let reason): return "gives no answer: \(mask.relayed(reason))"
    case .page(let status, let body):
      guard status == page.status else {
        let first = body.split(separator: "\n").first.map { ": \(mask.relayed(String($0)).prefix(200))" } ?? ""
        return "answers \(status), not \(page.status)\(first)"
      }
      guard let content = page.content, !body.contains(content) else { return nil }
      return "answers \(page.status), but without \"\(mask.relayed(content))\""
    }
  }
}

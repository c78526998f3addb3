import KilnConsole
import KilnDiagnostics
package import KilnDocuments
import KilnKubernetes
import KilnProcesses
import KilnWorkspace

/// Deploys several customers, some at a time: what fails for one does not stop the others.
package struct FleetDeployment: Sendable {
  let run: DeployRun
  /// The stage whose images are taken.
  let source: String?
  let jobs: Int

  package init(_ run: DeployRun, from source: String? = nil, jobs: Int) {
    self.run = run
    self.source = source
    self.jobs = max(1, jobs)
  }

  /// What came of each customer, in their order.
  package struct Results: Sendable {
    package struct Result: Sendable {
      package let customer: String
      let outcome: Swift.Result<DeployOutcome, any Error>

      package init(customer: String, outcome: Swift.Result<DeployOutcome, any Error>) {
        self.customer = customer
        self.outcome = outcome
      }
    }

    let stage: String?
    package let results: [Result]

    package init(stage: String?, results: [Result]) {
      self.stage = stage
      self.results = results
    }

    package var count: Int { results.count }

    package var failures: [(customer: String, error: any Error)] {
      results.compactMap { if case .failure(let error) = $0.outcome { ($0.customer, error) } else { nil } }
    }

    /// A line for each.
    package var text: String {
      results.map { result in
        let title = stage.map { "\(result.customer) in \($0)" } ?? result.customer
        switch result.outcome {
        case .success(let outcome):
          let origin = outcome.record.origin.map { ", from \($0)" } ?? ""
          return
            "\(title): release \(outcome.record.number)\(origin)\(outcome.isUnchanged ? ", unchanged" : ", deployed")\n"
        case .failure: return "\(title): failed\n"
        }
      }.joined()
    }

    package var document: DocumentValue {
      ["schemaVersion": 1, "deployments": .list(results.map { .map(member($0)) })]
    }

    private func member(_ result: Result) -> DocumentMap {
      var map: DocumentMap = ["customer": .string(result.customer)]
      map["stage"] = stage.map { .string($0) } ?? .null
      switch result.outcome {
      case .success(let outcome):
        map["outcome"] = outcome.isUnchanged ? "unchanged" : "deployed"
        map["error"] = .null
        map["reason"] = .null
        map["release"] = .integer(outcome.record.number)
        map["images"] = Self.images(outcome.record)
        map["removed"] = .strings(outcome.removed.map(\.description))
      case .failure(let error):
        map["outcome"] = "failed"
        map["error"] = .string(Self.id(error))
        map["reason"] = .string(
          (error as? any CommandErrorConvertible)?.commandError.diagnostics.first?.message ?? "\(error)")
        map["release"] = .null
        map["images"] = [:]
        map["removed"] = []
      }
      return map
    }

    /// Of what the error is about, as in `deploy.failed`.
    private static func id(_ error: any Error) -> String {
      (error as? any CommandErrorConvertible)?.commandError.diagnostics.first?.id ?? "machine.failure"
    }

    static func images(_ record: ReleaseRecord) -> DocumentValue {
      .map(DocumentMap(record.images.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
    }
  }

  /// - Throws: `Interruption.Failure` alone; what else fails is among the results.
  package func deploy(_ customers: [String]) async throws -> Results {
    var seen: Set<String> = []
    let customers = customers.filter { seen.insert($0).inserted }
    var run = run
    run.isTitled = customers.count > 1
    // Engine and registry are asked for one customer after the other: builds share runtimes.
    var prepared: [Prepared] = []
    for customer in customers {
      try Interruption.check()
      do { prepared.append((customer, .success(try await run.prepare(customer, from: source)))) } catch {
        try Interruption.check()
        prepared.append((customer, .failure(error)))
      }
    }
    let results = await prepared.concurrentMap(width: jobs) { [run] one in
      Results.Result(customer: one.customer, outcome: await Self.deploy(one, run))
    }
    return Results(stage: run.stage, results: results)
  }

  private typealias Prepared = (customer: String, result: Result<DeployRun.Prepared, any Error>)

  private static func deploy(_ one: Prepared, _ run: DeployRun) async -> Result<DeployOutcome, any Error> {
    do { return .success(try await run.deploy(one.result.get())) } catch { return .failure(error) }
  }

  package func rollback(_ customer: String, to number: Int?) async throws -> Results {
    let outcome: Result<DeployOutcome, any Error>
    do { outcome = .success(try await run.rollback(customer, to: number)) } catch { outcome = .failure(error) }
    return Results(stage: run.stage, results: [.init(customer: customer, outcome: outcome)])
  }
}

package import KilnDeploy
import KilnDiagnostics
package import KilnDocuments
package import KilnProcesses
import KilnSpec
import KilnWorkspace

/// `az` for one subscription and one resource group: never what happens to be current.
///
/// What holds a secret is in files that only this account reads; arguments name things, nothing more.
package struct AzureCLI: Sendable {
  package let subscription: String
  package private(set) var resourceGroup: String
  private let tool: Tool
  private let environment: [String: String]
  private let clock: DeployClock

  /// How often a request that Azure has throttled is made again, and seconds before that where Azure does not say.
  private static let attempts = 5
  private static let pause = 30.0
  /// Seconds that one call may take: each asks one thing, and waits for nothing but its answer.
  private static let limit = 300.0

  package init(
    subscription: String, resourceGroup: String, _ runner: any ProcessRunner, environment: [String: String] = [:],
    clock: DeployClock = .system
  ) {
    self.subscription = subscription
    self.resourceGroup = resourceGroup
    self.clock = clock
    // Neither questions nor colours, nor an update of extensions in the middle of a release.
    self.environment = environment.merging([
      "AZURE_CORE_NO_COLOR": "1", "AZURE_CORE_ONLY_SHOW_ERRORS": "1", "AZURE_CORE_COLLECT_TELEMETRY": "0",
      "AZURE_CORE_DISABLE_CONFIRM_PROMPT": "0", "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
    ]) { own, _ in own }
    tool = Tool("az", runner)
  }

  /// The same for another resource group.
  func at(_ group: String) -> AzureCLI {
    var other = self
    other.resourceGroup = group
    return other
  }

  /// What a command of a resource group's answers; null where it prints nothing.
  /// - Parameter action: What cannot be done where it fails, as in `read the deployments`.
  @discardableResult
  package func group(_ action: String, _ arguments: [String]) async throws -> DocumentValue {
    try await run(action, arguments + ["--resource-group", resourceGroup])
  }

  /// The same of a command that takes no resource group, or another.
  @discardableResult
  package func run(_ action: String, _ arguments: [String]) async throws -> DocumentValue {
    var attempt = 1
    while true {
      let outcome = try await plain(arguments + ["--subscription", subscription, "--output", "json"])
      if outcome.isSuccess {
        let answer = try Self.document(outcome.output, action)
        // Not every command ends with another code where Azure has answered by an error.
        if let error = answer["error"], error["code"] != nil { throw AzureFailure(action, error: error) }
        return answer
      }
      let failure = AzureFailure(action, outcome)
      guard case .throttled(let after) = failure.cause, attempt < Self.attempts else { throw failure }
      attempt += 1
      try Interruption.check()
      await clock.sleep(after ?? Self.pause)
    }
  }

  /// The same; nil where what is asked for is not there.
  package func optional(_ action: String, _ arguments: [String]) async throws -> DocumentValue? {
    try await Self.optional { try await group(action, arguments) }
  }

  /// Nil where what `body` asks for is not there.
  static func optional(_ body: () async throws -> DocumentValue) async throws -> DocumentValue? {
    do { return try await body() } catch let failure as AzureFailure where failure.cause == .missing { return nil }
  }

  // MARK: Azure's own interface

  /// A request to what a resource group has of Microsoft.Compute. `az vmss`, `az image` and `az sig` would do the same, and
  /// do not start where a distribution has parted them from the library that they load, as Debian 12 has.
  ///
  /// - Parameters:
  ///   - path: Below the provider, as in `virtualMachineScaleSets/acme-vmss`.
  ///   - body: Text without secrets: others see arguments.
  @discardableResult
  func compute(
    _ action: String, _ path: String, method: String = "get", query: String = "", body: DocumentValue? = nil
  ) async throws -> DocumentValue {
    let id = "/subscriptions/\(subscription)/resourceGroups/\(resourceGroup)/providers/Microsoft.Compute/\(path)"
    return try await rest(action, method, Self.address(id, query: query), body: body)
  }

  /// All of a list, whose end is on other pages.
  func list(_ action: String, _ path: String, query: String = "") async throws -> [DocumentValue] {
    try await pages(action, try await compute(action, path, query: query))
  }

  private func pages(_ action: String, _ first: DocumentValue) async throws -> [DocumentValue] {
    var answer = first
    var items = try Self.items(answer["value"], action)
    while let next = answer["nextLink"]?.textValue, items.count < Self.most {
      answer = try await rest(action, "get", next)
      items += try Self.items(answer["value"], action)
    }
    return items
  }

  /// Everything of a type of Microsoft.Compute that the account sees in the subscription.
  func everything(_ action: String, _ type: String) async throws -> [DocumentValue] {
    let id = "/subscriptions/\(subscription)/providers/Microsoft.Compute/\(type)"
    return try await pages(action, try await rest(action, "get", Self.address(id)))
  }

  /// The machines of a scale set, in whatever resource group it is.
  func machines(ofScaleSet id: String) async throws -> [DocumentValue] {
    let action = "read the machines of \(id)"
    return try await pages(action, try await rest(action, "get", Self.address("\(id)/virtualMachines")))
  }

  /// What has to be a list of objects: an answer that is none says nothing, least of all that there is nothing.
  static func items(_ value: DocumentValue?, _ action: String) throws -> [DocumentValue] {
    guard case .list(let items) = value else {
      throw AzureFailure(action, reason: "az answered with something that is no list")
    }
    for item in items {
      guard case .map = item else { throw AzureFailure(action, reason: "az answered with a list of something else") }
    }
    return items
  }

  /// When resources of a type were made, by their ids in lower case: RFC 3339. The resources themselves do not say.
  ///
  /// Source: "Resources - List By Resource Group", `$expand=createdTime`.
  func created(_ type: String) async throws -> [String: String] {
    let group = "/subscriptions/\(subscription)/resourceGroups/\(resourceGroup)/resources"
    let filter = "resourceType eq '\(type)'".replacing(" ", with: "%20")
    var times: [String: String] = [:]
    var next: String? = "\(group)?api-version=2021-04-01&$expand=createdTime&$filter=\(filter)"
    while let address = next, times.count < Self.most {
      let answer = try await rest("list the resources in \(resourceGroup)", "get", address)
      for resource in try Self.items(answer["value"], "list the resources in \(resourceGroup)") {
        guard let id = resource["id"]?.textValue else { continue }
        times[id.lowercased()] = resource["createdTime"]?.textValue
      }
      next = answer["nextLink"]?.textValue
    }
    return times
  }

  /// Items of a list: no scale set has so many machines.
  private static let most = 100_000

  /// An id, or an address below the provider, with the version of Azure's interface that is asked.
  static func address(_ id: String, query: String = "") -> String {
    let version = id.lowercased().contains("/galleries/") ? "2022-03-03" : "2023-03-01"
    return "\(id)?api-version=\(version)\(query)"
  }

  @discardableResult
  func rest(_ action: String, _ method: String, _ address: String, body: DocumentValue? = nil) async throws
    -> DocumentValue
  {
    let words = ["rest", "--method", method, "--url", address]
    let content = body.map { ["--body", JSONRenderer(indent: 0).render($0).trimmed] } ?? []
    return try await run(action, words + content)
  }

  /// Runs it to its end, also where the user interrupts the command meanwhile.
  func plain(_ arguments: [String]) async throws -> Tool.Outcome {
    do {
      return try await tool.output(arguments, environment: environment, isShielded: true, limit: Self.limit)
    } catch is Tool.Missing {
      throw CommandError("tool.missing", "az is not on the PATH", help: "apt-get install azure-cli")
    }
  }

  private static func document(_ text: String, _ action: String) throws -> DocumentValue {
    guard text.utf8.contains(where: { $0 > 0x20 }) else { return .null }
    do { return try JSONReader.read(text) } catch {
      throw AzureFailure(action, reason: "az printed no JSON: \(error.message)")
    }
  }
}

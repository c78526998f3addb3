import KilnDeploy
import KilnDiagnostics
import KilnDocuments
import KilnProcesses
import KilnSpec
import KilnWorkspace

/// Brings the machines of a scale set to its model, in batches, and waits until they are well.
///
/// With the upgrade mode `Rolling` or `Automatic` Azure replaces them; with `Manual` nothing happens until it is asked for.
struct ScaleSetRollout: Sendable {
  let az: AzureCLI
  let name: String
  let clock: DeployClock
  /// When the deployment began, in seconds since 1970: an upgrade of before says nothing of this one.
  let begun: Double
  /// Seconds since 1970 when it has to be done.
  let deadline: Double
  let report: @Sendable (DeployEvent) -> Void

  /// Between two looks, in seconds.
  private static let interval = 10.0
  /// Of all machines, at once.
  private static let batchPercent = 20

  struct Machine: Sendable, Hashable {
    let id: String
    let isCurrent: Bool
    let state: String
    /// `healthy`, `unhealthy`, `unknown`; nil where nobody asks.
    let health: String?

    /// Whether Azure asks it for its health: then one that has said nothing yet is not known to be well.
    let isAsked: Bool

    init(_ document: DocumentValue, isAsked: Bool) {
      self.isAsked = isAsked
      id = document["instanceId"]?.textValue ?? ""
      let properties = document["properties"]
      isCurrent = properties?["latestModelApplied"]?.isTrue ?? false
      state = properties?["provisioningState"]?.textValue ?? ""
      health = properties?["instanceView"]?["vmHealth"]?["status"]?["code"]?.textValue?.split(separator: "/").last
        .map { $0.lowercased() }
    }

    var isWell: Bool { isCurrent && isWellButForModel }
    var isWellButForModel: Bool { state == "Succeeded" && (health == nil ? !isAsked : health == "healthy") }
  }

  /// - Parameters:
  ///   - restarting: Whether machines start anew that have the image already, to take up other values.
  ///   - returning: Whether something failed before: Azure begins no upgrade while too many machines are not well, so that
  ///     each is brought to the model by name, those that are not well first.
  /// - Throws: `Failure`, `AzureFailure`.
  func run(restarting: Bool, returning: Bool = false) async throws {
    let before = try await look()
    // While one runs, machines are not taken out of it one by one.
    if returning, before.mode == "Rolling" {
      _ = try? await az.compute("stop the upgrade of \(name)", "\(path)/rollingUpgrades/cancel", method: "post")
    }
    if before.mode == "Manual" || returning {
      let old = before.machines.filter { !$0.isCurrent }
      let ids = (old.filter { !$0.isWellButForModel } + old.filter(\.isWellButForModel)).map(\.id)
      try await inBatches(ids, of: before.machines.count, "gets the image") { ids in
        try await az.compute(
          "bring machines to the new model", "\(path)/manualupgrade", method: "post",
          body: ["instanceIds": .strings(ids)])
      }
    }
    try await wait(isWatchingUpgrade: before.mode == "Rolling" && !returning)
    if restarting {
      try await inBatches(before.machines.map(\.id), of: before.machines.count, "starts anew") { ids in
        try await az.compute(
          "start machines anew", "\(path)/reimage", method: "post", body: ["instanceIds": .strings(ids)])
      }
    }
  }

  private var path: String { "virtualMachineScaleSets/\(name)" }

  /// Why the machines are not what they should be.
  struct Failure: Error {
    let reason: String
  }

  /// A scale set as it is.
  struct State: Sendable {
    let mode: String
    /// How many machines there are to be; another number wherever the set follows its load.
    let capacity: Int
    let machines: [Machine]

    /// Whether no machine is missing.
    var isFull: Bool { machines.count >= capacity }
  }

  func look() async throws -> State {
    let action = "read the scale set \(name)"
    let model = try await az.compute(action, path)
    guard let capacity = model["sku"]?["capacity"]?.integerValue else {
      throw AzureFailure(action, reason: "az does not say how many machines it has")
    }
    let isAsked = Self.isAskedForHealth(model)
    let machines = try await az.list(
      "read the machines of \(name)", "\(path)/virtualMachines", query: "&$expand=instanceView")
    return State(
      mode: model["properties"]?["upgradePolicy"]?["mode"]?.textValue ?? "Manual", capacity: capacity,
      machines: machines.map { Machine($0, isAsked: isAsked) }.sorted { $0.id < $1.id })
  }

  /// Whether the model has a health probe, or the extension that is one.
  private static func isAskedForHealth(_ model: DocumentValue) -> Bool {
    let profile = model["properties"]?["virtualMachineProfile"]
    let extensions = profile?["extensionProfile"]?["extensions"]?.items ?? []
    return profile?["networkProfile"]?["healthProbe"]?["id"] != nil
      || extensions.contains { $0["properties"]?["type"]?.textValue?.hasPrefix("ApplicationHealth") ?? false }
  }

  private func wait(isWatchingUpgrade: Bool) async throws {
    var last = ""
    while true {
      let state = try await look()
      if state.isFull, state.machines.allSatisfy(\.isWell) { return }
      if isWatchingUpgrade { try await checkUpgrade() }
      let line = Self.summary(state)
      if line != last { report(.note("  \(name): \(line)")) }
      last = line
      try await pause(line)
    }
  }

  /// As in `1 of 3 machines have the new model, 0 unhealthy`.
  private static func summary(_ state: State) -> String {
    let machines = state.machines
    let current = machines.count(where: \.isCurrent)
    let bad = machines.count { $0.health == "unhealthy" || $0.state == "Failed" }
    return
      "\(current) of \(max(machines.count, state.capacity)) machines have the new model, \(machines.count(where: \.isWell)) are well"
      + (bad > 0 ? ", \(bad) are not" : "")
  }

  private func inBatches(
    _ ids: [String], of count: Int, _ what: String, _ action: ([String]) async throws -> Void
  ) async throws {
    let size = max(1, count * Self.batchPercent / 100)
    for start in stride(from: 0, to: ids.count, by: size) {
      let batch = Array(ids[start..<min(start + size, ids.count)])
      report(.note("  \(name): \(batch.count == 1 ? "machine" : "machines") \(batch.joined(separator: ", ")) \(what)"))
      try await action(batch)
      // Azure has only begun with it, and may not say so at once.
      await clock.sleep(Self.interval)
      while true {
        let state = try await look()
        let found = state.machines.filter { batch.contains($0.id) }
        // A set that is less loaded may have lost one meanwhile.
        if found.allSatisfy(\.isWell), found.count == batch.count || state.isFull { break }
        try await pause(Self.summary(state))
      }
    }
  }

  /// Seconds by which Azure's clock and this one may differ.
  private static let skew = 120.0

  /// Azure stops an upgrade in which too many machines are not well.
  private func checkUpgrade() async throws {
    guard
      let upgrade = try await AzureCLI.optional({
        try await az.compute("read the upgrade of \(name)", "\(path)/rollingUpgrades/latest")
      })?["properties"]
    else { return }
    let code = upgrade["runningStatus"]?["code"]?.textValue ?? ""
    guard code == "Faulted" || code == "Cancelled" else { return }
    // Until the new upgrade begins, the latest is the one before.
    let start = upgrade["runningStatus"]?["startTime"]?.textValue ?? ""
    guard start.prefix(19) >= UTCTime.stamp(Int(begun - Self.skew)).prefix(19) else { return }
    let reason = upgrade["error"].map { AzureFailure.innermost($0).joined(separator: "; ") } ?? code
    throw Failure(reason: "Azure stopped the upgrade of \(name): \(reason)")
  }

  private func pause(_ state: String) async throws {
    try Interruption.check()
    guard clock.now() < deadline else { throw Failure(reason: "not done in time: \(state)") }
    await clock.sleep(Self.interval)
  }
}

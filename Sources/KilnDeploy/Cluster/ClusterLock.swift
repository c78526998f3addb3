import KilnDiagnostics
import KilnDocuments
import KilnProcesses
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One deployment to a namespace at a time: a Lease `kiln-deploy`, renewed while it is held.
///
/// Who is killed renews no more, and the next one takes the Lease over.
package final class ClusterLock: Sendable {
  /// A Lease as somebody else holds it.
  struct Held: Equatable {
    let holder: String
    let since: String
    let renewed: String
    let version: String
  }

  static let name = "kiln-deploy"
  private static let path = "lease.coordination.k8s.io/\(name)"
  /// Seconds that a Lease is good for without renewal, and between renewals.
  static let duration = 30
  static let interval = 10.0

  private struct State {
    /// The Lease's `resourceVersion`: whoever else writes it makes ours too old.
    var version: String
    var renewed: Double
    var isLost = false
  }

  private let kubectl: Kubectl
  private let holder: String
  private let since: Double
  private let clock: DeployClock
  private let state: Mutex<State>

  private init(_ kubectl: Kubectl, holder: String, since: Double, clock: DeployClock, version: String) {
    self.kubectl = kubectl
    self.holder = holder
    self.since = since
    self.clock = clock
    state = Mutex(State(version: version, renewed: since))
  }

  /// Takes the Lease, runs `body` while it is renewed, and frees it, whatever comes of `body`.
  /// - Parameters:
  ///   - holder: Who deploys; something random is added to it.
  ///   - patience: Seconds to wait for somebody else's Lease at most.
  ///   - isBusy: Called once for each holder that is waited for: who, and since when.
  /// - Throws: `deploy.locked`, and what `body` throws.
  package static func withLock<Value>(
    _ kubectl: Kubectl, holder: String, patience: Double, clock: DeployClock,
    isBusy: @escaping (_ holder: String, _ since: String) -> Void, _ body: (ClusterLock) async throws -> Value
  ) async throws -> Value {
    let identity = "\(holder)-\(String(UInt32.random(in: 0 ... .max), radix: 36))"
    let lock = try await take(kubectl, holder: identity, patience: patience, clock: clock, isBusy: isBusy)
    let renewal = Task { await lock.renewUntilCancelled() }
    do {
      let value = try await body(lock)
      await lock.end(renewal)
      return value
    } catch {
      await lock.end(renewal)
      throw error
    }
  }

  private static func take(
    _ kubectl: Kubectl, holder: String, patience: Double, clock: DeployClock, isBusy: (String, String) -> Void
  ) async throws -> ClusterLock {
    let begun = clock.now()
    var reported: String?
    /// The Lease as it was first seen, and when: a clock that differs from ours does not matter then.
    var seen: (held: Held, at: Double)?
    while true {
      let now = clock.now()
      if let version = try await create(kubectl, holder: holder, now: now) {
        return ClusterLock(kubectl, holder: holder, since: now, clock: clock, version: version)
      }
      guard let lease = try await kubectl.object("read the Lease \(name)", path) else { continue }
      let held = Held(lease)
      if seen?.held != held { seen = (held, clock.now()) }
      if held.holder.isEmpty || isExpired(held, unchangedSince: seen?.at ?? now, now: clock.now()) {
        let now = clock.now()
        let document = document(kubectl, holder: holder, since: now, renewed: now, version: held.version)
        if let version = try await write(kubectl, "replace", document) {
          return ClusterLock(kubectl, holder: holder, since: now, clock: clock, version: version)
        }
        continue
      }
      if reported != held.holder { isBusy(held.holder, held.since) }
      reported = held.holder
      guard clock.now() - begun < patience else { throw locked(held, kubectl) }
      try Interruption.check()
      await clock.sleep(1)
      try Task.checkCancellation()
    }
  }

  /// Nobody has renewed it for its duration while we looked, or for twice that by our clock.
  private static func isExpired(_ held: Held, unchangedSince: Double, now: Double) -> Bool {
    if now - unchangedSince >= Double(duration) { return true }
    guard let renewed = KubernetesTime.seconds(held.renewed) else { return true }
    return now - renewed >= Double(2 * duration)
  }

  private static func locked(_ held: Held, _ kubectl: Kubectl) -> CommandError {
    CommandError(
      "deploy.locked",
      "\(KubectlFailure.lines(held.holder, 1).first ?? "") deploys to namespace \(kubectl.namespace) since \(held.since)",
      help: "wait for it to end; the lock of a deployment that was killed is free \(duration) seconds after it")
  }

  private static func create(_ kubectl: Kubectl, holder: String, now: Double) async throws -> String? {
    try await write(kubectl, "create", document(kubectl, holder: holder, since: now, renewed: now, version: nil))
  }

  /// - Returns: The Lease's new version; nil where somebody else has written it.
  private static func write(_ kubectl: Kubectl, _ verb: String, _ document: DocumentValue) async throws -> String? {
    do {
      let text = JSONRenderer(indent: 0).render(document)
      let lease = try await kubectl.objects("write the Lease \(name)", [verb, "--filename", "-"], input: text).first
      return lease?["metadata"]?["resourceVersion"]?.textValue ?? ""
    } catch let failure as KubectlFailure {
      guard failure.cause == .exists || failure.cause == .conflict || failure.cause == .notFound && verb == "replace"
      else { throw failure }
      return nil
    }
  }

  private static func document(
    _ kubectl: Kubectl, holder: String, since: Double, renewed: Double, version: String?
  ) -> DocumentValue {
    var metadata: DocumentMap = [
      "name": .string(name), "namespace": .string(kubectl.namespace), "labels": .map(Labels.own),
    ]
    if let version { metadata["resourceVersion"] = .string(version) }
    return [
      "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": .map(metadata),
      "spec": [
        "holderIdentity": .string(holder), "leaseDurationSeconds": .integer(duration),
        "acquireTime": .string(KubernetesTime.micro(since)), "renewTime": .string(KubernetesTime.micro(renewed)),
      ],
    ]
  }

  /// Before each change: whether the lock is still ours.
  /// - Throws: `deploy.lock-lost`.
  package func check() throws {
    let isOurs = state.withLock { !$0.isLost && clock.now() - $0.renewed < Double(Self.duration) - 2 }
    guard isOurs else {
      throw CommandError(
        "deploy.lock-lost", "the lock of namespace \(kubectl.namespace) was lost, so nothing more is changed",
        help:
          "see who else deploys with `kubectl --namespace \(kubectl.namespace) get lease \(Self.name)`, then deploy again"
      )
    }
  }

  private func renewUntilCancelled() async {
    while !Task.isCancelled {
      await clock.sleep(Self.interval)
      if Task.isCancelled { return }
      // A write that has begun goes on to its end: only then is it known which version the Lease has.
      await Task { await renew() }.value
    }
  }

  private func end(_ renewal: Task<Void, Never>) async {
    renewal.cancel()
    await renewal.value
    await Task { await free() }.value
  }

  func renew() async {
    let version = state.withLock { $0.isLost ? nil : $0.version }
    guard let version else { return }
    let now = clock.now()
    let document = Self.document(kubectl, holder: holder, since: since, renewed: now, version: version)
    // What does not answer may answer next time; `check` sees to it that it does soon enough.
    do {
      let answer = try await Self.write(kubectl, "replace", document)
      state.withLock { $0 = State(version: answer ?? "", renewed: now, isLost: answer == nil) }
    } catch {}
  }

  private func free() async {
    let (version, isLost) = state.withLock { ($0.version, $0.isLost) }
    guard !isLost else { return }
    _ = try? await Self.write(
      kubectl, "replace", Self.document(kubectl, holder: "", since: since, renewed: clock.now(), version: version))
  }
}

extension ClusterLock.Held {
  init(_ lease: DocumentValue) {
    let spec = lease["spec"]
    holder = spec?["holderIdentity"]?.textValue ?? ""
    since = spec?["acquireTime"]?.textValue.map { $0.split(separator: ".")[0] + ($0.contains(".") ? "Z" : "") } ?? "?"
    renewed = spec?["renewTime"]?.textValue ?? ""
    version = lease["metadata"]?["resourceVersion"]?.textValue ?? ""
  }
}

extension ClusterLock {
  /// As in `kim@laptop 4711`, or `pipeline 12 at agent 4711`.
  static func holder(_ deployer: String) -> String {
    var name = [CChar](repeating: 0, count: 256)
    let isKnown = gethostname(&name, name.count - 1) == 0
    let host = isKnown ? String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) : "?"
    return "\(deployer)\(deployer.contains("@") ? "" : " at \(host)") \(getpid())"
  }
}

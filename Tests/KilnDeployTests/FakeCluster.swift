import KilnDocuments
import KilnKubernetes
import KilnProcesses
import Synchronization
import SystemPackage
import Testing

@testable import KilnDeploy

/// A cluster behind `kubectl`, as far as deployments ask it: it keeps objects, and says of workloads what a test wants.
///
/// A call that it does not know fails the test.
final class FakeCluster: ProcessRunner {
  typealias ID = KubernetesObject.ID

  struct State {
    var objects: [ID: DocumentValue] = [:]
    var calls: [String] = []
    var inputs: [String] = []
    var version = 100
    var versions = "apps/v1\nautoscaling/v2\nbatch/v1\nnetworking.k8s.io/v1\npolicy/v1\nv1\n"
    /// What is said instead of doing what was asked: the first that fits.
    var answers: [(fits: @Sendable (String) -> Bool, outcome: Tool.Outcome)] = []
    /// Documents that are there while a workload is: pods, their owners.
    var attendants: [DocumentValue] = []
    var log = ""
    var page = "version\n200"
    var rules = """
      {"resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}], "incomplete": false}
      """
  }

  let state = Mutex(State())
  /// What the cluster makes of a workload that is applied: the status.
  let status: @Sendable (KubernetesObject) -> DocumentValue?

  init(_ status: @escaping @Sendable (KubernetesObject) -> DocumentValue? = { _ in nil }) { self.status = status }

  var calls: [String] { state.withLock { $0.calls } }
  var inputs: String { state.withLock { $0.inputs.joined(separator: "\n") } }

  /// Those that change something, without their options.
  var changes: [String] {
    calls.filter { call in
      ["apply", "create", "replace", "delete"].contains { call.hasPrefix($0) } && !call.contains("dry-run")
    }
  }

  func names(_ kind: String) -> [String] {
    state.withLock { $0.objects.keys.filter { $0.kind == kind }.map(\.name).sorted() }
  }

  func object(_ kind: String, _ name: String) -> DocumentValue? {
    state.withLock { $0.objects.first { $0.key.kind == kind && $0.key.name == name }?.value }
  }

  func put(_ document: DocumentValue) {
    guard let object = KubernetesObject(document: document.members) else { return }
    state.withLock { $0.objects[object.id] = document }
  }

  func answer(_ text: String, error: String = "", output: String = "", code: Int32 = 1) {
    state.withLock {
      $0.answers.append(({ $0.contains(text) }, Tool.Outcome(code: code, output: output, error: error)))
    }
  }

  func output(_ invocation: Invocation) async throws -> Tool.Outcome {
    if invocation.program == "curl" { return Tool.Outcome(output: state.withLock { $0.page }) }
    let arguments = Array(invocation.arguments.drop { $0.hasPrefix("-") || ["test", "acme-qa", "30s"].contains($0) })
    let call = arguments.joined(separator: " ")
    let input = String(decoding: invocation.input, as: UTF8.self)
    return state.withLock { state in
      state.calls.append(call)
      state.inputs.append(input)
      if let answer = state.answers.first(where: { $0.fits(call + " " + input) }) { return answer.outcome }
      return self.answer(arguments, input, &state)
    }
  }

  private func answer(_ arguments: [String], _ input: String, _ state: inout State) -> Tool.Outcome {
    let documents = (try? JSONReader.read(input)).map {
      $0["kind"]?.textValue == "List" ? $0["items"]?.items ?? [] : [$0]
    }
    let isTrial = arguments.contains { $0.hasPrefix("--dry-run") }
    switch arguments.first {
    case "api-versions": return Tool.Outcome(output: state.versions)
    case "config": return Tool.Outcome(output: "prod\nother\n")
    case "logs": return Tool.Outcome(output: state.log)
    case "get": return get(Array(arguments.dropFirst()), state)
    case "apply":
      if !isTrial { for document in documents ?? [] { apply(document, &state) } }
      return Tool.Outcome()
    case "create" where input.contains("SelfSubjectRulesReview"):
      return Tool.Outcome(output: "{\"kind\": \"SelfSubjectRulesReview\", \"status\": \(state.rules)}")
    case "create", "replace":
      guard let document = documents?.first, let object = KubernetesObject(document: document.members), !isTrial
      else { return Tool.Outcome() }
      return write(object, isNew: arguments[0] == "create", &state)
    case "delete":
      var names = arguments.dropFirst().filter { !$0.hasPrefix("-") }
      if let kind = names.first, !kind.contains("/") {
        names = names.dropFirst().map { "\(kind.dropLast(kind.hasSuffix("s") ? 1 : 0))/\($0)" }
      }
      for name in names {
        state.objects = state.objects.filter { $0.key.argument != name }
        state.attendants.removeAll { "pod/\($0["metadata"]?["name"]?.textValue ?? "")" == name }
      }
      return Tool.Outcome()
    default:
      Issue.record("not known: \(arguments.joined(separator: " "))")
      return Tool.Outcome(code: 1)
    }
  }

  private func get(_ arguments: [String], _ state: State) -> Tool.Outcome {
    let names = arguments.filter { $0.contains("/") && !$0.contains("=") }
    let found: [DocumentValue]
    if names.isEmpty {
      let kinds = Set((arguments.first ?? "").split(separator: ",").map { $0.split(separator: ".")[0].lowercased() })
      found =
        state.objects.keys.sorted().filter {
          kinds.contains($0.kind.lowercased()) || kinds.contains($0.kind.lowercased() + "s")
        }
        .compactMap { state.objects[$0] } + (kinds.contains("pods") ? state.attendants : [])
    } else {
      found = state.objects.keys.sorted().filter { names.contains($0.argument) }.compactMap { state.objects[$0] }
    }
    if found.isEmpty { return Tool.Outcome() }
    let list: DocumentValue = ["kind": "List", "apiVersion": "v1", "items": .list(found)]
    return Tool.Outcome(output: JSONRenderer().render(list))
  }

  private func write(_ object: KubernetesObject, isNew: Bool, _ state: inout State) -> Tool.Outcome {
    let known = state.objects[object.id]
    if isNew && known != nil { return Tool.Outcome(code: 1, error: "Error from server (AlreadyExists): it is there") }
    if !isNew, let version = object.document["metadata"]?["resourceVersion"],
      version != known?["metadata"]?["resourceVersion"]
    {
      return Tool.Outcome(code: 1, error: "Error from server (Conflict): the object has been modified")
    }
    return Tool.Outcome(output: JSONRenderer().render(keep(.map(object.document), &state)))
  }

  /// The document with a new version.
  @discardableResult
  private func keep(_ document: DocumentValue, _ state: inout State) -> DocumentValue {
    guard let object = KubernetesObject(document: document.members) else { return document }
    state.version += 1
    var metadata = object.document["metadata"]?.members ?? [:]
    metadata["resourceVersion"] = .string(String(state.version))
    metadata["uid"] = .string("\(object.id)")
    let kept = DocumentValue.map(object.document.with("metadata", .map(metadata)))
    state.objects[object.id] = kept
    return kept
  }

  private func apply(_ document: DocumentValue, _ state: inout State) {
    guard let object = KubernetesObject(document: document.members) else { return }
    var document = object.document
    if let own = status(object) {
      document["status"] = own
    } else if WorkloadState.kinds.contains(object.kind) {
      document["status"] = Self.ready(object)
    }
    keep(.map(document), &state)
  }

  /// What a workload says of itself when all is well.
  static func ready(_ object: KubernetesObject) -> DocumentValue {
    if object.kind == "Job" { return ["succeeded": 1, "conditions": [["type": "Complete", "status": "True"]]] }
    let count = object.document["spec"]?["replicas"] ?? 1
    return [
      "replicas": count, "updatedReplicas": count, "readyReplicas": count, "availableReplicas": count,
      "currentRevision": "r", "updateRevision": "r",
    ]
  }

  func stream(
    _ invocation: Invocation, _ body: @Sendable @escaping (UnsafeRawBufferPointer) throws -> Void
  ) async throws -> Int32 { 0 }

  func redirected(
    _ invocation: Invocation, input: FileDescriptor?, output: FileDescriptor?, isShielded: Bool
  ) async throws -> Tool.Outcome { throw Tool.Missing(name: invocation.program) }

  func attached(_ invocation: Invocation) async throws -> Int32 { throw Tool.Missing(name: invocation.program) }
}

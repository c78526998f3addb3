import KilnDiagnostics
import KilnDocuments
import KilnProcesses
import KilnTesting
import Testing

@testable import KilnDeploy

/// How `kubectl` is called, and what its words mean.
struct KubectlTests {
  private static let prefix = "kubectl --context test --namespace acme-qa --request-timeout 30s"

  @Test func contextAndNamespaceAreAlwaysNamed() async throws {
    let runner = ScriptedRunner([
      .run("\(Self.prefix) get pods --output json", output: #"{"kind": "List", "items": [{"kind": "Pod"}]}"#),
      .run("\(Self.prefix) get lease/x --ignore-not-found --output json"),
      .run("\(Self.prefix) get pods --output json", output: "warning: no JSON"),
    ])
    let kubectl = Kubectl(context: "test", namespace: "acme-qa", runner)
    #expect(try await kubectl.objects("list", ["get", "pods"]) == [["kind": "Pod"]])
    #expect(try await kubectl.object("read", "lease/x") == nil)
    await #expect(throws: KubectlFailure.self) { try await kubectl.objects("list", ["get", "pods"]) }
    runner.finish()
    let calls = runner.calls
    #expect(calls.map(\.isShielded) == [true, true, true])
  }

  @Test(
    arguments: [
      ("Error in configuration: context was not found for specified context: x", "deploy.context"),
      ("error: context \"x\" does not exist", "deploy.context"), ("context \"x\" does not exist", "deploy.context"),
      (
        "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?",
        "deploy.no-cluster"
      ),
      ("Unable to connect to the server: dial tcp: lookup k: no such host", "deploy.no-cluster"),
      ("error: You must be logged in to the server (Unauthorized)", "deploy.no-cluster"),
      (
        "Error from server (Forbidden): error when creating \"STDIN\": persistentvolumeclaims \"d\" is forbidden: exceeded quota: q, requested: requests.storage=1Gi, used: 0, limited: 1Mi",
        "deploy.quota"
      ),
      ("error: unable to recognize \"STDIN\": no matches for kind \"X\" in version \"y/v1\"", "deploy.version"),
      ("The Service \"care\" is invalid: spec.ports: Required value", "deploy.invalid"),
      (
        "Error from server (Forbidden): configmaps \"x\" is forbidden: unable to create new content in namespace n because it is being terminated",
        "deploy.namespace"
      ),
      ("Error from server (InternalError): an error on the server", "deploy.refused"),
    ])
  func answersHaveIDs(_ answer: String, _ id: String) {
    let kubectl = Kubectl(context: "x", namespace: "acme-qa", ScriptedRunner([]))
    let failure = KubectlFailure("apply the release", of: kubectl, Tool.Outcome(code: 1, error: answer))
    #expect(failure.commandError.diagnostics.first?.id == id)
  }

  @Test func rightsAreReadFromAllLines() {
    let answer = """
      Error from server (Forbidden): secrets is forbidden: User "kim" cannot list resource "secrets" in API group "" in the namespace "n"
      Error from server (Forbidden): deployments.apps is forbidden: User "kim" cannot list resource "deployments" in API group "apps" in the namespace "n"
      """
    #expect(
      KubectlFailure.cause(of: answer)
        == .forbidden([.init(verb: "list", resource: "secrets"), .init(verb: "list", resource: "deployments.apps")]))
  }

  @Test(arguments: [0, 951_782_400, 1_800_000_000, 4_102_444_799])
  func timesAreReadBack(_ seconds: Int) {
    #expect(KubernetesTime.seconds(KubernetesTime.text(seconds)) == Double(seconds))
    #expect(KubernetesTime.seconds(KubernetesTime.micro(Double(seconds) + 0.5)) == Double(seconds) + 0.5)
  }

  @Test func timesAreWrittenAsKubernetesDoes() {
    #expect(KubernetesTime.text(951_782_399) == "2000-02-28T23:59:59Z")
    #expect(KubernetesTime.text(951_782_400) == "2000-02-29T00:00:00Z")
    #expect(KubernetesTime.micro(1_800_000_000.25) == "2027-01-15T08:00:00.250000Z")
    #expect(KubernetesTime.seconds("soon") == nil)
  }
}

import HostileStrings
import KilnDiagnostics
import KilnDocuments
import KilnKubernetes
import Testing

@testable import KilnDeploy

/// Comparing objects, naming their Secrets, and adapting them to older clusters.
struct ObjectTests {
  private func differences(_ desired: DocumentValue, _ live: DocumentValue) -> [String] {
    ObjectComparison.differences(desired, live)
  }

  @Test func aServerOnlyAdds() {
    #expect(differences(["a": ["b": 1]], ["a": ["b": 1, "c": 2], "status": [:]]) == [])
    #expect(differences(["a": [["b": 1]]], ["a": [["b": 1, "c": 2]]]) == [])
    #expect(differences(["env": [["name": "X", "value": ""]], "hostNetwork": false], ["env": [["name": "X"]]]) == [])
    #expect(differences(["a": ["x", "y"]], ["a": ["y", "x"]]) == ["a[0]", "a[1]"])
    #expect(differences(["a": [1]], ["a": [1, 2]]) == ["a"])
    #expect(
      differences(["spec": ["replicas": 2, "x": [["y": "z"]]]], ["spec": ["x": [["y": "w"]]]]) == [
        "spec.replicas", "spec.x[0].y",
      ])
  }

  @Test func amountsAreComparedAsAmounts() {
    let live: DocumentValue = ["resources": ["limits": ["cpu": "1", "memory": "1Gi"]], "value": "1"]
    #expect(differences(["resources": ["limits": ["cpu": "1000m", "memory": "1024Mi"]]], live) == [])
    #expect(differences(["resources": ["limits": ["cpu": 1]]], live) == [])
    #expect(differences(["resources": ["limits": ["cpu": "700m"]]], ["resources": ["limits": ["cpu": "0.7"]]]) == [])
    #expect(differences(["value": "1000m"], live) == ["value"])
  }

  @Test func secretsAreNamedAnewWhereverTheyAreRead() {
    let object = KubernetesObject(
      "apps/v1", "Deployment", "care-secrets", namespace: "n",
      [
        "spec": [
          "volumes": [
            ["secret": ["secretName": "care-secrets"]],
            [
              "projected": ["sources": [["secret": ["name": "care-secrets"]], ["configMap": ["name": "care-secrets"]]]]
            ],
          ],
          "envFrom": [["secretRef": ["name": "care-secrets"]], ["configMapRef": ["name": "care-secrets"]]],
          "env": [["valueFrom": ["secretKeyRef": ["name": "care-secrets", "key": "care-secrets"]]]],
          "imagePullSecrets": [["name": "pull"]],
        ]
      ])
    let renamed = SecretReferences.renamed(object, ["care-secrets": "care-secrets-r3"])
    let text = DocumentValue.map(renamed.document).canonicalText
    #expect(text.split(separator: "care-secrets-r3").count == 5)
    #expect(renamed.name == "care-secrets" && text.contains(#""configMapRef": {"name": "care-secrets"}"#))
  }

  @Test func whatAnAutoscalerHasGivenStays() {
    func deployment(_ spec: DocumentMap) -> KubernetesObject {
      KubernetesObject("apps/v1", "Deployment", "care", namespace: "n", ["spec": .map(spec)])
    }
    let scaler = KubernetesObject(
      "autoscaling/v2", "HorizontalPodAutoscaler", "care", namespace: "n",
      ["spec": ["scaleTargetRef": ["kind": "Deployment", "name": "care"]]])
    let live = LiveObjects([.map(deployment(["replicas": 7]).document)])
    let wanted = deployment(["paused": false])
    let kept = Applying.keepingScale([wanted], [wanted, scaler], live)
    #expect(kept.first?.document["spec"]?["replicas"] == 7)
    #expect(Applying.keepingScale([wanted], [wanted], live) == [wanted])
    let fixed = deployment(["replicas": 2])
    #expect(Applying.keepingScale([fixed], [fixed, scaler], live) == [fixed])
  }

  @Test func olderClustersGetTheirVersions() throws {
    let objects = SampleRelease().plan.objects
    let old = ServedVersions(listing: "v1\napps/v1\nbatch/v1\nbatch/v1beta1\npolicy/v1beta1\n")
    let (adapted, warnings) = try old.adapted(objects)
    #expect(adapted.first { $0.kind == "PodDisruptionBudget" }?.apiVersion == "policy/v1beta1")
    let schedule = try #require(adapted.first { $0.kind == "CronJob" })
    #expect(schedule.apiVersion == "batch/v1beta1" && schedule.document["spec"]?["timeZone"] == nil)
    #expect(warnings.count == 1 && warnings[0].contains("Europe/Vienna"))
    let new = ServedVersions(listing: "v1\napps/v1\nbatch/v1\npolicy/v1\n")
    #expect(try new.adapted(objects).objects == objects && new.adapted(objects).warnings == [])
    // Between the two: `batch/v1` has CronJobs, but no time zones.
    let middle = ServedVersions(listing: "v1\napps/v1\nbatch/v1\nbatch/v1beta1\npolicy/v1\npolicy/v1beta1\n")
    #expect(try middle.adapted(objects).warnings.count == 1)
    let provider = KubernetesObject(
      "secrets-store.csi.x-k8s.io/v1", "SecretProviderClass", "vault", namespace: "n", [:])
    #expect(throws: CommandError.self) { try old.adapted([provider]) }
    #expect(old.taken([provider] + objects).count == objects.count)
  }

  @Test(arguments: hostileStrings)
  func hostileTextComesBackFromARecord(_ text: String) throws {
    let object = KubernetesObject("v1", "ConfigMap", "care", namespace: "n", ["data": ["TEXT": .string(text)]])
    var record = ReleaseRecord(
      number: 1, customer: "acme", stage: nil, cluster: "c", namespace: "n", outcome: .deployed, images: [:],
      specDigest: "", commit: nil, author: text, deployer: text, begun: 1)
    record.changes = ["+ a = \(text)"]
    let stored = StoredRelease(record: record, objects: [object], settings: ["a = \(text)"], served: "v1")
    let key: DocumentValue = ["data": ["key": .string(String(repeating: "k", count: 44))]]
    let seal = try #require(ReleaseSeal(key))
    let rendered = JSONRenderer(indent: 0).render(.map(try stored.configMap(seal).document))
    #expect(seal.isOn(try JSONReader.read(rendered), namespace: "n"))
    let back = try #require(StoredRelease(configMap: JSONReader.read(rendered)))
    #expect(back.record == record && back.objects == [object] && back.settings == stored.settings)
  }

  @Test func settingsThatDifferAreListedByPath() {
    let lines = SettingChanges.lines(
      from: ["a = 1", "b = 2", "c = 3"], to: ["a = 1", "b = 4", "b.x = 5", "d = 6"])
    #expect(lines == ["- b = 2", "+ b = 4", "+ b.x = 5", "- c = 3", "+ d = 6"])
  }

  @Test func pagesAreAskedForByTheirService() {
    let page = ReleasePlan.Page(app: "care", port: 80, path: "/a b?x=ü{}", status: 200, content: nil)
    #expect(
      ServiceProxy.address(of: page, "acme-qa")
        == "http://localhost/api/v1/namespaces/acme-qa/services/care:80/proxy/a%20b?x=%C3%BC%7B%7D")
  }
}

import KilnDocuments
import KilnKubernetes
import KilnPlan
import KilnTesting
import Testing

@testable import KilnGeneration

/// A namespace takes the pods that its Pod Security level is claimed for.
///
/// Source: "Pod Security Standards", kubernetes.io/docs/concepts/security/pod-security-standards, of Kubernetes 1.31.
struct PodSecurityTests {
  private static let addedInBaseline: Set<String> = [
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
    "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
  ]
  private static let volumesInRestricted: Set<String> = [
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret",
  ]

  /// What the level refuses in a pod's specification.
  private func refused(_ pod: DocumentValue, _ level: String) -> [String] {
    var found = ["hostNetwork", "hostPID", "hostIPC"].filter { pod[$0]?.isTrue == true }
    let containers = ["initContainers", "containers", "ephemeralContainers"].flatMap { pod[$0]?.items ?? [] }
    #expect(!containers.isEmpty)
    for volume in pod["volumes"]?.items ?? [] {
      let kinds = volume.members.pairs.map(\.0).filter { $0 != "name" }
      if kinds.contains("hostPath") { found.append("hostPath") }
      if level == "restricted" { found += kinds.filter { !Self.volumesInRestricted.contains($0) } }
    }
    let own = pod["securityContext"]
    for container in containers {
      let name = container["name"]?.textValue ?? ""
      let context = container["securityContext"]
      func setting(_ key: String) -> DocumentValue? { context?[key] ?? own?[key] }
      let added = (context?["capabilities"]?["add"]?.items ?? []).compactMap(\.textValue)
      let dropped = (context?["capabilities"]?["drop"]?.items ?? []).compactMap(\.textValue)
      if context?["privileged"]?.isTrue == true { found.append("\(name): privileged") }
      if (container["ports"]?.items ?? []).contains(where: { $0["hostPort"] != nil }) {
        found.append("\(name): hostPort")
      }
      found += added.filter { !Self.addedInBaseline.contains($0) }.map { "\(name): \($0)" }
      guard level == "restricted" else { continue }
      if setting("runAsNonRoot")?.isTrue != true { found.append("\(name): runAsNonRoot") }
      if setting("runAsUser")?.integerValue == 0 { found.append("\(name): runAsUser") }
      if !["RuntimeDefault", "Localhost"].contains(setting("seccompProfile")?["type"]?.textValue ?? "") {
        found.append("\(name): seccompProfile")
      }
      if context?["allowPrivilegeEscalation"] != false { found.append("\(name): allowPrivilegeEscalation") }
      if !dropped.contains("ALL") { found.append("\(name): drops not all") }
      found += added.filter { $0 != "NET_BIND_SERVICE" }.map { "\(name): adds \($0)" }
    }
    return found
  }

  /// The specification of an object's pods; nil where it has none.
  private func pod(_ object: KubernetesObject) -> DocumentValue? {
    let spec = object.document["spec"]
    return (spec?["jobTemplate"]?["spec"] ?? spec)?["template"]?["spec"]
  }

  @Test(arguments: ["kubernetes", "kubernetes-restricted"]) func theLevelTakesAllPods(_ name: String) throws {
    let golden = try #require(Golden.all(in: LoweringTests.folder).first { $0.description == name })
    var levels: Set<String> = []
    for plan in golden.workspace.plans {
      for deployment in plan.deployments {
        let staged = try deployment.stage.map { try #require(plan.at(stage: $0)) } ?? plan
        let lowering = KubernetesLowering(staged, deployment)
        let namespace = try #require(lowering.namespace)
        let level = try #require(
          namespace.document["metadata"]?["labels"]?["pod-security.kubernetes.io/enforce"]?.textValue)
        levels.insert(level)
        for object in lowering.objects + lowering.jobs {
          guard let pod = pod(object) else { continue }
          #expect(refused(pod, level) == [], "\(object.id)")
        }
      }
    }
    #expect(levels == [name == "kubernetes" ? "baseline" : "restricted"])
  }

  /// The rules above see what they should.
  @Test func whatIsNotRestrictedIsSeen() {
    let pod: DocumentValue = [
      "hostNetwork": true, "volumes": [["name": "a", "hostPath": ["path": "/"]]],
      "containers": [["name": "c", "securityContext": ["capabilities": ["add": ["SYS_ADMIN"]]]]],
    ]
    #expect(refused(pod, "baseline") == ["hostNetwork", "hostPath", "c: SYS_ADMIN"])
    #expect(refused(pod, "restricted").contains("c: runAsNonRoot"))
  }
}

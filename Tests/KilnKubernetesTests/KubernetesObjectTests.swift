import KilnDocuments
import KilnKubernetes
import Testing

struct KubernetesObjectTests {
  @Test func beginsAsPeopleWriteIt() {
    let object = KubernetesObject(
      "apps/v1", "Deployment", "care", namespace: "acme", metadata: ["labels": ["a": "b"]], ["spec": [:]])
    #expect(object.document.pairs.map(\.0) == ["apiVersion", "kind", "metadata", "spec"])
    #expect(object.id == .init(group: "apps", kind: "Deployment", name: "care"))
    #expect(KubernetesObject("v1", "Service", "care", namespace: nil, [:]).group.isEmpty)
  }

  @Test func dollarsAreText() {
    #expect(KubernetesText.literal("$(HOME) $$ $x") == "$$(HOME) $$$$ $$x")
  }
}

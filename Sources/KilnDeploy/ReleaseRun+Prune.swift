import KilnDocuments
import KilnKubernetes

extension ReleaseRun {
  /// What is never removed: data, and what others may have put things into.
  private static let keptKinds: Set<String> = ["PersistentVolumeClaim", "Namespace"]

  static func isRemovable(_ id: KubernetesObject.ID) -> Bool { !keptKinds.contains(id.kind) }

  /// Removes what earlier releases have applied and this one has not.
  func prune(_ earlier: [StoredRelease], keeping release: StoredRelease) async throws -> [KubernetesObject.ID] {
    let wanted = Set(release.objects.map(\.id))
    let known = Set(earlier.flatMap { $0.objects.map(\.id) })
    let objects = known.subtracting(wanted).filter { id in
      Self.isRemovable(id) && survey.live[id].map(Labels.areOwn) ?? false
    }
    // Releases that failed are never brought back.
    let kept = (earlier.filter { $0.record.outcome == .deployed } + [release]).flatMap { $0.record.secrets.values }
    let secrets = survey.live.all("Secret").filter { secret in
      Labels.areOwn(secret) && secret["metadata"]?["labels"]?[Labels.secret] != nil
        && !kept.contains(secret["metadata"]?["name"]?.textValue ?? "")
    }
    let ids = objects.sorted() + secrets.compactMap { KubernetesObject(document: $0.members)?.id }
    try check()
    try await remove(ids)
    return ids
  }

  /// Removes what `release` has made and `good` has not.
  func prune(_ release: StoredRelease, backTo good: StoredRelease) async throws {
    let wanted = Set(good.objects.map(\.id))
    let secrets = desired.newSecrets.map(\.id)
    let ids = (release.objects.map(\.id).filter { !wanted.contains($0) && Self.isRemovable($0) }) + secrets
    guard !ids.isEmpty else { return }
    let found = try await kubectl.objects(
      "look for what release \(release.record.number) has made", ["get", "--ignore-not-found"] + ids.map(\.argument))
    try await remove(found.filter(Labels.areOwn).compactMap { KubernetesObject(document: $0.members)?.id })
  }

  private func remove(_ ids: [KubernetesObject.ID]) async throws {
    guard !ids.isEmpty else { return }
    report(.step("removing \(Phrase.list(ids.map(\.description)))"))
    try await kubectl.output(
      "remove what is left", ["delete", "--ignore-not-found", "--wait=false"] + ids.map(\.argument))
  }
}

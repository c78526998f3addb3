import KilnDocuments
import KilnKubernetes

extension DesiredRelease {
  /// Whether the last release has deployed just this, and it still is there and ready.
  ///
  /// The namespace's own labels are compared with those of the last release: reading it is another question to the
  /// cluster, and what deploys to a namespace may have no right to.
  func isDeployed(_ content: ReleaseContent, _ survey: ClusterSurvey) -> Bool {
    guard let last = survey.releases.last, last.record.outcome == .deployed,
      last.record.customer == content.customer, last.record.stage == content.stage,
      last.record.specDigest == content.specDigest, last.record.images == content.images, newSecrets.isEmpty,
      last.record.secrets == secretNames, jobs.allSatisfy({ last.record.jobs[$0.name] == $0.digest }),
      isSame([namespace] + objects, last.objects.filter { $0.kind != "Job" })
    else { return false }
    return objects.allSatisfy { isReady($0, survey.live[$0.id]) }
  }

  private func isSame(_ one: [KubernetesObject], _ other: [KubernetesObject]) -> Bool {
    guard one.count == other.count else { return false }
    return zip(one, other).allSatisfy {
      DocumentValue.map($0.0.document).canonicalText == DocumentValue.map($0.1.document).canonicalText
    }
  }

  func isThere(_ object: KubernetesObject, _ live: DocumentValue) -> Bool {
    ObjectComparison.differences(.map(object.document), live).allSatisfy { $0 == "apiVersion" }
  }

  private func isReady(_ object: KubernetesObject, _ live: DocumentValue?) -> Bool {
    guard let live, isThere(object, live) else { return false }
    return WorkloadState(live)?.isDone ?? true
  }
}

package import KilnKubernetes

/// What came of a deployment that succeeded.
package struct DeployOutcome: Sendable, Equatable {
  /// The release that runs now.
  package let record: ReleaseRecord
  /// Whether the cluster was as it should be already: nothing has been changed.
  package let isUnchanged: Bool
  /// What the releases before had and this one has not.
  package let removed: [KubernetesObject.ID]

  package init(record: ReleaseRecord, isUnchanged: Bool, removed: [KubernetesObject.ID]) {
    self.record = record
    self.isUnchanged = isUnchanged
    self.removed = removed
  }
}

import KilnDocuments
package import KilnKubernetes

/// What a deployment would change.
package struct ReleasePreview: Sendable, Equatable {
  package enum Change: Sendable, Equatable {
    case added
    /// The fields that differ, as in `spec.template.spec.containers[0].image`.
    case changed([String])
    case removed
  }

  /// By kind and name.
  package let changes: [(id: KubernetesObject.ID, change: Change)]
  /// The workloads whose pods start anew, by name.
  package let restarts: [String]
  /// The jobs that run before, by name.
  package let jobs: [String]

  package var isEmpty: Bool { changes.isEmpty && jobs.isEmpty }

  /// A line for each: `+ configmap/care-3`, `~ deployment/care: spec.replicas`, `- cronjob/nightly`.
  package var lines: [String] {
    changes.map { id, change in
      switch change {
      case .added: "+ \(id)"
      case .changed(let paths): "~ \(id): \(Phrase.some(paths, limit: 5))"
      case .removed: "- \(id)"
      }
    }
  }

  init(_ desired: DesiredRelease, _ survey: ClusterSurvey) {
    var changes: [(id: KubernetesObject.ID, change: Change)] = []
    var restarts: [String] = []
    for object in desired.objects + desired.newSecrets {
      guard let live = survey.live[object.id] else {
        changes.append((object.id, .added))
        continue
      }
      let paths = ObjectComparison.differences(.map(object.document), live).filter { $0 != "apiVersion" }
      if !paths.isEmpty { changes.append((object.id, .changed(paths))) }
      let hasPods = WorkloadState.kinds.contains(object.kind)
      if hasPods, paths.contains(where: { $0.hasPrefix("spec.template") }) { restarts.append(object.name) }
    }
    let wanted = Set(desired.objects.map(\.id))
    for id in Set(survey.releases.flatMap { $0.objects.map(\.id) }).subtracting(wanted)
    where ReleaseRun.isRemovable(id) && id.kind != "Job" && survey.live[id].map(Labels.areOwn) ?? false {
      changes.append((id, .removed))
    }
    self.changes = changes.sorted { $0.id < $1.id }
    self.restarts = restarts.sorted()
    jobs = desired.dueJobs(after: survey.releases.last?.record).map(\.name)
  }

  package static func == (one: ReleasePreview, other: ReleasePreview) -> Bool {
    one.lines == other.lines && one.restarts == other.restarts && one.jobs == other.jobs
  }
}

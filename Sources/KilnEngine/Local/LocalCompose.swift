import KilnDocuments
import KilnGeneration
package import KilnPlan
import KilnSpec
package import SystemPackage

/// What only this machine knows of an environment, as a second Compose file: whose it is, which secrets it was started
/// with, and whether the app follows its source.
package struct LocalCompose: Sendable {
  package let plan: EnvironmentPlan
  package let root: FilePath
  /// Keyed digests of what each service reads, by service.
  package let secrets: [String: String]
  /// Names this run of `kiln up --mount`, which the apps follow; nil for others.
  package let session: String?
  /// Names the run of tests that the environment is for; nil for one that stays.
  package var run: String?

  package static let name = "compose.local.yaml"

  /// PHP looks at a file again only after two seconds; here it looks at every request.
  private static let settings = (source: "kiln-mount", folder: "/run/kiln-mount", text: "opcache.revalidate_freq = 0\n")

  package var text: String {
    var services: DocumentMap = [:]
    for workload in plan.workloads { services[workload.name] = .map(service(workload)) }
    var map: DocumentMap = ["services": .map(services), "networks": ["default": ["labels": .map(labels)]]]
    var volumes: DocumentMap = [:]
    for workload in plan.workloads {
      for volume in workload.volumes {
        var labels = labels
        // Compose sets it when it makes the volume, and never again.
        if plan.services.first(where: { $0.name == workload.name })?.access != nil,
          let digest = secrets[workload.name]
        {
          labels[LocalLabels.password] = .string(digest)
        }
        volumes[volume.name] = ["labels": .map(labels)]
      }
    }
    if !volumes.isEmpty { map["volumes"] = .map(volumes) }
    if session != nil { map["configs"] = [Self.settings.source: ["content": .string(Self.settings.text)]] }
    return YAMLRenderer(header: ["Written by `kiln up`."], documentStart: false).render(.map(map))
  }

  private var labels: DocumentMap {
    var labels: DocumentMap = [LocalLabels.root: .string(root.string.substituting("$", with: "$$"))]
    labels[LocalLabels.run] = run.map { .string($0) }
    return labels
  }

  private func service(_ workload: Workload) -> DocumentMap {
    var labels = labels
    if let digest = secrets[workload.name] { labels[LocalLabels.secrets] = .string(digest) }
    if workload.kind == .app {
      // Also where there is none: the image's own labels must not say it.
      let domains = plan.app(named: workload.name)?.domains ?? []
      labels[LocalLabels.port] = .string(workload.port.map(String.init) ?? "")
      labels[LocalLabels.domains] = .string(domains.map(\.value).joined(separator: ","))
    }
    guard workload.kind == .app, let session else { return ["labels": .map(labels)] }
    // A new container: what an earlier session brought into the old one is gone.
    labels[LocalLabels.session] = .string(session)
    return [
      "environment": ["PHP_INI_SCAN_DIR": .string(":\(Self.settings.folder)")], "labels": .map(labels),
      "configs": [
        ["source": .string(Self.settings.source), "target": .string("\(Self.settings.folder)/mount.ini")]
      ],
    ]
  }
}

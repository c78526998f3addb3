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
  /// Names this run of `kiln up --mount`; nil for others.
  package let session: String?

  package static let name = "compose.local.yaml"

  /// PHP looks at a file again only after two seconds; here it looks at every request.
  private static let settings = (source: "kiln-mount", folder: "/run/kiln-mount", text: "opcache.revalidate_freq = 0\n")

  package var text: String {
    var services: DocumentMap = [:]
    let names = plan.services.map(\.name) + (plan.spec.app == nil ? [] : [EnvironmentPlan.appService])
    for name in names { services[name] = .map(service(name)) }
    var map: DocumentMap = ["services": .map(services), "networks": ["default": ["labels": .map(labels)]]]
    let keeping = plan.services.filter { $0.definition.data != nil }
    if !keeping.isEmpty {
      map["volumes"] = .map(
        DocumentMap(
          keeping.map { service in
            var labels = labels
            // Compose sets it when it makes the volume, and never again.
            if service.access != nil, let digest = secrets[service.name] {
              labels[LocalLabels.password] = .string(digest)
            }
            return (EnvironmentPlan.volume(of: service.name), ["labels": .map(labels)])
          }))
    }
    if session != nil { map["configs"] = [Self.settings.source: ["content": .string(Self.settings.text)]] }
    return YAMLRenderer(header: ["Written by `kiln up`."], documentStart: false).render(.map(map))
  }

  private var labels: DocumentMap { [LocalLabels.root: .string(root.string.substituting("$", with: "$$"))] }

  private func service(_ name: String) -> DocumentMap {
    var labels = labels
    if let digest = secrets[name] { labels[LocalLabels.secrets] = .string(digest) }
    guard name == EnvironmentPlan.appService, let session else { return ["labels": .map(labels)] }
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

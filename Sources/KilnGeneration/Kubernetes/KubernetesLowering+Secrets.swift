import KilnDocuments
import KilnKubernetes
package import KilnPlan
import KilnSpec

/// Secrets: the cluster has them, no file does.
extension KubernetesLowering {
  /// A Secret that a deployment fills, and the uses that are its entries.
  package struct FilledSecret: Sendable, Hashable {
    package let name: String
    package let uses: [SecretUse]
  }

  /// Those of variables, by who reads them.
  package var filledSecrets: [FilledSecret] {
    var seen: Set<String> = []
    return workloads.compactMap { workload in
      let uses = workload.secrets.filter { source(of: $0, in: workload).isVariable }
      let name = Self.secretName(workload)
      guard !uses.isEmpty, seen.insert(name).inserted else { return nil }
      return FilledSecret(name: name, uses: uses)
    }
  }

  /// An app's is that of its workers and jobs.
  private static func secretName(_ workload: Workload) -> String { "\(workload.app ?? workload.name)-secrets" }

  private struct Source {
    /// Nil for one of a variable.
    var vault: (name: String, secret: String, version: String?)?
    var isVariable: Bool { vault == nil }
  }

  private func source(of use: SecretUse, in workload: Workload) -> Source {
    let name =
      workload.kind == .service
      ? plan.services.first { $0.name == workload.name }?.access?.password : use.file
    guard
      case .keyVault(let id, let secret, let version) = plan.spec.secrets.first(where: { $0.name.value == name })?
        .source
    else { return Source() }
    return Source(vault: (String(id.split(separator: "/").last ?? ""), secret, version))
  }

  /// The vaults that a workload reads, with what it reads of each.
  private func vaultUses(_ workload: Workload) -> [(
    vault: String, uses: [(use: SecretUse, secret: String, version: String?)]
  )] {
    var found: [(vault: String, uses: [(use: SecretUse, secret: String, version: String?)])] = []
    for use in workload.secrets {
      guard let vault = source(of: use, in: workload).vault else { continue }
      if let index = found.firstIndex(where: { $0.vault == vault.name }) {
        found[index].uses.append((use, vault.secret, vault.version))
      } else {
        found.append((vault.name, [(use, vault.secret, vault.version)]))
      }
    }
    return found
  }

  /// The class of each vault, and the Secret that the driver makes of it.
  func vaultNames(_ workload: Workload) -> [String] {
    let owner = workload.app ?? workload.name
    return vaultUses(workload).indices.map { $0 == 0 ? "\(owner)-vault" : "\(owner)-vault-\($0 + 1)" }
  }

  func secretNames(_ workload: Workload) -> [String] {
    let hasVariables = workload.secrets.contains { source(of: $0, in: workload).isVariable }
    return (hasVariables ? [Self.secretName(workload)] : []) + vaultNames(workload)
  }

  /// What tells the Secrets Store CSI driver which secrets to read. Source: its documentation for Azure's provider.
  func vaults(of workload: Workload) -> [KubernetesObject] {
    guard let access = deployment?.cluster?.keyVault else { return [] }
    return zip(vaultNames(workload), vaultUses(workload)).map { name, vault in
      let objects = vault.uses.map { one in
        "  - |\n    objectName: \(one.secret)\n    objectType: secret\n"
          + (one.version.map { "    objectVersion: \($0)\n" } ?? "")
      }
      return object(
        "secrets-store.csi.x-k8s.io/v1", "SecretProviderClass", name, labels: labels(of: workload),
        [
          "spec": [
            "provider": "azure",
            "parameters": [
              "keyvaultName": .string(vault.vault), "tenantId": .string(access.tenant),
              "clientID": .string(access.identity), "objects": .string("array:\n" + objects.joined()),
            ],
            "secretObjects": [
              [
                "secretName": .string(name), "type": "Opaque",
                "data": .list(
                  vault.uses.map { ["objectName": .string($0.secret), "key": .string($0.use.file)] }),
              ]
            ],
          ]
        ])
    }
  }
}

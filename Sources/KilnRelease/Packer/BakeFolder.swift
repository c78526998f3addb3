package import KilnArtifacts
package import SystemPackage

/// A private folder with what Packer and Ansible are given, and nothing else.
///
/// Both take up what lies beside a template, a playbook or an inventory and in the current folder: plugins, group
/// variables, settings. In a workspace somebody may have committed such files, and they would run on this machine.
package struct BakeFolder: Sendable {
  /// For this account alone.
  package let path: FilePath
  /// The Packer template, among the customer's generated files.
  package let template: FilePath

  /// - Parameter tree: What is generated for `customer`.
  /// - Throws: `FileSystemError`.
  package init(of customer: String, in tree: ArtifactTree) throws {
    path = try FilePath.privateFolder("kiln-bake")
    template = path.appending("generated").appending("packer").appending("\(customer).json")
    do {
      for folder in [workingFolder, temporaryFolder] { try UnlinkedFolder.make(folder, below: path) }
      let prefix = "\(customer)/"
      for (name, artifact) in tree.files where name.text.hasPrefix(prefix) {
        let file = path.appending("generated").pushing(FilePath(String(name.text.dropFirst(prefix.count))))
        try UnlinkedFolder.make(file.removingLastComponent(), below: path)
        try FileReplacement.replace([.init(path: file, bytes: artifact.bytes)])
      }
    } catch {
      remove()
      throw error
    }
  }

  /// What `packer init` reads.
  package var plugins: FilePath { template.removingLastComponent().appending("plugins.pkr.hcl") }
  /// Where Packer runs: empty.
  package var workingFolder: FilePath { path.appending("run") }
  /// Where Packer and Ansible make files of their own, the inventory among them.
  package var temporaryFolder: FilePath { path.appending("tmp") }
  /// What Packer says that it built.
  package var manifest: FilePath { path.appending("manifest.json") }

  package func remove() { path.removeAll() }
}

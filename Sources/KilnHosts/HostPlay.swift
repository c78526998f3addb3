import KilnAnsible
import KilnArtifacts
import KilnGeneration
import KilnPlan
import SystemPackage

/// A private folder with inventory, playbooks and roles for one run of Ansible, and nothing else.
///
/// They are those of `generated/hosts`, of the specs as they are now. Ansible takes up what lies beside a playbook or an
/// inventory: in a workspace somebody may have committed such files, and they would run here and on every host.
struct HostPlay: Sendable {
  /// For this account alone.
  let folder: FilePath

  /// - Parameter root: The workspace's.
  /// - Throws: `FileSystemError`.
  init(_ hosts: [HostPlan], of root: FilePath) throws {
    var tree = ArtifactTree()
    try HostsOutput(hosts, of: root).add(to: &tree, at: "")
    folder = try FilePath.privateFolder("kiln-hosts")
    do {
      for path in tree.paths {
        guard let artifact = tree.files[path] else { continue }
        try write(path.text, artifact.bytes, isPrivate: false)
      }
    } catch {
      remove()
      throw error
    }
  }

  /// - Parameters:
  ///   - path: Below the folder.
  ///   - isPrivate: Whether its mode is 0600; those that go to hosts keep theirs there.
  func write(_ path: String, _ bytes: [UInt8], isPrivate: Bool = true) throws {
    let file = folder.pushing(FilePath(path))
    try UnlinkedFolder.make(file.removingLastComponent(), below: folder)
    try FileReplacement.replace([.init(path: file, bytes: bytes, isPrivate: isPrivate)])
  }

  var inventory: FilePath { folder.appending("inventory.yaml") }
  /// An inventory without hosts, beside what only this run knows of them.
  var ownInventory: FilePath { folder.appending("run").appending("inventory.yaml") }

  func writeOwn(_ variables: AnsibleMap, of host: String) throws {
    try write("run/host_vars/\(host).yaml", Array(AnsibleVariables(variables).render().utf8))
  }

  func remove() { folder.removeAll() }
}

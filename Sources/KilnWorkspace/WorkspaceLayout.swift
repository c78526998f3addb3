import KilnGeneration
package import SystemPackage

/// Where a workspace has what Kiln leaves behind, `dist`, which is never committed.
package struct WorkspaceLayout: Sendable {
  package let root: FilePath

  package init(_ root: FilePath) { self.root = root }

  package var dist: FilePath { root.appending("dist") }
  /// Archives, logs and the state of one environment.
  package func folder(of customer: String) -> FilePath { dist.appending(customer) }
  /// What Packer printed when the machine was last baked.
  package func bakeLog(of customer: String) -> FilePath { folder(of: customer).appending("packer-build.log") }
  /// What Packer says that it built then; the generated template names it.
  package func bakeManifest(of customer: String) -> FilePath { folder(of: customer).appending("packer-manifest.json") }
  /// The goss files that containers are checked with.
  package func goss(of customer: String) -> FilePath { folder(of: customer).appending("goss") }
  /// Build contexts as folders.
  package var contexts: FilePath { root.pushing(FilePath(BakeLowering.contexts)) }

  /// What was written to output folders, relative to the root.
  package static let records = "dist/.generated"
}

package import SystemPackage

/// Where a workspace has what Kiln leaves behind, `dist`, which is never committed.
package struct WorkspaceLayout: Sendable {
  package let root: FilePath

  package init(_ root: FilePath) { self.root = root }

  /// Paths from the workspace's root, as generated files have them.
  package static let relative = WorkspaceLayout("")

  package static let distName = "dist"
  /// Which images were refreshed; Kiln writes it, and it is committed.
  package static let lockName = "kiln.lock"

  package var dist: FilePath { root.appending(Self.distName) }
  /// Archives, logs and the state of one environment.
  package func folder(of customer: String) -> FilePath { dist.appending(customer) }
  /// An image's packed context, by its folder's path below the output folder; the generated template names it.
  package func archive(_ folder: String) -> FilePath { dist.pushing(FilePath(folder + ".tar")) }
  /// What Packer printed when the machine was last baked.
  package func bakeLog(of customer: String) -> FilePath { folder(of: customer).appending("packer-build.log") }
  /// What Packer says that it built then; the generated template names it.
  package func bakeManifest(of customer: String) -> FilePath { folder(of: customer).appending("packer-manifest.json") }
  /// What the last bake made, of which recipe.
  package func bakeRecord(of customer: String) -> FilePath { folder(of: customer).appending("bake.json") }
  /// Copies of the deployment parameters' files with what the last bake put into them.
  package func parameters(of customer: String) -> FilePath { folder(of: customer).appending("parameters") }
  /// The goss files that containers are checked with.
  package func goss(of customer: String) -> FilePath { folder(of: customer).appending("goss") }
  /// What tests left: a folder for each, and the logs of what they examined.
  package func tests(of customer: String) -> FilePath { folder(of: customer).appending("tests") }
  /// The environments of tests that run at this time, or were killed.
  package func testRuns(of customer: String) -> FilePath { tests(of: customer).appending(".runs") }
  /// What load tests gave, a folder for each target.
  package func load(of customer: String) -> FilePath { folder(of: customer).appending("load") }
  /// The troubles that `kiln watch --once` has reported in a stage.
  package func watch(_ stage: String?) -> FilePath { dist.appending(".watch-\(stage ?? "")") }
  /// Build contexts: a link for each image, to the folder that was made last.
  package var contexts: FilePath { dist.appending("contexts") }
  /// Which images the workspace has put on engines.
  package var images: FilePath { dist.appending(".images") }

  /// What was written to output folders, relative to the root.
  package static let records = "\(distName)/.generated"
}

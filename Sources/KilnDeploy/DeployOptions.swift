/// How a release is deployed.
package struct DeployOptions: Sendable {
  /// Who deploys, as `USER@HOST` or what the pipeline says.
  package var deployer: String
  /// Seconds that data services, each job and the apps may take to be ready.
  package var timeout = 600.0
  /// Seconds to wait for another deployment to the namespace at most.
  package var lockTimeout = 600.0
  /// Whether a namespace that Kiln has not made is taken over.
  package var adopt = false
  /// Who approved, and why.
  package var approval: String?
  /// The release that this one takes from another stage, as in `qa 12`.
  package var origin: String?
  /// The commits since a release, newest first: `HASH AUTHOR: SUBJECT`. Nil for none before.
  package var commits: @Sendable (ReleaseRecord?) async -> [String] = { _ in [] }

  package init(deployer: String) { self.deployer = deployer }
}

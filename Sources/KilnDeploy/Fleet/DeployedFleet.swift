import KilnDocuments

/// What runs where: the answer to "which version does acme run, and what is in it?".
package struct DeployedFleet: Sendable, Hashable {
  /// By customer, then in the order in which they were given.
  package let deployments: [StageDeployment]
  /// When the clusters were asked: seconds since 1970.
  package let date: Int

  /// - Parameter deployments: Of a customer in the order of the stages.
  package init(_ deployments: [StageDeployment], at date: Int) {
    let sorted = deployments.enumerated().sorted {
      ($0.element.customer, $0.offset) < ($1.element.customer, $1.offset)
    }
    self.deployments = sorted.map(\.element)
    self.date = date
  }

  /// Whether nobody who was asked has answered.
  package var isUnanswered: Bool { !deployments.isEmpty && deployments.allSatisfy { $0.trouble != nil } }

  /// `3 customers, 5 deployments, 1 unhealthy`.
  package var summary: String {
    let running = deployments.count { $0.current != nil }
    let counts = [
      ("unhealthy", deployments.count { $0.current != nil && $0.health.word == "unhealthy" }),
      ("behind", deployments.count { $0.current != nil && ($0.behind?.count ?? 0) > 0 }),
      ("not deployed", deployments.count { $0.trouble == nil && $0.current == nil }),
      ("not known", deployments.count { $0.trouble != nil }),
    ]
    let parts = [
      Phrase.count(Set(deployments.map(\.customer)).count, "customer"), Phrase.count(running, "deployment"),
    ]
    return (parts + counts.filter { $0.1 > 0 }.map { "\($0.1) \($0.0)" }).joined(separator: ", ")
  }

  func age(_ deployment: StageDeployment) -> Int? { deployment.deployedAt.map { max(0, date - $0) } }
}

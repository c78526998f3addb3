package import KilnConsole
package import KilnPlan

extension SecretMask {
  /// What hides the values of an environment's secrets, as far as this process has them.
  /// - Parameter others: More variables that hold one.
  package init(of plan: EnvironmentPlan, in environment: [String: String], besides others: [String] = []) {
    self.init((plan.secretUses.map(\.variable) + others).compactMap { environment[$0] })
  }

  /// Another program's words, of one line, without values: a program may print what it was given.
  package func relayed(_ text: String) -> String { masked(Relayed.safe(masked(text))) }
}

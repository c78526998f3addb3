public import KilnArtifacts
public import KilnDiagnostics
public import KilnSpec

/// Digests over what images and machines are made from: the lowered recipes, which only a lowering knows.
///
/// Plans need them for tags, and lowerings need plans: whoever resolves plans gives this.
public protocol RecipeDigests: Sendable {
  /// - Throws: `RecipeError` for a value that no Dockerfile can carry.
  func runtime(_ contents: RuntimePlan.Contents) throws(RecipeError) -> ContentDigest
  /// - Throws: `RecipeError` for a value that no Dockerfile can carry.
  func service(_ contents: ServicePlan.Contents, on base: BaseDefinition) throws(RecipeError) -> ContentDigest
  /// - Throws: `RecipeError` for a value that no Dockerfile can carry.
  func app(_ app: AppPlan, of plan: EnvironmentPlan) throws(RecipeError) -> ContentDigest
  func machine(_ machine: MachinePlan, of plan: EnvironmentPlan) -> ContentDigest
}

/// A value that a lowering cannot represent.
public struct RecipeError: Error, Sendable, Hashable {
  public let message: String
  /// Where the spec has the value, or names what has it; nil where the lowering does not know.
  public let location: SourceLocation?
  /// The step that has it.
  public let step: SourceLocation?

  public init(_ message: String, at location: SourceLocation?, step: SourceLocation? = nil) {
    self.message = message
    self.location = location
    self.step = step
  }

  func diagnostic(at fallback: SourceLocation) -> Diagnostic {
    Diagnostic(
      "spec.unrepresentable", message, at: location ?? fallback, suggestion: "put such a value into a file",
      notes: step.map { [Diagnostic.Note("in this step", at: $0)] } ?? [])
  }
}

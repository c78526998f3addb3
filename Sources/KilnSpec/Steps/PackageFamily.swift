/// Distributions whose packages have one form. A further one is a case here and a `PackageManager` of `KilnGeneration`.
public enum PackageFamily: String, Sendable, Hashable, CaseIterable {
  case debian, ubuntu

  public var title: String {
    switch self {
    case .debian, .ubuntu: "Debian"
    }
  }

  /// The rule that a package's name breaks, or nil.
  public func packageProblem(_ name: String) -> String? {
    switch self {
    case .debian, .ubuntu: DebianPackageName.problem(name)
    }
  }
}

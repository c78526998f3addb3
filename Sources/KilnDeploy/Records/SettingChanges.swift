/// What differs between the settings of two releases.
package enum SettingChanges {
  /// `- path = value` for what is gone, `+ path = value` for what is new, by path; both lists are sorted.
  package static func lines(from old: [String], to new: [String]) -> [String] {
    let before = Set(old)
    let after = Set(new)
    let gone = old.filter { !after.contains($0) }.map { (path($0), 0, "- \($0)") }
    let added = new.filter { !before.contains($0) }.map { (path($0), 1, "+ \($0)") }
    return (gone + added).sorted { ($0.0, $0.1, $0.2) < ($1.0, $1.1, $1.2) }.map(\.2)
  }

  private static func path(_ setting: String) -> String {
    setting.split(separator: " = ", maxSplits: 1).first.map(String.init) ?? setting
  }
}

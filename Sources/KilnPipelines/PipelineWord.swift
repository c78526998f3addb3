import KilnDocuments

/// Words of shell scripts that stand in a CI system's definition.
///
/// Inside single quotes nothing means anything to the shell, but the systems look there as well: GitHub and Azure Pipelines
/// for `${{ … }}`, Azure Pipelines for `$(…)` and `$[…]`, GitLab for `$[[ … ]]`. The quotes are closed and opened again behind
/// such a dollar sign, and nothing of the kind is left.
public enum PipelineWord {
  /// `text`, which has no NUL, as one word.
  public static func quote(_ text: String) -> String {
    var out = ""
    var isDollar = false
    for scalar in ShellWord.quote(text).unicodeScalars {
      if isDollar, scalar == "(" || scalar == "[" || scalar == "{" { out += "''" }
      isDollar = scalar == "$"
      out.unicodeScalars.append(scalar)
    }
    return out
  }
}

import KilnDocuments
import KilnPlan
import KilnSpec

/// Variables in the syntaxes that a machine reads.
enum EnvironmentFile {
  /// systemd's `EnvironmentFile=`: in double quotes `"`, `\`, `` ` `` and `$` are escaped (systemd's env-file.c).
  static func systemd(_ variables: [NamedValue]) -> String {
    variables.map { variable in
      var value = ""
      for scalar in variable.value.unicodeScalars {
        if "\"\\`$".unicodeScalars.contains(scalar) { value += "\\" }
        value.unicodeScalars.append(scalar)
      }
      return "\(variable.name)=\"\(value)\"\n"
    }.joined()
  }

  /// POSIX shell.
  static func shell(_ variables: [NamedValue]) -> String {
    variables.map { "export \($0.name)=\(ShellWord.quote($0.value))\n" }.joined()
  }
}

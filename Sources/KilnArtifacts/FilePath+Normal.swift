package import SystemPackage

extension FilePath {
  /// The same as `lexicallyNormalized()`, at once for what has nothing to normalize: fleets name files by the ten thousand.
  package var normalized: FilePath {
    let isNormal = withPlatformString { text in
      var at = text
      var isStart = true
      while at.pointee != 0 {
        // A component that begins with a dot may be `.` or `..`.
        if isStart, at.pointee == 0x2E { return false }
        isStart = at.pointee == 0x2F
        at += 1
      }
      return true
    }
    return isNormal ? self : lexicallyNormalized()
  }

  /// Whether this is `folder`, which is no root, or in it; both normal.
  package func isIn(_ folder: FilePath) -> Bool {
    withPlatformString { own in
      folder.withPlatformString { other in
        var (one, two) = (own, other)
        while two.pointee != 0 {
          if one.pointee != two.pointee { return false }
          one += 1
          two += 1
        }
        return one.pointee == 0 || one.pointee == 0x2F
      }
    }
  }
}

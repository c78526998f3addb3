import KilnDiagnostics
import KilnTesting
import Testing

/// What no image could be run with, said before one is built.
struct SpecRulesTests {
  private func problems(_ spec: String) -> [String] {
    SampleWorkspace("runtime: {base: debian-12}\n\(spec)\n").problems.map(\.id)
  }

  @Test(arguments: ["/var/www/app", "/srv", "/process", "/development/x", "/system", "/run/app", "/run/secretsx"])
  func takesAsAWorkdir(_ folder: String) { #expect(problems("app: {source: ../app, workdir: \(folder)}") == []) }

  @Test(arguments: [
    "/", "/srv/", "/srv/../x", "//srv", "/proc", "/proc/self", "/proc/1/root", "/dev", "/dev/shm/x", "/sys",
    "/sys/fs/cgroup", "/run/secrets", "/run/secrets/x", "/var/run/secrets/x",
  ]) func refusesAsAWorkdir(_ folder: String) {
    #expect(problems("app: {source: ../app, workdir: \(folder)}") == ["spec.invalid-value"])
  }

  @Test(arguments: ["x", "acme.azurecr.io/a", "x:1", "x:80/team", "x:5000", "x:59999", "x:60000", "x:65535"])
  func takesAsARegistry(_ registry: String) { #expect(problems("images: {registry: \"\(registry)\"}") == []) }

  @Test(arguments: ["x:0", "x:99999", "x:65536", "x:65540", "x:66000", "x:70000", "x:123456", "x:080", "x:", "x:a"])
  func refusesAsARegistry(_ registry: String) {
    #expect(problems("images: {registry: \"\(registry)\"}") == ["spec.invalid-value"])
  }

  /// What each pair says, for folders that are one, one in the other, or merely begin alike.
  @Test func volumesAreApart() {
    let paths = ["/a", "/b/c/d", "/ab", "/b/c", "/b/c/d/e", "/b", "/a", "/c"]
    let volumes = paths.enumerated().map { "v\($0): {path: \($1)}" }.joined(separator: ", ")
    let found = SampleWorkspace("runtime: {base: debian-12}\napp: {source: ../app, volumes: {\(volumes)}}\n").problems
    #expect(
      found.map(\.message) == [
        #"the volumes "v1" and "v3" are one in the other"#, #"the volumes "v1" and "v4" are one in the other"#,
        #"the volumes "v1" and "v5" are one in the other"#, #"the volumes "v0" and "v6" are one in the other"#,
      ])
  }

  /// Each checks that it reaches the others: what is written grows with the square of their number.
  @Test func appsAreFew() {
    func found(_ count: Int) -> [String] {
      let apps = (1...count).map { "a\($0): {source: ../app}" }.joined(separator: ", ")
      return SampleWorkspace("runtime: {base: debian-12}\napps: {\(apps)}\n").problems.map(\.message)
    }
    #expect(found(100) == [])
    #expect(found(101) == ["apps has 101 entries"])
  }
}

import KilnDiagnostics
import KilnTesting
import Testing

/// What a small spec could make of a machine: outputs out of all proportion, and files that no disk takes.
struct LimitTests {
  private func problems(_ spec: String, components: [String: String] = [:]) -> [String] {
    SampleWorkspace(spec, components: components).problems.map { "\($0.id): \($0.message)" }
  }

  private static let app = "runtime: {base: debian-12, components: {nginx: {}}}\n"

  private static func named(_ count: Int, _ value: String, _ prefix: String) -> String {
    "{" + (0..<count).map { "\(prefix)\($0): \(value)" }.joined(separator: ", ") + "}"
  }

  @Test func stagesTimesProgramsAreLimited() {
    func spec(_ workers: Int, _ stages: Int) -> String {
      Self.app
        + "app: {source: ../a, port: 80, workers: \(Self.named(workers, "{command: [a]}", "w"))}\n"
        + "deploy: {kubernetes: {namespace: acme}}\nstages: \(Self.named(stages, "{}", "s"))\n"
    }
    #expect(problems(spec(49, 100)).filter { $0.hasPrefix("spec.too-many-programs") } == [])
    #expect(problems(spec(50, 100)).contains("spec.too-many-programs: 51 programs in 100 stages are more than 5000"))
  }

  @Test(arguments: ["workers: {command: [a]}", "jobs: {command: [a], run: before-deploy}", "volumes: {path: /v}"])
  func anAppHasAtMostAHundredOf(_ what: String) {
    let key = what.prefix { $0 != ":" }
    let value = what.dropFirst(key.count + 2)
    let spec = Self.app + "app: {source: ../a, port: 80, \(key): \(Self.named(101, String(value), "w"))}\n"
    #expect(problems(spec).contains("spec.invalid-value: \(key) has 101 entries"))
  }

  @Test func aStageHasANameThatFilesCanHave() {
    let name = String(repeating: "x", count: 64)
    let found = problems(Self.app + "app: {source: ../a, port: 80}\nstages: {\(name): {}}\n")
    #expect(found.first?.hasPrefix("spec.invalid-value: the name cannot be") == true)
  }

  private static func component(_ paths: [String]) -> String {
    "summary: x\nsteps:\n" + paths.map { "  - file: {path: \"\($0)\", content: a}\n" }.joined()
  }

  @Test func aFileIsNoFolderOfAnother() {
    let found = problems(
      "runtime: {base: debian-12, components: {c: {}}}\n", components: ["c": Self.component(["/x", "/y", "/x/a/y"])])
    #expect(found == ["spec.file-in-file: /x/a/y cannot be written: /x is a file"])
    #expect(
      problems("runtime: {base: debian-12, components: {c: {}}}\n", components: ["c": Self.component(["/x", "/xy/a"])])
        == [])
  }

  @Test func aFilesNameFitsADisk() {
    let name = String(repeating: "x", count: 256)
    let found = problems(
      "runtime: {base: debian-12, components: {c: {}}}\n", components: ["c": Self.component(["/etc/\(name)"])])
    #expect(found.count == 1 && found[0].hasSuffix("has a name of more than 255 bytes"))
  }
}

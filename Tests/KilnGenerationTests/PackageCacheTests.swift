import KilnGeneration
import KilnTesting
import Testing

/// Scripts of packages can write to the caches of package lists and downloads: who adds a source gets caches of its own.
struct PackageCacheTests {
  /// The identifiers of the caches that the runtime's installs use, in order.
  private func caches(_ components: [String: String], using names: String, base: String = "debian-12") throws
    -> [Substring]
  {
    let sample = SampleWorkspace(
      "runtime: {base: \(base), components: {\(names)}}\n",
      components: components.mapValues { "summary: One\n" + $0 })
    #expect(sample.problems.isEmpty, "\(sample.problems)")
    let dockerfile = try #require(
      sample.generated().first { $0.key.hasPrefix("runtimes/") && $0.key.hasSuffix("/Dockerfile") }?.value)
    return dockerfile.split(separator: "id=").dropFirst().map { $0.prefix { $0 != "," } }
  }

  private let plain = "steps:\n- packages: [one]\n"

  @Test func installsFromTheSameSourcesShareTheirCaches() throws {
    let alone = try caches(["a": plain], using: "a: {}")
    #expect(alone.count == 2 && Set(alone).count == 2)
    let both = try caches(["a": plain, "b": plain], using: "a: {}, b: {}")
    #expect(both == alone + alone)
    #expect(try Set(caches(["a": plain], using: "a: {}", base: "ubuntu-24.04")).isDisjoint(with: alone))
  }

  @Test(arguments: [
    "beforePackages: true\nsteps:\n- run: {script: add-source, creates: /source}\n",
    "beforePackages: true\nsteps:\n- file: {path: /etc/apt/sources.list.d/x.list, content: x}\n",
    "beforePackages: true\nsteps:\n- link: {path: /etc/apt/sources.list.d/x.list, target: /x}\n",
    "beforePackages: true\nsteps:\n- environment: {APT_CONFIG: /x}\n",
    "steps:\n- repository: {name: extra, uris: [https://packages.example.com], suites: [stable], signedBy: {content: KEY}}\n",
  ])
  func whoMayChangeTheSourcesHasCachesOfItsOwn(source: String) throws {
    let own = try caches(["a": plain], using: "a: {}")
    let after = try caches(["a": "requires: [source]\n" + plain, "source": source], using: "a: {}")
    #expect(after.count == 2 && Set(after).isDisjoint(with: own))
  }

  @Test func alsoAfterPackagesOfItsOwn() throws {
    let source = "beforePackages: true\nsteps:\n- packages: [one]\n- link: {path: /etc/apt/x, target: /x}\n"
    let all = try caches(["source": source, "a": "requires: [source]\n" + plain], using: "a: {}")
    #expect(all.count == 4 && Set(all.prefix(2)).isDisjoint(with: all.suffix(2)))
  }
}

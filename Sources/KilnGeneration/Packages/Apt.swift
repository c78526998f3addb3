package import KilnAnsible
package import KilnSpec

/// Debian's and Ubuntu's packages.
package struct Apt: PackageManager {
  package init() {}

  /// Lists that are older than those of the mirror are an error: a mirror that does not answer must not make an image of
  /// last month's packages. Packages are kept where the base image's own clean-up does not look for them.
  package func install(_ names: [String]) -> [String] {
    [
      "export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1", "apt-get update -o APT::Update::Error-Mode=any",
      "apt-get install -y --no-install-recommends -o Dir::Cache::Archives=kept \(names.joined(separator: " "))",
      "rm -rf /var/log/apt /var/log/dpkg.log /var/log/alternatives.log /var/cache/ldconfig/aux-cache",
    ]
  }

  package var caches: [String] { ["/var/cache/apt", "/var/lib/apt/lists"] }

  package var keyFolder: String { "/etc/apt/keyrings" }
  package func keyPath(of repository: Step.Repository) -> String { "\(keyFolder)/\(repository.name).asc" }

  /// In the form of deb822.
  package func source(of repository: Step.Repository) -> Step.File {
    var lines = [
      "Types: deb", "URIs: \(repository.uris.joined(separator: " "))",
      "Suites: \(repository.suites.joined(separator: " "))",
    ]
    if !repository.components.isEmpty { lines.append("Components: \(repository.components.joined(separator: " "))") }
    if !repository.architectures.isEmpty {
      lines.append("Architectures: \(repository.architectures.joined(separator: " "))")
    }
    lines.append("Signed-By: \(keyPath(of: repository))")
    return .init(
      path: "/etc/apt/sources.list.d/\(repository.name).sources",
      content: Array((lines.joined(separator: "\n") + "\n").utf8))
  }

  package var module: StaticString { "ansible.builtin.apt" }
  package var readingLists: AnsibleMap { ["update_cache": true, "cache_valid_time": 3600] }

  package var upgrading: AnsibleMap { ["upgrade": "dist", "lock_timeout": 600] }

  package func installing(_ names: [String], isReadingLists: Bool) -> AnsibleMap {
    var arguments: AnsibleMap = ["name": .texts(names), "state": "present", "install_recommends": false]
    if isReadingLists { arguments.set("update_cache", true) }
    return arguments
  }

  package func bootstrap(in folder: String, list: String) -> [String] {
    [
      "dpkg-query -W -f '${Package}\\n' | sort > \(folder)/packages",
      "$SUDO env DEBIAN_FRONTEND=noninteractive apt-get update -qq",
      "$SUDO env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3 python3-apt",
      "dpkg-query -W -f '${Package}\\n' | sort | comm -13 \(folder)/packages - | $SUDO tee \(list) >/dev/null",
    ]
  }

  package var facts: String {
    #"""
    dpkg-query -W -f 'package\t${Package}\t${Version}\n'
    dpkg-query -W -f 'depends\t${Package}\t${Pre-Depends} ${Depends}\n'
    for account in $(cut -d: -f1 /etc/passwd /etc/group | sort -u); do
      script=$(grep -lw -- "$account" /var/lib/dpkg/info/*.postinst 2>/dev/null | head -1)
      [ -z "$script" ] || printf 'maker\t%s\t%s\n' "$account" "$(basename "$script" .postinst)"
    done
    """#
  }
}

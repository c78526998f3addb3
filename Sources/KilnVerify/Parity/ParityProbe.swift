import KilnGeneration
package import KilnPlan
import KilnSpec

/// What is asked of an image, so that container and machine can be compared.
package struct ParityProbe: Sendable {
  /// A fact about an image.
  package struct Fact: Sendable, Hashable {
    /// As in `package`, `file`, `user`.
    package let kind: String
    package let name: String
  }

  /// Paths that steps of both sides cause, and the folder of the application.
  package let paths: [String]
  package let workdir: String?
  /// Names of variables that the spec sets.
  package let variables: [String]
  /// Services that run on both sides: the unit's name, and the program that a container starts.
  private let services: [(unit: String, program: String)]
  private let script: String

  package init(_ plan: MachinePlan) {
    var paths: Set<String> = []
    // Those of the runtime: values are given to both when they run.
    var variables = Set(plan.runtime.environment.map(\.name))
    for fact in plan.runtime.components.flatMap(\.steps).filter({ $0.only == nil }).flatMap(\.step.facts) {
      switch fact {
      case .file(let path, _, _, _, _), .directory(let path, _, _, _), .link(let path, _): paths.insert(path)
      case .variable(let name): variables.insert(name)
      case .package, .repository, .account, .exists: break
      }
    }
    var services: [String: String] = [:]
    for step in plan.runtime.components.flatMap(\.steps) where step.only == nil {
      if case .service(let service) = step.step, let program = service.command.first {
        services[service.name] = program
      }
    }
    self.services = services.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    script = Self.script(plan.base.family.packageManager)
    self.paths = paths.sorted()
    workdir = plan.app?.spec.workdir.value
    self.variables = variables.sorted()
  }

  /// For `/bin/sh -c`; tab-separated lines: kind, name, value. Arguments: the application's folder or nothing, how many
  /// variables, their names, how many services, unit and program of each, the paths.
  private static func script(_ packages: any PackageManager) -> String {
    #"""
    set -u
    [ -r \#(MachineFiles.profile) ] && . \#(MachineFiles.profile)
    tab=$(printf '\t')
    \#(packages.facts)
    [ -r \#(MachineFiles.bootstrapPackages) ] && sed 's/.*/bootstrap\t&\tyes/' \#(MachineFiles.bootstrapPackages)
    sed 's/^\([^:]*\):[^:]*:\(.*\)$/user\t\1\t\2/' /etc/passwd
    sed 's/^\([^:]*\):[^:]*:\(.*\)$/group\t\1\t\2/' /etc/group
    if command -v php >/dev/null 2>&1; then php -m | sed -n 's/^[A-Za-z].*/php-module\t&\tyes/p'; fi
    one() {
      if [ -L "$1" ]; then value="link to $(readlink "$1")"
      elif [ -f "$1" ]; then value="$(stat -c '%a %U:%G' "$1") sha256:$(sha256sum < "$1" | cut -c1-64)"
      elif [ -e "$1" ]; then value="$(stat -c '%a %U:%G %F' "$1")"
      else value="not there"; fi
      printf 'file\t%s\t%s\n' "$1" "$value"
    }
    workdir=$1; count=$2; shift 2
    while [ "$count" -gt 0 ]; do
      eval "value=\${$1-}"; printf 'variable\t%s\t%s\n' "$1" "$(printf %s "$value" | base64 | tr -d '\n')"
      shift; count=$((count - 1))
    done
    # A machine starts a service by its unit, a container by its program.
    count=$1; shift
    while [ "$count" -gt 0 ]; do
      value=no
      if [ -e \#(MachineFiles.release) ]; then
        for folder in /etc/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
          if [ -e "$folder/$1.service" ]; then value=yes; fi
        done
        if [ -e "/etc/init.d/$1" ]; then value=yes; fi
      elif command -v "$2" >/dev/null 2>&1; then value=yes
      fi
      printf 'service\t%s\t%s\n' "$1" "$value"
      shift 2; count=$((count - 1))
    done
    for path in "$@"; do one "$path"; done
    if [ -n "$workdir" ]; then find "$workdir" | sort | while IFS= read -r path; do one "$path"; done; fi
    """#
  }

  package var arguments: [String] {
    [script, "parity", workdir ?? "", String(variables.count)] + variables
      + [String(services.count)] + services.flatMap { [$0.unit, $0.program] } + paths
  }

  /// The facts that the script printed.
  package static func facts(_ output: String) -> [Fact: String] {
    var facts: [Fact: String] = [:]
    for line in output.split(separator: "\n") {
      let parts = line.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
      if parts.count == 3 { facts[Fact(kind: parts[0], name: parts[1])] = parts[2] }
    }
    return facts
  }
}

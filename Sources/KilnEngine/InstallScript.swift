package import KilnPlan
import KilnSpec

/// A POSIX shell script that installs what a workspace's commands need and a Debian or Ubuntu machine lacks.
///
/// Packages of the distribution come first; what it has not is downloaded from its maker and compared with the digest that the
/// maker publishes beside it.
package struct InstallScript: Sendable {
  private let tools: [Tool]

  /// - Parameter plans: What the tools are for; nil for everything.
  package init(for plans: [EnvironmentPlan]?) {
    tools = Tool.allCases.filter { tool in
      guard let plans else { return true }
      return plans.contains(where: tool.isNeeded)
    }
  }

  private enum Tool: String, CaseIterable {
    case base, docker, buildx, compose, kubectl, ansible, packer, goss, jmeter, az

    func isNeeded(_ plan: EnvironmentPlan) -> Bool {
      let hasImages = !plan.apps.isEmpty || !plan.services.isEmpty
      return switch self {
      case .base: true
      case .docker, .buildx, .goss: hasImages || plan.machine != nil
      case .compose: hasImages
      case .kubectl: plan.spec.kubernetes != nil
      case .ansible, .packer: plan.machine != nil
      case .jmeter: !plan.spec.loadTests.isEmpty
      case .az: plan.spec.azureDeployment != nil
      }
    }

    /// What the script does for it.
    var lines: [String] {
      switch self {
      case .base:
        [
          "lacks git && need git", "lacks curl && need curl ca-certificates", "lacks jq && need jq",
          "lacks unzip && need unzip",
        ]
      case .docker: ["lacks docker && need docker.io"]
      case .buildx:
        ["docker buildx version >/dev/null 2>&1 || later buildx docker-buildx docker-buildx-plugin"]
      case .compose:
        // The package `docker-compose` is another program on older distributions.
        ["docker compose version >/dev/null 2>&1 || later compose docker-compose-v2 docker-compose-plugin"]
      case .kubectl: ["lacks kubectl && later kubectl kubernetes-client"]
      case .ansible: ["lacks ansible-playbook && need ansible"]
      case .packer: ["lacks packer && later packer packer"]
      case .goss: ["lacks goss && later goss goss"]
      case .jmeter: ["lacks jmeter && need jmeter jmeter-http"]
      case .az: ["lacks az && need azure-cli"]
      }
    }

    /// How it is had from its maker.
    var download: String? {
      switch self {
      case .kubectl:
        """
        kubectl)
          version=${KUBECTL_VERSION:-$(fetch https://dl.k8s.io/release/stable.txt)}
          fetch "https://dl.k8s.io/release/$version/bin/linux/$arch/kubectl" > "$work/kubectl"
          sum=$(fetch "https://dl.k8s.io/release/$version/bin/linux/$arch/kubectl.sha256")
          put kubectl "$sum" ;;
        """
      case .packer:
        """
        packer)
          version=${PACKER_VERSION:-1.11.2}
          url=https://releases.hashicorp.com/packer/$version
          fetch "$url/packer_${version}_linux_$arch.zip" > "$work/packer.zip"
          sum=$(fetch "$url/packer_${version}_SHA256SUMS" | sed -n "s/  packer_${version}_linux_$arch.zip\\$//p")
          same "$work/packer.zip" "$sum"
          unzip -q -o "$work/packer.zip" packer -d "$work"
          $sudo install -m 755 "$work/packer" /usr/local/bin/packer ;;
        """
      case .goss:
        """
        goss)
          version=${GOSS_VERSION:-v0.4.9}
          url=https://github.com/goss-org/goss/releases/download/$version/goss-linux-$arch
          fetch "$url" > "$work/goss"
          sum=$(fetch "$url.sha256" | cut -d ' ' -f 1)
          put goss "$sum" ;;
        """
      case .buildx:
        """
        buildx)
          version=${BUILDX_VERSION:-v0.19.3}
          url=https://github.com/docker/buildx/releases/download/$version
          fetch "$url/buildx-$version.linux-$arch" > "$work/docker-buildx"
          sum=$(fetch "$url/checksums.txt" | sed -n "s/ .*buildx-$version.linux-$arch\\$//p")
          put_plugin docker-buildx "$sum" ;;
        """
      case .compose:
        """
        compose)
          version=${COMPOSE_VERSION:-v2.32.1}
          url=https://github.com/docker/compose/releases/download/$version/docker-compose-linux-$(uname -m)
          fetch "$url" > "$work/docker-compose"
          sum=$(fetch "$url.sha256" | cut -d ' ' -f 1)
          put_plugin docker-compose "$sum" ;;
        """
      case .base, .docker, .ansible, .jmeter, .az: nil
      }
    }
  }

  package var text: String {
    let downloads = tools.compactMap(\.download)
    var out = """
      #!/bin/sh
      # Installs what Kiln's commands need here and this machine lacks: Debian and Ubuntu. Made by
      # `kiln doctor --install-script`. What the distribution has not comes from its maker, compared with the maker's digest.
      set -eu
      packages=
      others=
      lacks() { ! command -v "$1" >/dev/null 2>&1; }
      need() { packages="$packages $*"; }
      offers() { apt-cache show "$1" >/dev/null 2>&1; }
      # NAME PACKAGE…: the first package that there is, else from its maker.
      later() {
        refresh
        tool=$1
        shift
        for name in "$@"; do if offers "$name"; then need "$name"; return; fi; done
        others="$others $tool"
      }
      sudo=
      if [ "$(id -u)" != 0 ]; then sudo=sudo; fi
      refreshed=
      refresh() {
        if [ -n "$refreshed" ]; then return; fi
        refreshed=yes
        if lacks apt-get; then
          echo 'kiln: this is no Debian or Ubuntu: "kiln doctor" says which tools are needed' >&2
          exit 1
        fi
        $sudo apt-get update -qq
      }


      """
    for line in tools.flatMap(\.lines) {
      let test = line.replacing(" && need", with: "; then need").replacing(" && later", with: "; then later")
      if line.hasPrefix("lacks") {
        out += "if \(test); fi\n"
      } else {
        out += line + "\n"
      }
    }
    out += """

      if [ -n "$packages" ]; then
        refresh
        echo "kiln: installing$packages" >&2
        # Names are words.
        # shellcheck disable=SC2086
        DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $packages >/dev/null
      fi

      """
    if !downloads.isEmpty {
      out += """
        if [ -n "$others" ]; then
          echo "kiln: downloading$others" >&2
          work=$(mktemp -d)
          trap 'rm -rf "$work"' EXIT
          case $(uname -m) in
          x86_64) arch=amd64 ;;
          aarch64) arch=arm64 ;;
          *) echo "kiln: there is no$others for $(uname -m)" >&2; exit 1 ;;
          esac
          fetch() { curl -fsSL --proto '=https' "$1"; }
          same() { echo "$2  $1" | sha256sum -c --quiet -; }
          put() { same "$work/$1" "$2"; $sudo install -m 755 "$work/$1" "/usr/local/bin/$1"; }
          plugins=/usr/local/lib/docker/cli-plugins
          put_plugin() { same "$work/$1" "$2"; $sudo install -D -m 755 "$work/$1" "$plugins/$1"; }
          for name in $others; do
            case $name in

        """
      for download in downloads {
        out += download.split(separator: "\n").map { "    \($0)\n" }.joined()
      }
      out += "    esac\n  done\nfi\n"
    }
    return out
  }
}

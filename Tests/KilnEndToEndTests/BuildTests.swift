import Foundation
import Testing

/// Several builds at once, with an engine that can be made to wait.
@Suite(.enabled(if: EndToEnd.isRequested, EndToEnd.skipped))
struct BuildTests {
  /// Stands in for docker: an image is a copy of its context, made when the file `go` is there.
  private static let docker = #"""
    #!/bin/bash
    store=$KILN_STORE
    tag() { echo "$store/tags/$(echo "$1" | tr '/:' '__')"; }
    case "$1" in
    version) echo 1 ;;
    image) cat "$(tag "${@: -1}")" 2>/dev/null || { echo 'Error: No such image' >&2; exit 1; } ;;
    tag) echo "$2" > "$(tag "$3")" ;;
    build)
      folder=${@: -1}
      while [ $# -gt 0 ]; do [ "$1" = --iidfile ] && file=$2; shift; done
      if [[ $folder == */app ]] && mkdir "$store/first" 2>/dev/null; then
        for _ in $(seq 600); do [ -e "$store/go" ] && break; sleep 0.05; done
      fi
      id=sha256:$(cd "$folder" && find . -type f -exec sha256sum {} + | sort | sha256sum | cut -d' ' -f1)
      rm -rf "$store/images/$id"; cp -r "$folder" "$store/images/$id"
      printf %s "$id" > "$file" ;;
    *) exit 1 ;;
    esac
    """#

  private func withWorkspace(_ body: (URL) throws -> Void) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try sh("kiln init W && mkdir -p W/bin W/store/tags W/store/images", in: folder.url)
    let root = folder.url.appending(path: "W")
    try Self.docker.write(to: root.appending(path: "bin/docker"), atomically: true, encoding: .utf8)
    try """
    version: 1
    customer: hello
    runtime: {base: debian-12}
    app: {source: ../apps/hello}

    """.write(to: root.appending(path: "environments/hello.yaml"), atomically: true, encoding: .utf8)
    try sh("chmod +x bin/docker; rm -rf apps/hello/*", in: root)
    try body(root)
  }

  private static let begin = "export PATH=$PWD/bin:$PATH KILN_STORE=$PWD/store\n"

  /// A build, an edit while the engine has not read the context yet, another build: each tag names its own files.
  @Test func aTagNamesTheFilesThatItIsTheDigestOf() throws {
    try withWorkspace { root in
      let result = try sh(
        Self.begin + """
          echo one > apps/hello/index.html
          kiln build hello --engine docker -q > first.txt & pid=$!
          for _ in $(seq 200); do [ -e store/first ] && break; sleep 0.05; done
          echo two > apps/hello/index.html
          kiln build hello --engine docker -q > second.txt
          kiln build hello --engine docker -q > third.txt
          touch store/go; wait $pid
          for name in first second third; do
            image=$(grep /app: $name.txt | cut -d' ' -f1)
            cat store/images/$(cat store/tags/$(echo $image | tr '/:' '__'))/app/index.html
          done
          [ "$(grep /app: second.txt)" = "$(grep /app: third.txt)" ]
          kiln build hello --engine docker -q > fourth.txt
          ls -d dist/contexts/hello/apps/app.staged/*/ | wc -l
          """, in: root)
      // The folder of the first build is removed by the next one after it.
      #expect(result.output == "one\ntwo\ntwo\n1\n")
    }
  }

  @Test func whatWasChangedWhileItWasBuiltGetsNoTag() throws {
    try withWorkspace { root in
      let result = try sh(
        Self.begin + """
          echo one > apps/hello/index.html
          kiln build hello --engine docker -q > first.txt 2> error.txt & pid=$!
          for _ in $(seq 200); do [ -e store/first ] && break; sleep 0.05; done
          echo other > dist/contexts/hello/apps/app/app/index.html
          touch store/go
          wait $pid && exit 3
          cat error.txt; ls store/tags
          """, in: root)
      #expect(result.output.contains("hello/app: its context was changed while it was built"))
      #expect(!result.output.contains("_app_"), "\(result.output)")
    }
  }

  /// A refresh gives the runtime another tag, which every later command uses, and leaves the old one as it is.
  @Test func aRefreshIsUsedUntilTheRecipeChanges() throws {
    try withWorkspace { root in
      let result = try sh(
        Self.begin + """
          touch store/go; echo one > apps/hello/index.html
          kiln build hello --engine docker -q | cut -d' ' -f1 > first
          kiln build hello --engine docker -q --refresh 2> note | cut -d' ' -f1 > second
          kiln build hello --engine docker -q | cut -d' ' -f1 > third
          kiln generate -q
          cmp second third; grep -q 'kiln.lock names the refreshed images' note
          [ "$(grep -c -F -f <(grep runtime second) generated/hello/apps/app/Dockerfile)" -ge 1 ]
          head -1 first > one; grep runtime second > two
          sed "s/-r$(date -u +%Y%m%d)$//" two | cmp - one
          grep -q "$(sed 's/.*://' one)" kiln.lock
          # Another recipe: nobody has refreshed it.
          sed -i 's/{base: debian-12}/{base: debian-12, environment: {A: b}}/' environments/hello.yaml
          kiln build hello --engine docker -q | cut -d' ' -f1 > fourth
          grep runtime fourth | grep -v -e '-r20'
          ls store/tags | grep -c runtime
          """, in: root)
      #expect(result.output.hasSuffix("\n3\n"), "\(result.output)")
    }
  }
}

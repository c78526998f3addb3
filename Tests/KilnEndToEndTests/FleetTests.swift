import Foundation
import Testing

/// Many customers at once, with the real engine, Git and browser.
@Suite(.enabled(if: EndToEnd.isRequested, EndToEnd.skipped), .serialized)
struct FleetTests {
  private static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private func withFleet(of customers: Int, _ body: (URL) throws -> Void) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try sh("python3 '\(Self.repository.path)/benchmarks/fleet.py' W \(customers)", in: folder.url)
    try body(folder.url)
  }

  @Test func bakeBuildsEachRuntimeOnceAndAgainOnlyWhatChanged() throws {
    let folder = try TemporaryFolder()
    let root = folder.url.appending(path: "W")
    defer {
      _ = try? sh("docker rmi -f $(docker images -q 'kilnfleet*/*')", in: folder.url, expecting: nil)
      folder.remove()
    }
    try sh("kiln init W && rm W/environments/*", in: folder.url)
    let mark = UUID().uuidString
    for (customer, components) in [
      ("a", "{apache: {}}"), ("b", "{apache: {}}"), ("c", "{apache: {modules: [rewrite]}}"),
    ] {
      try sh(
        """
        mkdir -p apps/\(customer); echo '\(customer) \(mark)' > apps/\(customer)/index.html
        cat > environments/kilnfleet\(customer).yaml <<'END'
        version: 1
        customer: kilnfleet\(customer)
        runtime: {base: debian-12, components: \(components), environment: {MARK: "\(mark)"}}
        app: {source: ../apps/\(customer), port: 80}
        END
        """, in: root)
    }
    try sh("kiln generate -q", in: root)
    let bake =
      "kiln pack --folders -q > packed && docker buildx bake --progress=plain -f dist/docker-bake.json"
    /// Targets with a step that was run, and not taken from the cache.
    func built() throws -> [String] {
      let log = try sh("\(bake) 2>&1", in: root).output
      var steps: [Substring: Substring] = [:]
      for line in log.split(separator: "\n") where line.hasPrefix("#") {
        let words = line.split(separator: " ", maxSplits: 3)
        // `#7 [kilnfleeta_app 2/3] COPY …`; loading and exporting have no number.
        if words.count > 2, words[1].hasPrefix("["), words[2].contains("/"), !line.contains(" FROM ") {
          steps[words[0]] = words[1].dropFirst()
        }
        if words.count > 1, words[1] == "CACHED" { steps[words[0]] = nil }
      }
      return Set(steps.values.map(String.init)).sorted()
    }
    let first = try built()
    #expect(["a", "b", "c"].allSatisfy { first.contains("kilnfleet\($0)_app") }, "\(first)")
    let images = "docker images --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}' 'kilnfleet*/*' | sort"
    let before = try sh(images, in: root).output
    #expect(before.split(separator: "\n").count == 3)
    // Each runtime once: two customers share one, and `kiln build` finds what bake made.
    let runtimes = try sh(
      "docker images --format '{{.Repository}}:{{.Tag}}' kiln/runtime | grep -c -F -f <(jq -r '.target[].tags[]?' dist/docker-bake.json)",
      in: root)
    #expect(runtimes.output == "2\n")
    #expect(try sh("kiln build --format json | jq -r '.images[].action' | sort -u", in: root).output == "kept\n")

    #expect(try built() == [])
    try sh("echo edited >> apps/b/index.html", in: root)
    #expect(try built() == ["kilnfleetb_app"])
    let after = try sh(images, in: root).output.split(separator: "\n")
    #expect(after.count == 4 && before.split(separator: "\n").allSatisfy(after.contains))
  }

  @Test func theTreeIsTheSameWhateverTheOrderTheWorkersAndTheLocale() throws {
    try withFleet(of: 200) { folder in
      let digest = "find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum"
      let digests = try sh(
        """
        set -eu
        kiln generate -q -j 1 -w W -o "$PWD/one"
        # The files of the folder made in another order.
        mkdir V; cp -r W/apps W/profiles W/kiln.yaml V; mkdir V/environments
        for file in $(ls W/environments | sort -R --random-source=/dev/zero); do cp W/environments/$file V/environments; done
        (cd V && LC_ALL=tr_TR.UTF-8 TZ=Asia/Tokyo SWIFT_DETERMINISTIC_HASHING=1 kiln generate -q -j 8 -o "$PWD/../two")
        umask 077; kiln generate -q -w W -o "$PWD/three"
        for tree in one two three; do (cd $tree; \(digest)); done | sort -u | wc -l
        """, in: folder)
      #expect(digests.output.trimmingCharacters(in: .whitespacesAndNewlines) == "1")
    }
  }

  @Test func aKilledRunLeavesNothingThatTheNextDoesNotMend() throws {
    try withFleet(of: 1000) { folder in
      try sh("kiln generate -q -w W -o \"$PWD/whole\"", in: folder)
      // Killed while it makes folders, and, with another profile, while it replaces files.
      let moments = [
        #"[ -e "$o/.kiln-new" ]"#, #"[ "$(ls "$o" 2>/dev/null | wc -l)" -ge 300 ]"#, #"[ -e "$o/.kiln-journal" ]"#,
        #"[ -s "$o/.kiln-journal" ]"#,
      ]
      for (number, moment) in moments.enumerated() {
        let result = try sh(
          """
          set -u; o="$PWD/out\(number % 2)"
          for attempt in 1 2 3 4 5; do
            \(number < 2 ? #"rm -rf "$o""# : #"kiln generate -q -w W -o "$o""#)
            sed -i 's/modules: \\[rewrite, headers\\]/modules: [rewrite]/' W/profiles/web-0\(number).yaml
            kiln generate -q -w W -o "$o" & pid=$!
            until \(moment) || ! kill -0 $pid 2>/dev/null; do :; done
            kill -9 $pid 2>/dev/null || true; code=0; wait $pid 2>/dev/null || code=$?
            # The specs go on meanwhile.
            sed -i 's/modules: \\[rewrite\\]/modules: [rewrite, headers]/' W/profiles/web-0\(number).yaml
            [ $code = 137 ] && break
          done
          [ $code = 137 ] || exit 5
          kiln generate -q -w W -o "$o" || exit 1
          diff -r whole "$o" || exit 2
          find "$o" -name '.*' -mindepth 1 | head
          cd "$o"; jq -r '.files | to_entries[] | .value.sha256 + "  " + .key' index.json | sha256sum -c --quiet || exit 3
          test "$(jq '.files | length' index.json)" = "$(find . -type f ! -name index.json | wc -l)" || exit 4
          """, in: folder, expecting: nil)
        #expect(
          result.status == 0 && result.output.isEmpty,
          "\(moment): \(result.status) \(result.output.prefix(300)) \(result.error.prefix(800))")
      }
    }
  }

  @Test func sinceACommitTellsWhatIsBuiltAndWhy() throws {
    try withFleet(of: 40) { folder in
      let text = try sh(
        """
        set -eu; cd W
        git init -q . && printf 'dist/\\n' > .gitignore && git add -A
        git -c user.email=a@example.com -c user.name=a commit -qm first
        kiln plan --since HEAD
        sed -i 's/version: "8.2"/version: "8.2", ini: {memory_limit: 512M}/' profiles/web-03.yaml
        echo '# new' >> apps/shop/index.php; echo no > apps/shop/.dockerignore; echo left-out > apps/shop/no
        kiln plan --since HEAD
        kiln plan --since HEAD --format json | jq -c '.counts'
        kiln plan --since HEAD --format markdown | grep -c '^|'
        kiln plan --since HEAD --format gitlab --kind runtime | python3 -c 'import sys, yaml; print(len(yaml.safe_load(sys.stdin)))'
        git status --porcelain | wc -l
        """, in: folder, expecting: nil)
      #expect(text.status == 0, "\(text.error)")
      let lines = text.output.split(separator: "\n").map(String.init)
      #expect(lines.first == "since HEAD: nothing would be built")
      #expect(
        lines.contains {
          $0.hasPrefix("runtime debian-12-") && $0.contains("php ini") && $0.contains("profiles/web-03.yaml:")
            && $0.hasSuffix("; 4 customers")
        }, "\(text.output)")
      #expect(lines.contains { $0.contains("apps/shop: .dockerignore and another file changed") }, "\(text.output)")
      #expect(lines.contains(#"{"app":40,"machine":40,"runtime":1,"service":0}"#), "\(text.output)")
      #expect(lines.suffix(2) == ["2", "4"])
    }
  }

  /// A definition copies a file from beside its folder; the branch it is compared with goes on.
  @Test func sinceABranchPointTellsWhatTheBranchChanges() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let text = try sh(
      """
      git init -q -b main r; cd r; git config user.email a@example.com; git config user.name a
      mkdir -p w/components w/environments w/files; cd w; echo 'version: 1' > kiln.yaml; echo one > files/motd
      printf 'summary: a message\nsteps:\n  - file: {path: /etc/motd, source: ../files/motd}\n' > components/motd.yaml
      for name in acme globex; do
        printf 'version: 1\ncustomer: %s\nruntime: {base: debian-12, components: {motd: {}}}\n' $name > environments/$name.yaml
      done
      git add -A; git commit -qm first; git checkout -qb topic
      kiln plan --since main...
      git checkout -q main; sed -i 's/debian-12/ubuntu-24.04/' environments/globex.yaml; git commit -qam other
      git checkout -q topic; echo two > files/motd; git commit -qam motd
      kiln plan --since main... | tail -n 1
      kiln plan --since main | grep -c 'base ubuntu-24.04 → debian-12'
      cd ../..; git clone -q --depth 1 -b topic "file://$PWD/r" shallow; cd shallow/w
      ! kiln plan --since HEAD~1 2>&1
      ! kiln plan --since nosuch... 2>&1
      """, in: folder.url, expecting: nil)
    #expect(text.status == 0, "\(text.error)")
    let lines = text.output.split(separator: "\n").map(String.init)
    #expect(lines.first == "since main...: nothing would be built", "\(text.output)")
    #expect(lines.dropFirst().first?.hasSuffix(": motd: a step changed, components/motd.yaml:3; 2 customers") == true)
    #expect(lines.dropFirst(2).first == "1", "\(text.output)")
    #expect(lines.filter { $0.contains("git fetch --unshallow") }.count == 2, "\(text.output)")
  }

  /// What a person sees of 40 customers: every name whole and in its box, nothing on top of anything else.
  @Test(.enabled(if: EndToEnd.browser != nil, "no browser")) func theGraphCanBeReadInABrowser() throws {
    try withFleet(of: 40) { folder in
      let browser = try #require(EndToEnd.browser)
      try sh(
        "kiln plan -w W --fleet --format html > fleet.html; kiln plan -w W --fleet --format svg > fleet.svg", in: folder
      )
      let probe = Self.repository.appending(path: "Tests/KilnEndToEndTests/Browser/visible.py").path
      for page in ["fleet.html", "fleet.svg"] {
        let seen = try sh("python3 '\(probe)' '\(browser)' \(page)", in: folder, expecting: nil)
        #expect(seen.status == 0, "\(page): \(seen.output) \(seen.error.suffix(800))")
        #expect(seen.output.contains("40 customers, 12 runtimes, 1 base"), "\(page): \(seen.output)")
      }
    }
  }
}

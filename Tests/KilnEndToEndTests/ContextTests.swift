import Foundation
import Testing

/// Contexts as the engine sees them, and archives as other programs read them.
@Suite(.enabled(if: EndToEnd.isRequested, EndToEnd.skipped), .serialized)
struct ContextTests {
  /// Trees with ignore files that people write, and ones made at random, in folders `case-…`.
  private static let trees = #"""
    import os, random, shutil, subprocess, sys
    root, repository = sys.argv[1:]
    def write(path, text="x"):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as out: out.write(text)
    open(root + "/Dockerfile.e2e", "w").write("FROM scratch\nCOPY . /\n")
    names = ["a", "b", "ab", "foo", "bar", "vendor", "node_modules", ".git", ".env", "README.md", "x.txt", "a b", "ü", "[x]", "lib", "n!"]
    def tree(top):
        rng = random.Random(7)
        for folder in [""] + ["%s/" % n for n in names[:9]] + ["%s/%s/" % (m, n) for m in names[:6] for n in names[3:8]]:
            for name in rng.sample(names, 5):
                path = top + "/" + folder + name
                if not os.path.isdir(path) and not any(os.path.isfile(top + "/" + "/".join((folder + name).split("/")[:i])) for i in range(1, 4)): write(path)
        os.makedirs(top + "/empty/folder", exist_ok=True)
        os.symlink("README.md", top + "/link")
    pieces = ["*", "?", "**", "**/", "!", "[a-f]*", "[^a-f]*", "a", "foo", "bar", "lib", ".git", "vendor", "*.md", "*.txt", "../", "./", "/", "a b", "ü", "\\[x]", "node_modules"]
    for seed in range(24):
        rng = random.Random(seed)
        lines = []
        for _ in range(rng.randint(1, 6)):
            line = ("!" if rng.random() < 0.35 else "") + "/".join("".join(rng.sample([p for p in pieces if p not in "!/"], 1)) for _ in range(rng.randint(1, 3)))
            lines.append(line + rng.choice(["", "", "", "/", "/**", " ", "\r"]))
        tree(root + "/case-random%d" % seed)
        write(root + "/case-random%d/.dockerignore" % seed, "\n".join(lines) + "\n")
    real = {
        "node": "node_modules\nnpm-debug.log\n.git\n.env*\n!.env.example\n**/*.test.js\ncoverage/\n",
        "php": "*\n!app\n!vendor/**\n!composer.*\napp/cache/*\n!app/cache/.gitkeep\n**/.DS_Store\n",
        "parents": "foo/bar\n!foo\nvendor/**\n!vendor/foo/*\nlib\n!lib/nothing\n",
        "swift": "# build\n.build\n**/*.o\nTests\n!Tests/HostileStrings\nSources/**/*.md\n",
    }
    for name, ignore in real.items():
        top = root + "/case-" + name
        tree(top)
        for path in [".env.example", "src/a.test.js", "src/a.js", "app/cache/x", "app/cache/.gitkeep", "app/index.php", "composer.json", "coverage/i.html"]: write(top + "/" + path)
        if name == "swift":
            for path in subprocess.run(["git", "ls-files", "-z", "Sources", "Tests", "docs"], cwd=repository, capture_output=True, text=True, check=True).stdout.split("\0"):
                if path and os.path.isfile(repository + "/" + path): write(top + "/" + path, open(repository + "/" + path, "rb").read().decode("utf-8", "replace"))
        write(top + "/.dockerignore", ignore)
    """#

  private static let repository = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
    .standardized.path

  /// What the engine takes from a folder is what Kiln lists, and what it finds in Kiln's archive.
  @Test func theEngineSeesTheSame() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let script = folder.url.appending(path: "trees.py")
    try Self.trees.write(to: script, atomically: true, encoding: .utf8)
    let result = try sh(
      #"""
      set +e
      python3 trees.py "$PWD" "$REPOSITORY" || exit 3
      names() { python3 -c 'import sys, tarfile
      for m in sorted(m.name.strip("/") for m in tarfile.open(sys.argv[1]) if m.name.strip("/") not in ("", "Dockerfile.e2e")): print(ascii(m))' "$1"; }
      count=0
      for tree in case-*; do
        if ! docker buildx build -q -f Dockerfile.e2e --output type=tar,dest=engine.tar "$tree" > engine.log 2>&1; then
          # What the engine refuses, Kiln refuses.
          if kiln context list -f Dockerfile.e2e "$tree" > /dev/null 2>&1; then echo "$tree: the engine refuses it: $(tail -1 engine.log)"; exit 1; fi
          count=$((count + 1)); continue
        fi
        names engine.tar > engine.txt
        kiln context list -0 -f Dockerfile.e2e "$tree" 2>/dev/null | python3 -c 'import sys
      for n in sorted(n.decode() for n in sys.stdin.buffer.read().split(b"\0") if n not in (b"", b"Dockerfile.e2e")): print(ascii(n))' > kiln.txt
        diff engine.txt kiln.txt > difference.txt || { echo "$tree:"; cat "$tree/.dockerignore" difference.txt; exit 1; }
        kiln context pack -q -f Dockerfile.e2e "$tree" -o context.tar 2>/dev/null
        docker buildx build -q -f Dockerfile.e2e --output type=tar,dest=again.tar - < context.tar > engine.log 2>&1 || { echo "$tree"; cat engine.log; exit 1; }
        names again.tar > again.txt
        diff engine.txt again.txt > difference.txt || { echo "$tree, packed:"; cat difference.txt; exit 1; }
        count=$((count + 1))
      done
      echo "same: $count"
      """#, in: folder.url, environment: ["REPOSITORY": Self.repository],
      expecting: nil)
    #expect(result.output.hasSuffix("same: 28\n"), "\(result.output.suffix(2000))")
  }

  /// Two clones that differ in all that should not matter give one archive, and everybody can read it.
  @Test func twoClonesGiveOneArchiveThatEverybodyReads() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let result = try sh(
      #"""
      set +e
      mkdir a && (cd "$REPOSITORY" && git ls-files -z Sources docs examples | xargs -0 tar cf -) | tar xf - -C a
      long=$(printf 'n%.0s' $(seq 150)); mkdir -p "a/$long/$long"; echo x > "a/$long/$long/file"; : > a/empty; mkdir a/hollow
      printf x > "a/$(printf 'odd\nname\351')"; ln -s "$long/$long/$long" a/link; ln a/empty a/hard; chmod 755 a/empty
      mkdir b
      (cd a && tar cf - .) | (umask 077; cd b && tar xf - --no-same-permissions -m)
      chmod 700 b/empty; find b -exec touch -h -d @1000000000 {} +; chown -Rh 1234:5678 b 2>/dev/null || true
      kiln context pack a -q --threads 1 --compression gzip -o a.tgz 2>/dev/null; (cd b && LC_ALL=C.UTF-8 TZ=Asia/Tokyo kiln context pack . -q --threads 4 --compression gzip -o ../b.tgz 2>/dev/null)
      kiln context pack a -q --threads 1 -o a.tar.zst 2>/dev/null; kiln context pack b -q --threads 3 -o b.tar.zst 2>/dev/null
      kiln context pack a -q -o a.tar 2>/dev/null
      cmp a.tgz b.tgz && cmp a.tar.zst b.tar.zst || exit 1
      gzip -dc a.tgz | cmp - a.tar && zstd -qdc a.tar.zst | cmp - a.tar || exit 2
      mkdir gnu bsd py
      tar xf a.tar -C gnu 2> said && bsdtar xf a.tar -C bsd 2>> said && python3 -W error -c 'import tarfile
      with tarfile.open("a.tar") as t: t.extractall("py", filter="fully_trusted")' 2>> said || { cat said; exit 3; }
      [ ! -s said ] || { cat said; exit 4; }
      for other in gnu bsd py; do diff -r --no-dereference a $other || exit 5; done
      echo good
      """#, in: folder.url, environment: ["REPOSITORY": Self.repository], expecting: nil)
    #expect(result.output.hasSuffix("good\n"), "\(result.output.suffix(2000))")
  }

  /// Compressed bytes depend on neither the processor's instructions nor what libraries choose because of them.
  @Test func theProcessorDoesNotMatter() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let result = try sh(
      #"""
      [ "$(uname -m)" = x86_64 ] || { echo same; exit 0; }
      command -v qemu-x86_64-static > /dev/null || { echo "qemu-user-static is missing"; exit 1; }
      mkdir t && (cd "$REPOSITORY" && git ls-files -z Sources | xargs -0 tar cf -) | tar xf - -C t
      for end in tar tar.gz tar.zst; do
        kiln context pack t -q -o "here.$end" 2>/dev/null
        qemu-x86_64-static -cpu qemu64 "$(command -v kiln)" context pack t -q -o "plain.$end" 2>/dev/null || exit 2
        cmp "here.$end" "plain.$end" || exit 3
      done
      echo same
      """#, in: folder.url, environment: ["REPOSITORY": Self.repository], expecting: nil)
    #expect(result.output == "same\n", "\(result.output.suffix(1000))")
  }

  /// However it ends, nothing stands under the final name but a whole archive.
  @Test func anInterruptedPackingLeavesNothing() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let result = try sh(
      #"""
      set +e
      mkdir t; for i in $(seq 40); do head -c 8000000 /dev/urandom > t/$i; done
      for signal in INT TERM KILL; do
        for delay in 0.02 0.1 0.3; do
          rm -f out.tar.gz .out*; kiln context pack t -q -o out.tar.gz 2> said & pid=$!
          sleep $delay; kill -$signal $pid 2>/dev/null; wait $pid; code=$?
          if [ -e out.tar.gz ]; then gzip -t out.tar.gz || { echo "half an archive after $signal"; exit 1; }
          elif [ $signal != KILL ]; then
            # Before it has begun, a signal ends it as it ends every program.
            [ $code = 130 ] && grep -q '^interrupted' said || [ $code = $((128 + $(kill -l $signal))) -a ! -s said ] \
              || { echo "$signal: $code"; cat said; exit 2; }
            [ -z "$(ls -A | grep '^\.out')" ] || { echo "left behind after $signal"; exit 3; }
          fi
        done
      done
      rm -f .out*
      if mkdir full && mount -t tmpfs -o size=4m none full 2>/dev/null; then
        kiln context pack t -q -o full/out.tar 2> said; code=$?
        left=$(ls -A full); umount full
        [ $code = 70 ] && [ -z "$left" ] && grep -q 'No space left on device' said || { echo "full: $code $left"; cat said; exit 4; }
      fi
      echo clean
      """#, in: folder.url, expecting: nil)
    #expect(result.output == "clean\n", "\(result.output.suffix(1000))")
  }
}

import Foundation
import KilnProcesses
import SystemPackage
import Testing

@testable import KilnArtifacts

extension OutputAttackTests {
  /// A run is killed before each of its changes of the disk; then the specs change.
  @Test func aKilledRunIsMendedWhateverComesNext() throws {
    let old = [try unit("acme", ["acme/a/x": "1", "acme/b": "1", "acme/c": "1"]), try unit("gone", ["gone/x": "1"])]
    let killed = [
      try unit("acme", ["acme/a/x": "2", "acme/b": "1", "acme/d/e/new": "2"]),
      try unit("new", ["new/a/b": "2", "new/c": "2"]),
      try unit("runtimes/r", ["runtimes/r/f": "2"]),
    ]
    let other = [
      try unit("acme", ["acme/b": "3", "acme/d/e/new": "3"]), try unit("runtimes/s", ["runtimes/s/f": "3"]),
    ]
    for next in [old, killed, other, []] {
      var clean: [String] = []
      try withFolder { root in
        try run(root, next)
        clean = try contents(root)
      }
      for isFirst in [false, true] {
        var steps = 0
        var isWhole = false
        while !isWhole {
          try withFolder { root in
            if !isFirst {
              try run(root, old)
              // The record knows the old files for what they are.
              Thread.sleep(forTimeInterval: steps == 0 ? 0.3 : 0.12)
              try run(root, old)
            }
            let stop = OutputStop(after: steps)
            do { try run(root, killed, stop: stop) } catch is OutputStop.Stopped {}
            isWhole = stop.isUnused
            let folder = folder(root)
            let delta = try folder.compare(with: next, generator: "k", detail: .files)
            #expect(delta.changes.filter { $0.needsForce }.isEmpty, "\(steps): \(delta.changes)")
            // What `--check` says is what is so.
            if delta.isEmpty { #expect(try contents(root) == clean, "\(steps)") }
            try run(root, next)
            #expect(try contents(root) == clean, "\(steps)")
            #expect(try folder.compare(with: next, generator: "k", detail: .files).isEmpty)
          }
          steps += 1
          try #require(steps < 200)
        }
        #expect(steps > 10)
      }
    }
  }

  /// A run for one customer leaves what the journal says of the others.
  @Test func aJournalIsKeptForWhatIsOutOfScope() throws {
    try withFolder { root in
      try run(root, [try unit("acme", ["acme/x": "1"])])
      // Killed after `acme/x` was replaced and `acme/stray` was written.
      try write("2", root.appending("out/acme/x"))
      try write("2", root.appending("out/acme/stray"))
      let two = ContentDigest(of: "2").hex
      try write(
        "\(two) acme/x\n\(two) acme/stray\n\(two) globex/x\n\(two.prefix(9))", root.appending("out/.kiln-journal"))
      let globex = try unit("globex", ["globex/x": "3"])
      let one = folder(root)
      let isGlobex: @Sendable (String) -> Bool = { $0 == "globex" }
      _ = try one.locked { try one.apply(try one.compare(with: [globex], generator: "k", isInScope: isGlobex)) }
      #expect(try contents(root).contains { $0.hasPrefix(".kiln-journal") && !$0.contains("globex") })
      #expect(try one.compare(with: [globex], generator: "k", isInScope: isGlobex).isEmpty)
      let all = [try unit("acme", ["acme/x": "4"]), globex]
      let delta = try folder(root).compare(with: all, generator: "k")
      #expect(delta.changes.map(\.path) == ["acme/stray", "acme/x"] && delta.changes.allSatisfy { !$0.needsForce })
      try run(root, all)
      #expect(
        try contents(root).map { String($0.prefix { $0 != " " }) } == [
          "acme", "acme/x", "globex", "globex/x", "index.json",
        ])
    }
  }
}

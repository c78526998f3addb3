import HostileStrings
import KilnDocker
import Testing

struct DockerfileTests {
  /// What one line can carry.
  static let values = hostileStrings.filter { text in
    !text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\t" || $0.value == 0x7F }
  }

  @Test(arguments: values) func environmentArrives(_ text: String) throws {
    let line = try Dockerfile([.env([.init("A", text), .init("B", "b")])]).render()
    #expect(try DockerfileLexer.assignments(line) == ["A": text, "B": "b"])
  }

  @Test(arguments: values) func labelsArrive(_ text: String) throws {
    let line = try Dockerfile([.label([.init("io.kiln.x", text)])]).render()
    #expect(try DockerfileLexer.assignments(line) == ["io.kiln.x": text])
  }

  @Test(arguments: hostileStrings) func scriptsArrive(_ text: String) throws {
    let line = try Dockerfile([.run(.init(.script(text)))]).render()
    #expect(line.split(separator: "\n").count == 1)
    #expect(try DockerfileLexer.words(line, after: "RUN ") == ["/bin/sh", "-euc", text])
  }

  @Test(arguments: values.filter { !$0.isEmpty }) func pathsArrive(_ text: String) throws {
    let line = try Dockerfile([.copy(.init(["files/x"], to: "/\(text)"))]).render()
    let words = try DockerfileLexer.words(line, after: "COPY ")
    #expect(words.map(DockerfileLexer.expanded) == ["files/x", "/\(text)"])
  }

  @Test(arguments: ["a\nb", "a\rb", "bell\u{7}"]) func refusesWhatNoLineCarries(_ text: String) {
    #expect(throws: DockerfileError.self) { try Dockerfile([.env([.init("A", text)])]).render() }
    #expect(throws: DockerfileError.self) { try Dockerfile([.label([.init("A", text)])]).render() }
  }

  @Test(arguments: ["a b", "$x", "a\nb", ""]) func refusesNamesThatNeedQuotes(_ text: String) {
    #expect(throws: DockerfileError.self) { try Dockerfile([.from(image: text)]).render() }
    #expect(throws: DockerfileError.self) { try Dockerfile([.user(text)]).render() }
    #expect(throws: DockerfileError.self) { try Dockerfile([.env([.init(text, "x")])]).render() }
  }

  @Test func readsLikeADockerfile() throws {
    let file = Dockerfile([
      .comment("Made\nby Kiln"), .from(image: "debian:bookworm-slim"),
      .run(.init(.chain(["apt-get update", "apt-get clean"]))),
      .copy(.init(["files/a[1].conf"], to: "/etc/a.conf", mode: "0640", owner: "root:adm")),
      .run(.init(.script("make"), secrets: ["TOKEN"])),
      .healthcheck(.init(["true"])), .expose(80), .user("www-data"), .cmd(["nginx", "-g", "daemon off;"]),
    ])
    #expect(
      try file.render() == #"""
        # Made by Kiln
        FROM debian:bookworm-slim
        RUN apt-get update \
         && apt-get clean
        COPY --chown=root:adm --chmod=0640 ["files/a[[]1].conf", "/etc/a.conf"]
        RUN --mount=type=secret,id=TOKEN,required=true \
            ["/bin/sh", "-euc", "make"]
        HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
          CMD ["true"]
        EXPOSE 80
        USER www-data
        CMD ["nginx", "-g", "daemon off;"]

        """#)
  }
}

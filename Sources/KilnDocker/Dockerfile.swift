import KilnDocuments

/// A Dockerfile as its instructions; the renderer owns quoting.
///
/// Rules: BuildKit's `frontend/dockerfile/parser` and `shell/lex.go`.
public struct Dockerfile: Sendable, Hashable {
  public var instructions: [DockerfileInstruction]

  public init(_ instructions: [DockerfileInstruction]) { self.instructions = instructions }

  /// The file's text.
  /// - Throws: `DockerfileError` for a value that no Dockerfile can carry.
  public func render() throws(DockerfileError) -> String {
    var out = ""
    for instruction in instructions { out += try line(instruction) + "\n" }
    return out
  }

  /// One instruction's text.
  /// - Throws: `DockerfileError` for a value that no Dockerfile can carry.
  public static func line(_ instruction: DockerfileInstruction) throws(DockerfileError) -> String {
    try Dockerfile([]).line(instruction)
  }

  private func line(_ instruction: DockerfileInstruction) throws(DockerfileError) -> String {
    switch instruction {
    case .comment(let text): return "# " + CommentText.line(text)
    case .from(let image, let stage):
      return "FROM \(try word(image, "FROM"))"
        + (try stage.map { name throws(DockerfileError) in " AS \(try word(name, "FROM"))" } ?? "")
    case .arg(let variable): return try assignments("ARG", [variable])
    case .env(let variables): return try assignments("ENV", variables)
    case .label(let variables): return try assignments("LABEL", variables)
    case .run(let run): return try self.run(run)
    case .copy(let copy):
      var flags = ""
      if let owner = copy.owner { flags += "--chown=\(try word(owner, "COPY")) " }
      if let mode = copy.mode { flags += "--chmod=\(try word(mode, "COPY")) " }
      let words = try copy.sources.map { source throws(DockerfileError) in
        Self.literalPattern(try expandable(source, "COPY"))
      }
      return "COPY \(flags)" + json(words + [try expandable(copy.destination, "COPY")])
    case .add(let add):
      let mode = add.mode.map { "--chmod=\($0) " } ?? ""
      return "ADD --checksum=sha256:\(try word(add.sha256, "ADD")) \(mode)"
        + json([try expandable(add.url, "ADD"), try expandable(add.destination, "ADD")])
    case .workdir(let path): return "WORKDIR " + (try quotedOrPlain(path, "WORKDIR"))
    case .user(let name): return "USER " + (try word(name, "USER"))
    case .expose(let port): return "EXPOSE \(port)"
    case .volume(let paths):
      return "VOLUME " + json(try paths.map { path throws(DockerfileError) in try expandable(path, "VOLUME") })
    case .healthcheck(let check):
      return
        "HEALTHCHECK --interval=\(check.interval)s --timeout=\(check.timeout)s --start-period=\(check.startPeriod)s --retries=\(check.retries) \\\n  CMD "
        + (try exec(check.command, "HEALTHCHECK"))
    case .stopsignal(let signal): return "STOPSIGNAL " + (try word(signal, "STOPSIGNAL"))
    case .entrypoint(let words): return "ENTRYPOINT " + (try exec(words, "ENTRYPOINT"))
    case .cmd(let words): return "CMD " + (try exec(words, "CMD"))
    }
  }

  private func run(_ run: DockerfileRun) throws(DockerfileError) -> String {
    // buildah has no `sharing=private`, which would let builds run side by side.
    let caches = try run.caches.map { cache throws(DockerfileError) in
      "type=cache,id=\(try word(cache.id, "RUN")),target=\(try word(cache.target, "RUN")),sharing=locked"
    }
    let secrets = try run.secrets.map { name throws(DockerfileError) in
      "type=secret,id=\(try word(name, "RUN")),required=true"
    }
    let mounts = (caches + secrets).map { "--mount=\($0) \\\n    " }.joined()
    switch run.command {
    case .exec(let words): return "RUN \(mounts)" + (try exec(words, "RUN"))
    case .chain(let commands):
      for command in commands where command.hasLineBreak {
        throw DockerfileError(instruction: "RUN", reason: "a command has a line break")
      }
      return "RUN \(mounts)" + commands.joined(separator: " \\\n && ")
    case .script(let script): return "RUN \(mounts)" + (try exec(["/bin/sh", "-euc", script], "RUN"))
    }
  }

  private func assignments(_ name: String, _ variables: [DockerfileVariable]) throws(DockerfileError) -> String {
    let words = try variables.map { variable throws(DockerfileError) in
      let key = try word(variable.name, name)
      return "\(key)=\(try quoted(variable.value, "\(name) \(variable.name)"))"
    }
    return "\(name) " + words.joined(separator: " \\\n    ")
  }

  /// In double quotes only `\`, `"` and `$` are special.
  private func quoted(_ text: String, _ place: String) throws(DockerfileError) -> String {
    try refuseControls(text, place)
    return "\"" + text.substituting("\\", with: "\\\\").substituting("\"", with: "\\\"").substituting("$", with: "\\$")
      + "\""
  }

  private func quotedOrPlain(_ text: String, _ place: String) throws(DockerfileError) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || "._-/:@".utf8.contains(byte)
    }
    return isPlain ? text : try quoted(text, place)
  }

  /// A name that needs no quoting anywhere.
  private func word(_ text: String, _ place: String) throws(DockerfileError) -> String {
    let isWord =
      !text.isEmpty
      && text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
          || "._-/:@+".utf8.contains(byte)
      }
    guard isWord else { throw DockerfileError(instruction: place, reason: "\"\(text)\" is no plain word") }
    return text
  }

  /// A path in the JSON form of COPY, where variables are still expanded and quotes still mean something.
  private func expandable(_ text: String, _ place: String) throws(DockerfileError) -> String {
    try refuseControls(text, place)
    var out = ""
    for character in text.unicodeScalars {
      if "\\$'\"".unicodeScalars.contains(character) { out += "\\" }
      out.unicodeScalars.append(character)
    }
    return out
  }

  private func exec(_ words: [String], _ place: String) throws(DockerfileError) -> String {
    for text in words where text.utf8.contains(0) {
      throw DockerfileError(instruction: place, reason: "a word has a NUL byte")
    }
    return json(words)
  }

  private func json(_ words: [String]) -> String { "[" + words.map(JSONRenderer.quoted).joined(separator: ", ") + "]" }

  private func refuseControls(_ text: String, _ place: String) throws(DockerfileError) {
    if text.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\t" || $0.value == 0x7F }) {
      throw DockerfileError(instruction: place, reason: "a value has a line break or another control character")
    }
  }

  /// `*`, `?` and `[` in a source are patterns; a class of one character stands for itself.
  private static func literalPattern(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      if "*?[".unicodeScalars.contains(scalar) {
        out += "[\(Character(scalar))]"
      } else {
        out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}

/// A value that a Dockerfile cannot carry.
public struct DockerfileError: Error, Sendable, Equatable, CustomStringConvertible {
  public let instruction: String
  public let reason: String
  public var description: String { "\(instruction): \(reason)" }
}

import KilnDocuments
import KilnEngine
import KilnGeneration
package import KilnProcesses
package import KilnSpec

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Looks into an image with containers that are removed afterwards.
package struct ImageInspection: Sendable {
  package let image: String
  /// What the app is given when it runs.
  package let values: [NamedValue]
  package let docker: Tool

  private func run(_ arguments: [String], _ what: String) async throws -> String {
    let result = try await docker.output(arguments)
    guard result.isSuccess else { throw EngineFailure(engine: .docker, what: what, answer: result.error) }
    return result.output
  }

  /// What `/bin/sh -c` with these arguments prints in the image.
  package func shell(_ arguments: [String]) async throws -> String {
    try await run(
      ["run", "--rm", "--network=none", "--entrypoint", "/bin/sh", image, "-c"] + arguments, "look into \(image)")
  }

  /// Starts a container of the image whose services run as they would: with the machine's variables where the image has
  /// them. The caller removes it.
  private func start() async throws -> String {
    let command = try await run(["image", "inspect", "--format", "{{json .Config.Cmd}}", image], "inspect \(image)")
    let words = (try? JSONDecoder().decode([String].self, from: Data(command.utf8))) ?? []
    let start = "[ -r \(MachineFiles.profile) ] && . \(MachineFiles.profile); exec \"$@\""
    let variables = values.flatMap { ["--env", "\($0.name)=\($0.value)"] }
    return try await run(
      ["run", "-d"] + variables + ["--entrypoint", "/bin/bash", image, "-c", start, "start"] + words, "start \(image)"
    ).trimmed
  }

  private func remove(_ id: String) async { _ = try? await docker.output(["rm", "-f", "-v", id]) }

  private static let request =
    #"exec 3<>"/dev/tcp/127.0.0.1/$1" && printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$2" >&3 && cat <&3"#

  /// Status and body of a page, asked inside the container.
  package func page(port: Int, path: String) async throws -> String {
    let id = try await start()
    do {
      let page = try await page(port, path, in: id)
      await remove(id)
      return page
    } catch {
      await remove(id)
      throw error
    }
  }

  private func page(_ port: Int, _ path: String, in id: String) async throws -> String {
    var answer = "no answer"
    for _ in 0..<60 {
      let result = try await docker.output(["exec", id, "/bin/bash", "-c", Self.request, "get", String(port), path])
      if result.isSuccess, !result.output.isEmpty {
        let status = result.output.split(separator: "\r\n", maxSplits: 1).first.map(String.init) ?? ""
        let body = result.output.firstRange(of: "\r\n\r\n").map { String(result.output[$0.upperBound...]) } ?? ""
        answer = "\(status) \(body)".trimmed.replacing("\n", with: "\\n")
        // A server in front answers before the one behind it does.
        if !Self.isStarting(status) { return answer }
      }
      try await Task.sleep(for: .milliseconds(250))
    }
    return answer
  }

  /// `HTTP/1.1 502 Bad Gateway`, 503 or 504.
  static func isStarting(_ status: String) -> Bool {
    let words = status.split(separator: " ")
    return words.count > 1 && ["502", "503", "504"].contains(words[1])
  }

  /// Runs goss in a container whose services answer; the last line of the output is its JSON.
  package func goss(_ goss: GossInContainer, file: String, port: Int?) async throws
    -> Tool.Outcome
  {
    let id = try await start()
    do {
      if let port { _ = try await page(port, "/", in: id) }
      // Services need a moment: goss tries again until then.
      let result = try await goss.run(file, in: id, ["--retry-timeout", "20s", "--sleep", "500ms"])
      await remove(id)
      return result
    } catch {
      await remove(id)
      throw error
    }
  }
}

import KilnConsole
package import KilnDiagnostics

/// What an engine answered.
package struct EngineFailure: CommandErrorConvertible {
  package let engine: ContainerEngine.Kind
  package let what: String
  package let answer: String

  package init(engine: ContainerEngine.Kind, what: String, answer: String) {
    self.engine = engine
    self.what = what
    self.answer = answer
  }

  package var commandError: CommandError {
    CommandError(
      what == Self.reach ? "engine.unreachable" : "engine.refusal", "\(engine.rawValue) could not \(what)",
      details: answer.split(separator: "\n").suffix(5).map { Relayed.safe(String($0)) }, help: Self.advice(answer))
  }

  package static let reach = "be reached"

  /// What to do about an answer that says what is wrong with the machine.
  package static func advice(_ answer: String) -> String? {
    let text = answer.lowercased()
    if text.contains("permission denied"), text.contains("daemon socket") || text.contains("docker.sock") {
      return
        "this account may not use the engine: `sudo usermod --append --groups docker $USER`, then log in again; or run Kiln as root"
    }
    if text.contains("cannot connect to the docker daemon") || text.contains("is the docker daemon running")
      || text.contains("failed to connect to the docker api")
    {
      return "the engine is down: `sudo systemctl start docker`; `kiln doctor` says whether it answers"
    }
    if text.contains("no space left on device") || text.contains("disk quota exceeded") {
      return "the disk is full: `docker system df` says what uses it, `docker builder prune` removes build caches"
    }
    if text.contains("failed to resolve source metadata") {
      return
        "check that the registry of the base image can be reached; a base of your own in components/ can name another image"
    }
    return nil
  }
}

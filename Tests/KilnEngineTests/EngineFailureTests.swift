import Testing

@testable import KilnEngine

struct EngineFailureTests {
  @Test func anEnginesAnswerSaysWhatToDo() {
    let answers = [
      "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?":
        "systemctl start",
      "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock": "usermod",
      "write /var/lib/docker/tmp/x: no space left on device": "docker system df",
    ]
    for (answer, advice) in answers { #expect(EngineFailure.advice(answer)?.contains(advice) == true) }
    #expect(EngineFailure.advice("pull access denied, repository does not exist") == nil)
  }
}

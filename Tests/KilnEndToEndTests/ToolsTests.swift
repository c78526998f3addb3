import Testing

@Suite(.enabled(if: EndToEnd.isRequested, EndToEnd.skipped))
struct ToolsTests {
  @Test func theMachineHasTheTools() throws {
    #expect(try EndToEnd.missing("kiln", "docker", "packer", "ansible-playbook", "goss") == [])
    try sh("docker version")
  }
}

import Testing

@testable import KilnEngine

struct ComposeProgressTests {
  @Test func whatHappenedIsSaidOnce() {
    let lines = """
       Network acme_default  Creating
       Network acme_default  Created
       Network acme_other  Error
       Volume "acme_redis-data"  Creating
       Volume "acme_redis-data"  Created
       Container acme-redis-1  Creating
       Container acme-redis-1  Created
       Container acme-app-1  Recreate
       Container acme-app-1  Recreated
       Container acme-redis-1  Starting
       Container acme-redis-1  Started
       Container acme-redis-1  Waiting
       Container acme-redis-1  Healthy
       Container acme-redis-1  Waiting
       Container acme-redis-1  Healthy
       Container acme-app-1  Error response from daemon: no such image
      time="2026-01-01" level=warning msg="the attribute `version` is obsolete"
      dependency failed to start: container acme-redis-1 is unhealthy
      """.split(separator: "\n").map(String.init)
    let progress = ComposeProgress()
    #expect(
      lines.compactMap { progress.shown($0) } == [
        " Network acme_other  Error", " Volume \"acme_redis-data\"  Created", " Container acme-app-1  Recreated",
        " Container acme-redis-1  Started",
        " Container acme-redis-1  Healthy", " Container acme-app-1  Error response from daemon: no such image",
        "time=\"2026-01-01\" level=warning msg=\"the attribute `version` is obsolete\"",
        "dependency failed to start: container acme-redis-1 is unhealthy",
      ])
  }
}

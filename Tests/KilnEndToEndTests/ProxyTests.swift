import Foundation
import Testing

/// HTTPS in front of customers, of which one has two apps.
@Suite(.enabled(if: EndToEnd.isRequested, EndToEnd.skipped), .serialized)
struct ProxyTests {
  private func workspace(_ body: (URL) throws -> Void) throws {
    let folder = try TemporaryFolder()
    try sh(
      "kiln init W && rm W/environments/* && mkdir W/apps/care W/apps/portal W/apps/shop W/apps/talk", in: folder.url)
    let root = folder.url.appending(path: "W")
    defer {
      _ = try? sh(
        "for c in kilnproxya kilnproxyb kilnproxyc; do kiln down $c --volumes --yes; docker images -q \"$c/*\" | xargs -r docker rmi -f; done",
        in: root, expecting: nil)
      folder.remove()
    }
    try """
    version: 1
    customer: kilnproxya
    runtime: {base: debian-12, components: {apache: {}}}
    apps:
      care: {source: ../apps/care, port: 80, health: /, domains: [care.kilnproxy.example]}
      portal: {source: ../apps/portal, port: 8080, health: /}

    """.write(to: root.appending(path: "environments/kilnproxya.yaml"), atomically: true, encoding: .utf8)
    try """
    version: 1
    customer: kilnproxyb
    runtime: {base: debian-12, components: {apache: {}, php: {}}}
    app: {source: ../apps/shop, port: 80, health: /}

    """.write(to: root.appending(path: "environments/kilnproxyb.yaml"), atomically: true, encoding: .utf8)
    try """
    version: 1
    customer: kilnproxyc
    runtime: {base: debian-12, components: {apache: {}, php: {}}}
    app: {source: ../apps/talk, port: 80, command: [php, talk.php]}

    """.write(to: root.appending(path: "environments/kilnproxyc.yaml"), atomically: true, encoding: .utf8)
    for app in ["care", "portal"] {
      try "page of \(app)".write(
        to: root.appending(path: "apps/\(app)/index.html"), atomically: true, encoding: .utf8)
    }
    try #"""
    <?php foreach (["HOST", "X_FORWARDED_HOST", "X_FORWARDED_PROTO"] as $name) echo $_SERVER["HTTP_$name"] ?? "-", " ";
    """#.write(to: root.appending(path: "apps/shop/index.php"), atomically: true, encoding: .utf8)
    try Self.talk.write(to: root.appending(path: "apps/talk/talk.php"), atomically: true, encoding: .utf8)
    try body(root)
  }

  /// Takes WebSockets (RFC 6455), and answers a short message by the same in reverse.
  private static let talk = #"""
    <?php
    $server = stream_socket_server("tcp://0.0.0.0:80");
    while (true) {
      if (!($client = @stream_socket_accept($server, 3600))) continue;
      for ($head = ""; !str_contains($head, "\r\n\r\n") && !feof($client);) $head .= fread($client, 4096);
      if (preg_match("/^Sec-WebSocket-Key: *(\\S+)/mi", $head, $key)) {
        $accept = base64_encode(sha1($key[1] . "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", true));
        fwrite($client, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          . "Sec-WebSocket-Accept: $accept\r\n\r\n");
        for ($frame = ""; strlen($frame) < 6 + (ord($frame[1] ?? "\0") & 127) && !feof($client);) $frame .= fread($client, 4096);
        $message = substr($frame, 6) ^ str_repeat(substr($frame, 2, 4), 32);
        fwrite($client, "\x81" . chr(strlen($message)) . strrev($message));
      } else {
        fwrite($client, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ntalk");
      }
      fclose($client);
    }
    """#

  /// Sends a message as a browser does, and prints the answer.
  private static let browser = #"""
    import base64, hashlib, os, socket, ssl, sys
    name = sys.argv[1]
    context = ssl.create_default_context(cafile="ca.crt")
    with context.wrap_socket(socket.create_connection(("127.0.0.1", 443), 20), server_hostname=name) as s:
        key = base64.b64encode(os.urandom(16)).decode()
        s.sendall((f"GET /talk HTTP/1.1\r\nHost: {name}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        stream = s.makefile("rb")
        head = b""
        while not head.endswith(b"\r\n\r\n"): head += stream.read(1)
        accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        assert head.startswith(b"HTTP/1.1 101 ") and accept in head, head
        mask, message = os.urandom(4), b"hello over there"
        s.sendall(bytes([0x81, 0x80 | len(message)]) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(message)))
        kind, length = stream.read(2)
        assert kind == 0x81, kind
        print(stream.read(length).decode())
    """#

  @Test func webSocketsPass() throws {
    try workspace { root in
      _ = try up("kilnproxyc", in: root)
      try sh("kiln certificate > ca.crt", in: root)
      try Self.browser.write(to: root.appending(path: "browser.py"), atomically: true, encoding: .utf8)
      #expect(try sh("python3 browser.py kilnproxyc.localhost", in: root).output == "ereht revo olleh\n")
    }
  }

  private func up(_ customer: String, in root: URL) throws -> ShellResult {
    try sh("kiln up \(customer) 2> up.log || { cat up.log >&2; exit 1; }; grep https up.log >&2", in: root)
  }

  /// As a browser that trusts the authority asks for it.
  private func page(_ name: String, in root: URL, expecting status: Int32? = 0) throws -> ShellResult {
    try sh(
      "curl -sS --cacert ca.crt --resolve \(name).localhost:443:127.0.0.1 https://\(name).localhost/", in: root,
      expecting: status)
  }

  /// Whether a line `kiln-proxy 0-kiln-proxy,NETWORK…` names networks of others alone.
  private func isAnothers(_ line: String) -> Bool {
    let networks = line.split(whereSeparator: { " ,\n".contains($0) }).dropFirst().filter { $0 != "0-kiln-proxy" }
    return line.hasPrefix("kiln-proxy ") && !networks.isEmpty && !networks.contains { $0.hasPrefix("kilnproxy") }
  }

  @Test func everyAppHasItsNamesAndNobodyElses() throws {
    try workspace { root in
      let first = try up("kilnproxya", in: root)
      // The result is what it was without HTTPS.
      #expect(first.output.split(separator: "\n").allSatisfy { $0.contains(": http://127.0.0.1:") })
      #expect(first.error.contains("care: https://care.kilnproxya.localhost/\n"))
      #expect(try up("kilnproxyb", in: root).error.contains("https://kilnproxyb.localhost/\n"))
      try sh("kiln certificate > ca.crt", in: root)
      #expect(try page("care.kilnproxya", in: root).output == "page of care")
      #expect(try page("care.kilnproxy.example", in: root).output == "page of care")
      #expect(try page("portal.kilnproxya", in: root).output == "page of portal")
      #expect(try page("kilnproxyb", in: root).output == "kilnproxyb.localhost kilnproxyb.localhost https ")
      #expect(try page("app.kilnproxyb", in: root).output == "app.kilnproxyb.localhost app.kilnproxyb.localhost https ")
      // From outside: pages, certificate and redirect.
      let outside = "kiln verify kilnproxya --app care --url https://care.kilnproxya.localhost"
      let verified = try sh("CURL_CA_BUNDLE=ca.crt \(outside) --format json", in: root).output
      #expect(verified.contains(#""name": "TLS: certificate""#) && verified.contains(#""failed": 0"#))
      #expect(!verified.contains("skipped"), "\(verified)")
      #expect(
        try sh(outside, in: root, expecting: 1).output.contains("TLS: certificate: the certificate is not trusted"))
      // Without the authority nobody believes it; with it, a name that nobody has gets no certificate.
      #expect(try sh("curl -sS https://kilnproxyb.localhost/", in: root, expecting: nil).status == 60)
      #expect(try page("nobody", in: root, expecting: nil).status == 35)
      let redirect = try sh("curl -sSi -H 'Host: kilnproxyb.localhost' 'http://127.0.0.1/a?b=c'", in: root).output
      #expect(redirect.contains("308") && redirect.contains("Location: https://kilnproxyb.localhost/a?b=c\r\n"))
      #expect(
        try sh("curl -sS -o /dev/null -w '%{http_code}' -H 'Host: nobody.localhost' http://127.0.0.1/", in: root)
          .output == "404")
      #expect(try sh("kiln status kilnproxyb", in: root).output.contains(", https://kilnproxyb.localhost/, "))
      #expect(try sh("kiln up kilnproxyb --open -q", in: root).output == "https://kilnproxyb.localhost/\n")

      // Customers do not reach each other through it, and it can do little.
      let asked = try sh(
        #"""
        kiln exec kilnproxyb -- bash -c 'exec 3<>/dev/tcp/kiln-proxy/8080
          printf "GET / HTTP/1.0\r\nHost: care.kilnproxya.localhost\r\n\r\n" >&3; timeout 5 cat <&3'
        """#, in: root)
      #expect(asked.output.isEmpty)
      let rights = try sh(
        "docker inspect -f '{{.Config.User}} {{.HostConfig.CapDrop}} {{.HostConfig.CapAdd}} {{.HostConfig.ReadonlyRootfs}}' kiln-proxy",
        in: root)
      #expect(rights.output == "caddy [ALL] [] true\n")

      // What was killed on the way is mended by the next one.
      try sh("docker kill kiln-proxy && kiln up kilnproxyb -q", in: root)
      #expect(try page("care.kilnproxya", in: root).output == "page of care")

      try sh("kiln down kilnproxya", in: root)
      #expect(try page("kilnproxyb", in: root).output.hasPrefix("kilnproxyb.localhost"))
      #expect(try page("care.kilnproxya", in: root, expecting: nil).status == 35)
      let guests = "docker ps -a --filter name=^/?kiln-proxy$ --format '{{.Names}} {{.Networks}}'"
      #expect(try sh(guests, in: root).output.contains("kilnproxyb_default"))
      let down = try sh("kiln down kilnproxyb --volumes --yes", in: root)
      let left = try sh(
        """
        docker ps -aq --filter name=kilnproxy
        docker network ls -q --filter name=kilnproxy
        \(guests)
        """, in: root)
      // It stays where somebody else's environment is up on this engine.
      #expect(left.output.isEmpty || isAnothers(left.output), "\(left.output)\(down.error)")

      // Who trusted the authority once need not do so again.
      _ = try up("kilnproxyb", in: root)
      #expect(try page("kilnproxyb", in: root).output.hasPrefix("kilnproxyb.localhost"))
    }
  }

  @Test func whatCannotBeHadIsSaidAndTheEnvironmentIsUp() throws {
    try workspace { root in
      let taken = try sh(
        """
        python3 -c 'import socket, time; s = socket.socket(); s.bind(("127.0.0.1", 18443)); s.listen(); time.sleep(120)' &
        trap "kill $!" EXIT
        sleep 1; KILN_HTTPS_PORT=18443 kiln up kilnproxyb
        """, in: root)
      #expect(taken.output.hasPrefix("http://127.0.0.1:"))
      #expect(taken.error.contains("kilnproxyb has no HTTPS: port 18443 of this machine is in use by another program"))
      #expect(
        try !sh("docker ps -a --filter name=^/?kiln-proxy$ --format '{{.Networks}}'", in: root).output.contains(
          "kilnproxy"))

      // Remembered until it is taken back.
      try sh("kiln up kilnproxyb -q --no-proxy && kiln up kilnproxyb -q", in: root)
      #expect(try !sh("kiln status kilnproxyb", in: root).output.contains("https"))
      try sh("kiln up kilnproxyb -q --proxy", in: root)
      #expect(try sh("kiln status kilnproxyb", in: root).output.contains("https://kilnproxyb.localhost/"))
    }
  }
}

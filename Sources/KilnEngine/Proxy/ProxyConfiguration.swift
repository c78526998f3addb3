import KilnDocuments

/// What Caddy is given: the JSON of its version 2.
struct ProxyConfiguration: Sendable {
  let names: ProxyNames
  let ports: ProxyPorts
  /// The addresses of the proxy's own network, through which this machine comes. A customer's container, which shares another
  /// network with the proxy, gets no answer: customers do not reach each other through it.
  let subnets: [String]

  /// In the container, where they need no privilege.
  static let https = 8443
  static let http = 8080

  var bytes: [UInt8] { Array(JSONRenderer(sortedKeys: true).render(document).utf8) }

  var document: DocumentValue {
    [
      // Warnings of every start about what is meant so are none to anybody.
      "logging": ["logs": ["default": ["level": "ERROR"]]],
      "apps": [
        "pki": [
          "certificate_authorities": [
            "local": [
              "name": "Kiln", "root_common_name": "Kiln on this machine", "install_trust": false,
            ]
          ]
        ], "tls": ["automation": ["policies": [["issuers": [["module": "internal"]]]]]],
        "http": [
          "http_port": .integer(Self.http), "https_port": .integer(Self.https),
          "servers": ["https": secure, "http": redirecting],
        ],
      ],
    ]
  }

  private var served: [ProxyNames.Entry] { names.entries.filter { !$0.names.isEmpty } }

  private var secure: DocumentValue {
    let routes = served.map { entry in
      route(
        for: entry.names,
        ["handler": "reverse_proxy", "upstreams": [["dial": .string("\(entry.app.address):\(entry.app.port)")]]])
    }
    return [
      "listen": [.string(":\(Self.https)")],
      // HTTP/3 would be announced at a port that this machine has not.
      "protocols": ["h1", "h2"], "automatic_https": ["disable_redirects": true],
      "routes": .list([guarding] + routes + [unknown("421")]),
    ]
  }

  private var redirecting: DocumentValue {
    let place = "https://{http.request.host}\(ports.suffix){http.request.uri}"
    let redirect = route(
      for: served.flatMap(\.names),
      ["handler": "static_response", "status_code": "308", "headers": ["Location": [.string(place)]]])
    return [
      "listen": [.string(":\(Self.http)")], "protocols": ["h1"], "automatic_https": ["disable": true],
      "routes": .list([guarding] + (served.isEmpty ? [] : [redirect]) + [unknown("404")]),
    ]
  }

  private var guarding: DocumentValue {
    [
      "match": [["not": [["remote_ip": ["ranges": .list(subnets.map { .string($0) })]]]]],
      "handle": [["handler": "static_response", "abort": true]], "terminal": true,
    ]
  }

  private func route(for names: [String], _ handler: DocumentValue) -> DocumentValue {
    ["match": [["host": .list(names.map { .string($0) })]], "handle": [handler], "terminal": true]
  }

  private func unknown(_ status: String) -> DocumentValue {
    [
      "handle": [
        [
          "handler": "static_response", "status_code": .string(status),
          "body": "No environment that is up has this name; `kiln status` says which there are.\n",
        ]
      ]
    ]
  }
}

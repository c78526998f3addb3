import KilnDocuments

/// Places a fleet on a sheet, three columns: a band for each runtime, its customers in rows beside it.
///
/// Numbers are pixels. One line leads from a runtime to the frame around its customers, however many they are.
struct FleetDrawing {
  private static let margin = 24
  private static let gap = 12
  private static let baseWidth = 130
  private static let runtimeWidth = 340
  private static let columnGap = 44
  private static let lineHeight = 18
  /// Of what a runtime has: the rest is in its title.
  private static let detailLines = 4
  private static let chipHeight = 26
  /// A monospaced character of 13 pixels, with room to spare.
  private static let character = 8
  /// At most: the sheet is then 1,250 pixels wide and fits a normal screen beside a margin.
  private static let appsWidthLimit = 644
  /// At least: the heading has room.
  private static let appsWidthMinimum = 340
  private static let top = 64

  private struct Band {
    let runtime: FleetGraph.Runtime
    let y: Int
    let height: Int
    let chipWidth: Int
    let columns: Int
    let detail: [String]
    var middle: Int { y + height / 2 }
  }

  private let graph: FleetGraph
  private let bands: [Band]
  private let height: Int
  /// No wider than the customers need.
  private let appsWidth: Int
  private let runtimeX = margin + baseWidth + columnGap
  private let appsX = margin + baseWidth + columnGap + runtimeWidth + columnGap
  private var width: Int { appsX + appsWidth + Self.margin }

  init(_ graph: FleetGraph) {
    self.graph = graph
    var bands: [Band] = []
    var y = Self.top
    for runtime in graph.runtimes {
      let longest = runtime.apps.map(\.customer.count).max() ?? 0
      let chipWidth = longest * Self.character + 20
      let room = (Self.appsWidthLimit - Self.gap) / (chipWidth + Self.gap)
      let columns = max(1, min(room, runtime.apps.count))
      let rows = (runtime.apps.count + columns - 1) / columns
      let detail = Self.lines(of: runtime.summary, width: (Self.runtimeWidth - 20) / Self.character)
      let height = max(Self.height(detail.count + 1) + 16, rows * (Self.chipHeight + 8) + 8 + 24)
      bands.append(
        Band(runtime: runtime, y: y, height: height, chipWidth: chipWidth, columns: columns, detail: detail))
      y += height + Self.gap
    }
    self.bands = bands
    appsWidth = bands.reduce(Self.appsWidthMinimum) { widest, band in
      max(widest, Self.gap + band.columns * (band.chipWidth + Self.gap))
    }
    height = max(y + Self.margin - Self.gap, Self.top + Self.margin)
  }

  private static func height(_ lines: Int) -> Int { lines * lineHeight + 14 }

  /// Whole words, as many lines as there is room for.
  private static func lines(of text: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    if !line.isEmpty { lines.append(line) }
    if lines.count > detailLines { lines = lines[..<(detailLines - 1)] + [lines[detailLines - 1] + " …"] }
    return lines
  }

  /// - Parameter isWhole: A document of its own, with its style; else a part of a page.
  func svg(isWhole: Bool) -> String {
    var out = ""
    if isWhole { out += "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" }
    out +=
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\" viewBox=\"0 0 \(width) \(height)\" role=\"img\" aria-labelledby=\"fleet-title\">\n"
    let title = graph.title
    out += "<title id=\"fleet-title\">\(title)</title>\n"
    if isWhole { out += "<style>\(Self.style)</style>\n" }
    out += "<rect class=\"sheet\" width=\"\(width)\" height=\"\(height)\"/>\n"
    for (x, text) in [(Self.margin, "base"), (runtimeX, "runtime"), (appsX, "customers: \(title)")] {
      out += "<text class=\"heading\" x=\"\(x)\" y=\"38\">\(text)</text>\n"
    }
    let bases = bases()
    for band in bands {
      guard let base = bases[band.runtime.base] else { continue }
      out += curve(Self.margin + Self.baseWidth, base, runtimeX, band.middle)
    }
    for band in bands { out += apps(band) }
    for (name, y) in bases.sorted(by: { $0.key < $1.key }) {
      out += box("base", Self.margin, y, Self.baseWidth, [name], name)
    }
    for band in bands {
      let runtime = band.runtime
      out += box(
        "runtime", runtimeX, band.middle, Self.runtimeWidth, [runtime.id] + band.detail,
        "\(runtime.id): \(runtime.summary)")
    }
    return out + "</svg>\n"
  }

  /// The middle of each base, in the middle of its runtimes.
  private func bases() -> [String: Int] {
    Dictionary(grouping: bands, by: \.runtime.base).mapValues { bands in
      ((bands.first?.middle ?? 0) + (bands.last?.middle ?? 0)) / 2
    }
  }

  private func apps(_ band: Band) -> String {
    var out = ""
    let inner = band.y + 12
    out +=
      "<rect class=\"frame\" x=\"\(appsX)\" y=\"\(band.y)\" width=\"\(appsWidth)\" height=\"\(band.height)\" rx=\"8\"/>\n"
    out += curve(runtimeX + Self.runtimeWidth, band.middle, appsX, band.middle)
    for (index, app) in band.runtime.apps.enumerated() {
      let x = appsX + Self.gap + (index % band.columns) * (band.chipWidth + Self.gap)
      let y = inner + 4 + (index / band.columns) * (Self.chipHeight + 8)
      out +=
        "<g class=\"app\" data-name=\"\(Markup.escaped(app.customer))\"><title>\(Markup.escaped("\(app.customer): \(app.images)"))</title>"
      out += "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(band.chipWidth)\" height=\"\(Self.chipHeight)\" rx=\"13\"/>"
      out += "<text x=\"\(x + 10)\" y=\"\(y + 18)\">\(Markup.escaped(app.customer))</text></g>\n"
    }
    return out
  }

  private func box(_ kind: String, _ x: Int, _ middle: Int, _ width: Int, _ lines: [String], _ title: String) -> String
  {
    let height = Self.height(lines.count)
    let y = middle - height / 2
    let room = (width - 20) / Self.character
    var out =
      "<g class=\"\(kind)\" data-name=\"\(Markup.escaped(lines.first ?? ""))\"><title>\(Markup.escaped(title))</title>"
    out += "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(width)\" height=\"\(height)\" rx=\"6\"/>"
    for (index, line) in lines.enumerated() {
      let text = line.count > room ? line.prefix(room - 1) + "…" : line
      let baseline = y + 20 + index * Self.lineHeight
      out +=
        "<text\(index > 0 ? " class=\"detail\"" : "") x=\"\(x + 10)\" y=\"\(baseline)\">\(Markup.escaped(String(text)))</text>"
    }
    return out + "</g>\n"
  }

  private func curve(_ x1: Int, _ y1: Int, _ x2: Int, _ y2: Int) -> String {
    let middle = (x1 + x2) / 2
    return "<path class=\"edge\" d=\"M\(x1) \(y1)C\(middle) \(y1) \(middle) \(y2) \(x2) \(y2)\"/>\n"
  }

  static let style = """
    svg text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1c2430}
    svg .heading{font-weight:600;fill:#5b6675}
    svg .detail{font-size:12px;fill:#5b6675}
    svg .sheet{fill:#fff}
    svg .frame{fill:#f6f8fa;stroke:#d8dee6}
    svg .edge{fill:none;stroke:#9aa6b5;stroke-width:1.5}
    svg .base rect{fill:#e9edf3;stroke:#8b98a9}
    svg .runtime rect{fill:#e3f0ff;stroke:#4a86c5}
    svg .app rect{fill:#e6f6ea;stroke:#58a36c}
    svg .dim{opacity:.15}
    @media (prefers-color-scheme:dark){
    svg text{fill:#e6ebf2}
    svg .heading,svg .detail{fill:#9fabba}
    svg .sheet{fill:#12171e}
    svg .frame{fill:#1a212a;stroke:#303a46}
    svg .edge{stroke:#5d6a7a}
    svg .base rect{fill:#2a323d;stroke:#77869a}
    svg .runtime rect{fill:#153556;stroke:#5a9be0}
    svg .app rect{fill:#183a25;stroke:#58a36c}
    }
    """
}

import KilnDocuments

/// A chart as SVG: lines, or bars, over one axis of numbers.
struct LineChart {
  struct Series {
    let name: String
    /// A class of the page's style.
    let tone: String
    let points: [(x: Double, y: Double)]
  }

  let title: String
  /// As in "s" below the axis, and "ms" beside it.
  let units: (x: String, y: String)
  let series: [Series]
  /// A level that is marked across, as a budget.
  var limit: (name: String, y: Double)?
  /// What is shaded from the begin, as the ramp-up.
  var shade: (name: String, x: Double)?
  var isBars = false

  private static let size = (width: 760.0, height: 260.0)
  private static let edges = (left: 60.0, right: 16.0, top: 14.0, bottom: 34.0)

  private var highestX: Double { max(series.flatMap(\.points).map(\.x).max() ?? 0, 1) }
  private var highestY: Double {
    max(series.flatMap(\.points).map(\.y).max() ?? 0, limit?.y ?? 0, 1) * 1.05
  }

  var svg: String {
    let ticks = (x: Self.ticks(highestX), y: Self.ticks(highestY))
    let width = Self.size.width - Self.edges.left - Self.edges.right
    let height = Self.size.height - Self.edges.top - Self.edges.bottom
    func x(_ value: Double) -> String { Self.number(Self.edges.left + value / highestX * width) }
    func y(_ value: Double) -> String { Self.number(Self.edges.top + height - value / highestY * height) }
    let (left, right) = (x(0), x(highestX))
    var out = [
      "<svg viewBox=\"0 0 \(Self.number(Self.size.width)) \(Self.number(Self.size.height))\" role=\"img\">",
      "<title>\(Markup.escaped(title))</title>",
    ]
    if let shade, shade.x > 0 {
      let end = min(shade.x, highestX)
      out.append(
        "<rect class=\"shade\" x=\"\(left)\" y=\"\(y(highestY))\" width=\"\(Self.number(end / highestX * width))\" height=\"\(Self.number(height))\"><title>\(Markup.escaped(shade.name))</title></rect>"
      )
    }
    for tick in ticks.y {
      out.append("<line class=\"grid\" x1=\"\(left)\" x2=\"\(right)\" y1=\"\(y(tick))\" y2=\"\(y(tick))\"/>")
      out.append(
        "<text class=\"end\" x=\"\(Self.number(Self.edges.left - 6))\" y=\"\(y(tick))\" dy=\"4\">\(LoadCheck.number(tick))</text>"
      )
    }
    for tick in ticks.x {
      out.append(
        "<text class=\"middle\" x=\"\(x(tick))\" y=\"\(Self.number(Self.size.height - 16))\">\(LoadCheck.number(tick))</text>"
      )
    }
    out.append(
      "<text class=\"end\" x=\"\(right)\" y=\"\(Self.number(Self.size.height - 3))\">\(Markup.escaped(units.x))</text>")
    out.append("<text x=\"2\" y=\"\(Self.number(Self.edges.top - 3))\">\(Markup.escaped(units.y))</text>")
    out += isBars ? bars(x, y) : lines(x, y)
    if let limit {
      out.append(
        "<line class=\"limit\" x1=\"\(left)\" x2=\"\(right)\" y1=\"\(y(limit.y))\" y2=\"\(y(limit.y))\"><title>\(Markup.escaped(limit.name))</title></line>"
      )
    }
    return out.joined(separator: "\n") + "\n</svg>"
  }

  private func lines(_ x: (Double) -> String, _ y: (Double) -> String) -> [String] {
    series.filter { !$0.points.isEmpty }.map { series in
      let points = series.points.map { "\(x($0.x)),\(y($0.y))" }.joined(separator: " ")
      return
        "<polyline class=\"\(series.tone)\" points=\"\(points)\"><title>\(Markup.escaped(series.name))</title></polyline>"
    }
  }

  /// Each from the point before it to its own.
  private func bars(_ x: (Double) -> String, _ y: (Double) -> String) -> [String] {
    series.flatMap { series -> [String] in
      var before = 0.0
      return series.points.compactMap { point in
        let start = before
        before = point.x
        guard point.y > 0 else { return nil }
        let text = "\(LoadCheck.number(start)) to \(LoadCheck.number(point.x)) \(units.x): \(LoadCheck.number(point.y))"
        return
          "<path class=\"\(series.tone)\" d=\"M\(x(start)) \(y(0))V\(y(point.y))H\(x(point.x))V\(y(0))Z\"><title>\(text)</title></path>"
      }
    }
  }

  /// The names beside the colours of their lines.
  var legend: String {
    var items = series.map { "<span class=\"\($0.tone)\">\(Markup.escaped($0.name))</span>" }
    if let limit { items.append("<span class=\"limit\">\(Markup.escaped(limit.name))</span>") }
    if let shade, shade.x > 0 { items.append("<span class=\"shade\">\(Markup.escaped(shade.name))</span>") }
    return "<p class=\"legend\">\(items.joined(separator: " "))</p>"
  }

  /// About five round numbers from 0.
  static func ticks(_ highest: Double) -> [Double] {
    var step = 1.0
    while highest / step > 5 * 10 { step *= 10 }
    while highest / step < 0.5 * 10, step > 0.001 { step /= 10 }
    let width = [1.0, 2, 5, 10, 20, 50].map { $0 * step }.first { highest / $0 <= 6 } ?? step * 50
    return stride(from: 0, through: highest, by: width).map { $0 }
  }

  /// A tenth of a pixel.
  private static func number(_ value: Double) -> String { LoadCheck.number((value * 10).rounded() / 10) }
}

import KilnDocuments
import KilnPlan

/// The picture of a fleet as a page.
struct FleetPage {
  let graph: FleetGraph

  init(_ graph: FleetGraph) { self.graph = graph }

  var html: String {
    let overview = graph.overview
    let title = graph.title
    var out = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
      <title>\(title)</title>
      <style>\(Self.style)\(FleetDrawing.style)</style>
      </head>
      <body>
      <header><h1>\(title)</h1>
      <label>Find <input id="find" type="search" placeholder="customer or runtime" autocomplete="off"></label>
      <output id="found"></output></header>
      <div class="picture">

      """
    out += FleetDrawing(graph).svg(isWhole: false)
    out += "</div>\n<h2>Runtimes</h2>\n<table><thead><tr><th>runtime<th>components<th>customers</thead><tbody>\n"
    for runtime in overview.runtimes {
      out +=
        "<tr><td><code>\(Markup.escaped(runtime.plan.id))</code><td>\(Markup.escaped(runtime.plan.summary))<td class=\"number\">\(runtime.customers.count)\n"
    }
    out += "</tbody></table>\n"
    if !overview.nearMisses.isEmpty {
      out +=
        "<h2>Nearly the same</h2>\n<table id=\"near\"><thead><tr><th>these two<th>differ only by<th>apps to rebuild</thead><tbody>\n"
      for miss in overview.nearMisses.prefix(200) {
        out +=
          "<tr><td><code>\(Markup.escaped(miss.first))</code> <code>\(Markup.escaped(miss.second))</code><td>\(Markup.escaped(miss.difference.contrast))<td class=\"number\">\(miss.customers)\n"
      }
      out += "</tbody></table>\n"
    }
    return out + "<script>\(Self.script)</script>\n</body>\n</html>\n"
  }

  private static let style = """
    body{margin:24px;font:15px/1.5 system-ui,sans-serif;color:#1c2430;background:#fff}
    header{display:flex;gap:24px;align-items:baseline;flex-wrap:wrap}
    h1{font-size:20px;margin:0}h2{font-size:16px;margin:24px 0 8px}
    input{font:inherit;padding:4px 8px;width:22em}
    .picture{overflow-x:auto;border:1px solid #d8dee6;border-radius:8px;margin-top:16px}
    .picture svg{display:block}
    table{border-collapse:collapse}th,td{text-align:left;padding:4px 16px 4px 0;border-bottom:1px solid #d8dee6;vertical-align:top}
    .number{text-align:right}
    code{font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:13px}
    @media (prefers-color-scheme:dark){body{color:#e6ebf2;background:#12171e}.picture,th,td{border-color:#303a46}}

    """

  /// Dims what does not have the text in its name; the number of those that do is told.
  private static let script = """
    const find=document.getElementById('find'),found=document.getElementById('found');
    find.addEventListener('input',()=>{const text=find.value.trim().toLowerCase();let number=0;
    for(const node of document.querySelectorAll('svg g[data-name]')){
    const hit=!text||node.dataset.name.toLowerCase().includes(text);
    node.classList.toggle('dim',!hit);if(hit&&text)number++;}
    found.textContent=text?number+' found':'';});
    """
}

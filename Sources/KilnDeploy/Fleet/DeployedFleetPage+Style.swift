extension DeployedFleetPage {
  /// Below 720 pixels a row is a card, whose cells have the names of their columns.
  static let style = """
    :root{color-scheme:light dark;--text:#1c2430;--quiet:#5b6675;--line:#d8dee6;--sheet:#fff;--band:#f6f8fa;--link:#0b5cad;--good:#1a7f37;--bad:#b42318;--warning:#8a5a00}
    @media (prefers-color-scheme:dark){:root{--text:#e6ebf2;--quiet:#9fabba;--line:#303a46;--sheet:#12171e;--band:#1a212a;--link:#7cb7f5;--good:#5fc77c;--bad:#ff8f85;--warning:#e2b04a}}
    *{box-sizing:border-box}
    body{margin:24px;font:15px/1.45 system-ui,sans-serif;color:var(--text);background:var(--sheet)}
    header{display:flex;gap:4px 24px;align-items:baseline;flex-wrap:wrap;margin-bottom:16px}
    h1{font-size:20px;margin:0}
    header p{margin:0;color:var(--quiet)}
    h3{font-size:14px;margin:16px 0 4px}
    input{font:inherit;padding:4px 8px;width:18em;max-width:100%}
    table{border-collapse:collapse}
    #fleet{width:100%}
    th,td{text-align:left;padding:6px 16px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
    #fleet>thead th{position:sticky;top:0;background:var(--sheet);white-space:nowrap}
    button{font:inherit;color:inherit;background:none;border:0;padding:0;text-align:left;cursor:pointer}
    th button{font-weight:600}
    [aria-sort=ascending] button::after{content:" ▲";font-size:10px}
    [aria-sort=descending] button::after{content:" ▼";font-size:10px}
    #fleet .row{cursor:pointer}
    #fleet .row:hover{background:var(--band)}
    .open{font-weight:600;color:var(--link)}
    .open::before{content:"▸";display:inline-block;width:1.1em}
    .open[aria-expanded=true]::before{content:"▾"}
    #fleet .number{text-align:right}
    .row td{white-space:nowrap}
    .row td.long{white-space:normal;overflow-wrap:anywhere;min-width:7em}
    .code,li{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
    .good{color:var(--good)}.bad{color:var(--bad)}.warning{color:var(--warning)}.quiet{color:var(--quiet)}
    .plus{color:var(--good)}.minus{color:var(--bad)}
    .details>td{background:var(--band);padding:8px 16px 16px 20px}
    .details p{margin:4px 0;overflow-wrap:anywhere}
    .details th{font-size:13px;font-weight:400;color:var(--quiet)}
    .details td td,.details td th{padding:3px 16px 3px 0;white-space:nowrap}
    .details td td.long{white-space:normal;min-width:14em}
    dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:4px 0}
    dt{color:var(--quiet)}
    dd{margin:0;overflow-wrap:anywhere}
    ul{margin:0;padding:0;list-style:none}
    .scroll{overflow-x:auto}
    [hidden]{display:none!important}
    @media (max-width:720px){
    body{margin:12px}
    #fleet,#fleet>tbody,#fleet>tbody>tr,#fleet>tbody>tr>td{display:block}
    #fleet>thead{display:none}
    #fleet>tbody{border:1px solid var(--line);border-radius:8px;margin-bottom:12px;overflow:hidden}
    #fleet .row{padding:8px 12px}
    #fleet .row td{display:flex;gap:12px;border:0;padding:2px 0;text-align:left;white-space:normal;overflow-wrap:anywhere}
    #fleet .row td::before{content:attr(data-label);flex:0 0 7em;color:var(--quiet);font:13px/1.6 system-ui,sans-serif}
    #fleet .row td:first-child::before{display:none}
    .details>td{padding:4px 12px 12px;border:0}
    dl{grid-template-columns:1fr}
    dd{margin-bottom:4px}
    input{width:100%}
    label{width:100%}
    }
    @media print{.details{display:none}}
    """
}

#!/usr/bin/env python3
"""What can be seen of a fleet's graph in a browser: visible.py BROWSER FILE.

The page is measured in the browser, and a screenshot is looked at: every box is where it was measured, in its colour, with
text in it. Prints what is seen; exit 1 and a line for each thing that cannot be.
"""
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import zlib

SCRIPT = """<script>
addEventListener('load', () => {
  const problems = [], boxes = [], all = (s) => [...document.querySelectorAll(s)];
  const box = (e) => { const r = e.getBoundingClientRect(); return {x: r.left, y: r.top, w: r.width, h: r.height}; };
  const counts = {};
  for (const kind of ['app', 'runtime', 'base']) {
    counts[kind] = all('svg g.' + kind).length;
    for (const group of all('svg g.' + kind)) {
      const rect = group.querySelector('rect'), outer = box(rect);
      for (const text of group.querySelectorAll('text')) {
        const inner = box(text), name = text.textContent;
        if (inner.w < 5 || inner.h < 8) problems.push(name + ' is not drawn');
        if (inner.x < outer.x || inner.y < outer.y - 1 || inner.x + inner.w > outer.x + outer.w || inner.y + inner.h > outer.y + outer.h + 1)
          problems.push(name + ' is larger than its box');
        const top = document.elementFromPoint(inner.x + inner.w / 2, inner.y + inner.h / 2);
        if (!top || top.closest('g') !== group) problems.push(name + ' is covered');
      }
      boxes.push({kind, name: group.dataset.name, fill: getComputedStyle(rect).fill, ...outer});
    }
  }
  for (let i = 0; i < boxes.length; i++) for (let j = 0; j < i; j++) {
    const a = boxes[i], b = boxes[j];
    if (a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h) problems.push(a.name + ' overlaps ' + b.name);
  }
  for (const edge of all('svg path.edge')) if (edge.getTotalLength() < 20) problems.push('a line is too short to be seen');
  const field = document.getElementById('find');
  let search = null;
  if (field) {
    field.value = 'customer-00007'; field.dispatchEvent(new Event('input'));
    search = {told: document.getElementById('found').textContent, bright: all('svg g.app:not(.dim)').map((g) => g.dataset.name)};
    field.value = ''; field.dispatchEvent(new Event('input'));
  }
  const out = document.createElement('pre'); out.id = 'measured'; out.style.display = 'none';
  out.textContent = JSON.stringify({problems, boxes, counts, search, edges: all('svg path.edge').length});
  document.body.append(out);
});
</script>"""


def pixels(path):
    """Width, height and rows of a PNG of 8 bits a channel, as lists of bytes."""
    data = open(path, "rb").read()
    place, compressed = 8, b""
    while place < len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        body = data[place + 8 : place + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
        elif kind == b"IDAT":
            compressed += body
        place += length + 12
    channels = {2: 3, 6: 4}[colour]
    raw, stride = zlib.decompress(compressed), width * channels
    rows, before = [], bytearray(stride)
    for line in range(height):
        start = line * (stride + 1)
        kind, row = raw[start], bytearray(raw[start + 1 : start + 1 + stride])
        for i in range(stride):
            left = row[i - channels] if i >= channels else 0
            up, corner = before[i], before[i - channels] if i >= channels else 0
            if kind == 1:
                row[i] = (row[i] + left) & 255
            elif kind == 2:
                row[i] = (row[i] + up) & 255
            elif kind == 3:
                row[i] = (row[i] + (left + up) // 2) & 255
            elif kind == 4:
                guess = left + up - corner
                distances = abs(guess - left), abs(guess - up), abs(guess - corner)
                near = left if distances[0] <= min(distances[1:]) else up if distances[1] <= distances[2] else corner
                row[i] = (row[i] + near) & 255
        rows.append(row)
        before = row
    return width, height, channels, rows


def main():
    browser, file = sys.argv[1:]
    text = open(file, encoding="utf-8").read()
    if file.endswith(".svg"):
        picture = text[text.index("<svg") :]
        page = f"<!DOCTYPE html><meta charset=utf-8><body style='margin:0'>{picture}</body>"
    else:
        page = text
    page = page.replace("</body>", SCRIPT + "</body>")
    with tempfile.TemporaryDirectory() as folder:
        name = os.path.join(folder, "page.html")
        open(name, "w", encoding="utf-8").write(page)
        command = [
            browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1",
            "--window-size=1720,2600", f"--user-data-dir={folder}/profile", "--virtual-time-budget=3000",
        ]
        dump = subprocess.run(command + ["--dump-dom", "file://" + name], capture_output=True, text=True, timeout=120)
        found = re.search(r'<pre id="measured"[^>]*>(.*?)</pre>', dump.stdout, re.S)
        if not found:
            sys.exit("the page was not measured: " + dump.stderr[-500:])
        import html

        seen = json.loads(html.unescape(found.group(1)))
        image = os.path.join(folder, "page.png")
        subprocess.run(command + [f"--screenshot={image}", "file://" + name], capture_output=True, timeout=120, check=True)
        width, height, channels, rows = pixels(image)
    problems = seen["problems"]
    for box in seen["boxes"]:
        wanted = tuple(int(n) for n in re.findall(r"\d+", box["fill"])[:3])
        y = int(box["y"] + box["h"] / 2)
        inside = [
            tuple(rows[y + dy][x * channels : x * channels + 3])
            for dy in (-4, 0, 4)
            for x in range(int(box["x"]) + 2, int(box["x"] + box["w"]) - 2)
            if 0 <= y + dy < height and x < width
        ]
        if inside.count(wanted) < len(inside) / 4:
            problems.append(f"{box['name']} has not its colour in the screenshot")
        dark = sum(1 for pixel in inside if sum(pixel) < sum(wanted) - 200)
        if dark < 5:
            problems.append(f"{box['name']} has no text in the screenshot")
    if seen["search"] and (seen["search"]["told"] != "1 found" or seen["search"]["bright"] != ["customer-00007"]):
        problems.append(f"the search found {seen['search']}")
    counts = seen["counts"]
    if seen["edges"] != 2 * counts["runtime"]:
        problems.append(f"{seen['edges']} lines")
    print(f"{counts['app']} customers, {counts['runtime']} runtimes, {counts['base']} base")
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


main()

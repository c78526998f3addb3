#!/bin/sh
# The page as a browser has it: what it says once its scripts have run, and how it looks.
set -eu
browser="chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir=/tmp/browser"
$browser --virtual-time-budget=5000 --dump-dom "$KILN_URL/" > /tmp/page.html
grep -q '<h1>The service</h1>' /tmp/page.html || { cat /tmp/page.html; exit 1; }
$browser --screenshot=front-page.png "$KILN_URL/"

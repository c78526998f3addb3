/// Strings that break naive quoting somewhere.
public let hostileStrings: [String] = [
  "", " ", "a", "it's", "\"quoted\"", "back\\slash", "\\", "$HOME ${HOME} $$ $(id)", "`id`", "{{ x }}", "{% raw %}",
  "{# c #}",
  "${", "#{x}#", "line one\nline two", "ends with newline\n", "two newlines\n\n", "\n", "# comment",
  "x\n# not a comment\ny\n",
  "- item", "[a]", "{a: b}", "-e", "--flag", "yes", "no", "on", "null", "~", "3.10", "0755", "1e3", "12:30", "0x1f",
  "2026-11-21", ".", "=", "<<", "!unsafe x", "&a", "*a", "%a", "@a", "key: value", "trailing ", "tab\there",
  "ünïcödé ✓ 🚀",
  "\u{2028}\u{2029}\u{85}\u{FEFF}", "\u{7F}", "a\\\nb", "%!(PACKER_COMMA)", "{{`{{`}}", "{{{{", "}}", "/regex/", "!not",
  "'\u{301}", "x'\u{301}; echo INJECTED; #", "\"\u{301} B=$HOME", "$\u{301}", "\\\u{301}", "{{\u{301} x", "{%\u{301}",
  "{#\u{301}",
  "a\r\nb", "!\u{301}x", "/\u{301}x/",
  String(repeating: "x'\"\\$`{{", count: 1250), "  indented\n text\n", "a\n\nb\n", "tab line\n\tx\n", "x \ny\n",
]

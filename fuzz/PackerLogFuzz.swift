// A libFuzzer target: the log reader gets through any bytes, and the pieces they come in make no difference.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeRawBufferPointer(start: start, count: count)
  var whole = PackerLogReader()
  whole.read(bytes)
  let report = whole.finish()
  var pieces = PackerLogReader()
  var at = 0
  while at < count {
    let end = min(count, at + 1 + Int(bytes[at]) % 7)
    pieces.read(UnsafeRawBufferPointer(rebasing: bytes[at..<end]))
    at = end
  }
  precondition(pieces.finish() == report)
  if let choice = try? ArtifactChoice(report).reference(.vhd) { precondition(!choice.contains("***") && !choice.isEmpty) }
  return 0
}

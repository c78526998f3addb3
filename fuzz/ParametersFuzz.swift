// A libFuzzer target: any file is patched or refused; what was patched parses again and has the value.
import KilnDiagnostics

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeRawBufferPointer(start: start, count: count))
  let value = "v\"\\/\n{}"
  let patch = ParameterPatch(
    parameters: [.init("imageUri", .init(value))], tokens: [.init("@@T@@", .init("t"))], addsMissing: true, replacesReferences: true)
  for patch in [patch, ParameterPatch(parameters: patch.parameters, addsMissing: true, replacesReferences: true)] {
    guard let patched = ParameterPatcher(file: "f").patch(bytes, patch).patched else { continue }
    guard let (text, _) = TextEncoding.decode(patched.bytes), let root = try? JSONCParser.parse(text) else { preconditionFailure("the patched file does not parse") }
    guard let node = root["parameters"]?.children.first(where: { $0.hasKey(inAnyCase: "imageUri") })?["value"] else { preconditionFailure("the value is not there") }
    if let text = node.text { precondition(text == value) }
  }
  return 0
}

/// Keeps a value for as long as the process lives, where nothing comes after that would want its memory.
package func keepUntilExit<Value: Sendable>(_ value: Value) { _ = Unmanaged.passRetained(KeptValue(value)) }

private final class KeptValue<Value: Sendable>: Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}

/// A fingerprint over numbers and bytes, for recognising, not for proving.
struct StatusFingerprint {
  private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

  mutating func add(_ number: Int) {
    state ^= UInt64(bitPattern: Int64(number))
    state = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    state = (state ^ (state >> 27)) &* 0x94D0_49BB_1331_11EB
    state ^= state >> 31
  }

  mutating func add(_ bytes: ArraySlice<UInt8>) {
    bytes.withUnsafeBytes { buffer in
      var offset = 0
      while offset + 8 <= buffer.count {
        add(Int(truncatingIfNeeded: buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
        offset += 8
      }
      while offset < buffer.count {
        add(Int(buffer[offset]))
        offset += 1
      }
      add(buffer.count)
    }
  }

  var hex: String {
    let digits = String(state, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Finds what can begin something of Packer's: nearly all of a log cannot, and is not looked at further.
///
/// A mark is found by a pair of its bytes that is rare in logs, 64 bytes at a time; only then is the rest compared.
enum LogMarks {
  /// A mark, the place of its pair in it, and the pair.
  private struct Mark {
    let text: StaticString
    let anchor: Int
  }

  /// `Build 'x' finished`, `Builds finished`; `Some builds didn't complete`; `--> name:`; the types of
  /// `-machine-readable` that tell something by themselves.
  private static let marks: [Mark] = [
    Mark(text: "Build", anchor: 0), Mark(text: "didn't complete", anchor: 2), Mark(text: "--> ", anchor: 1),
    Mark(text: ",error", anchor: 0), Mark(text: ",artifact,", anchor: 0),
  ]

  private typealias Vector = SIMD16<UInt8>

  private static let width = 64

  /// Where the first mark at or after `start` begins; nil when there is none.
  static func first(in bytes: UnsafeRawBufferPointer, from start: Int = 0) -> Int? {
    guard let base = bytes.baseAddress else { return nil }
    var at = start
    // The pair of the last byte of a step is in the next 16 bytes.
    while at + width + 16 <= bytes.count {
      if hasPair(base + at), let mark = slowly(in: bytes, at..<at + width) { return mark }
      at += width
    }
    return slowly(in: bytes, at..<bytes.count)
  }

  static func occur(in line: UnsafeRawBufferPointer) -> Bool { first(in: line) != nil }

  /// Whether the pair of any mark begins in the 64 bytes.
  @inline(__always)
  private static func hasPair(_ bytes: UnsafeRawPointer) -> Bool {
    let (b, u) = (Vector(repeating: UInt8(ascii: "B")), Vector(repeating: UInt8(ascii: "u")))
    let (d, n) = (Vector(repeating: UInt8(ascii: "d")), Vector(repeating: UInt8(ascii: "n")))
    let (dash, greater) = (Vector(repeating: UInt8(ascii: "-")), Vector(repeating: UInt8(ascii: ">")))
    let comma = Vector(repeating: UInt8(ascii: ","))
    let (e, a) = (Vector(repeating: UInt8(ascii: "e")), Vector(repeating: UInt8(ascii: "a")))
    // Operators on whole vectors only: those with a scalar, and those that assign, are generic and slow.
    var found = Vector.zero .!= Vector.zero
    for step in stride(from: 0, to: width, by: 16) {
      let first = bytes.loadUnaligned(fromByteOffset: step, as: Vector.self)
      let second = bytes.loadUnaligned(fromByteOffset: step + 1, as: Vector.self)
      let build = (first .== b) .& (second .== u)
      let didnt = (first .== d) .& (second .== n)
      let arrow = (first .== dash) .& (second .== greater)
      let types = (first .== comma) .& ((second .== e) .| (second .== a))
      found = found .| ((build .| didnt) .| (arrow .| types))
    }
    let halves = unsafeBitCast(found, to: SIMD2<UInt64>.self)
    return halves.x | halves.y != 0
  }

  /// The first mark whose pair begins in `range`.
  private static func slowly(in bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
    for at in range {
      switch bytes[at] {
      case UInt8(ascii: "B"), UInt8(ascii: "d"), UInt8(ascii: "-"), UInt8(ascii: ","):
        for mark in marks where fits(mark, bytes, at) { return at - mark.anchor }
      default: break
      }
    }
    return nil
  }

  private static func fits(_ mark: Mark, _ bytes: UnsafeRawBufferPointer, _ at: Int) -> Bool {
    let start = at - mark.anchor
    guard start >= 0, start + mark.text.utf8CodeUnitCount <= bytes.count, let base = bytes.baseAddress else {
      return false
    }
    return memcmp(base + start, mark.text.utf8Start, mark.text.utf8CodeUnitCount) == 0
  }
}

/// This Kiln.
package enum KilnVersion {
  package static let number = "0.1.0"
  /// What generated files name as their maker.
  package static let generator = "kiln \(number)"
}

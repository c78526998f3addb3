import Testing

/// Inputs that somebody else commits and that once made Kiln delete, print, run or hang: each file here holds those of one
/// place that reads them. `make test FILTER=Attacks` runs them all.
@Suite struct Attacks {}

import Glibc

/// The two functions of C's mathematics that scoring needs.
extension Double {
    static func log(_ number: Double) -> Double { Glibc.log(number) }

    /// From any number to one between 0 and 1.
    static func logistic(_ number: Double) -> Double { 1 / (1 + Glibc.exp(-number)) }
}

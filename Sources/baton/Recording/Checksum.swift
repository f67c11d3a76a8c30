/// CRC-32 as in Ethernet and zip: tells a record that was damaged from one that was not.
struct Checksum {
    private var sum = UInt32.max

    /// The sum over all that was added.
    var value: UInt32 { ~sum }

    mutating func add(_ bytes: some Collection<UInt8>) {
        for byte in bytes {
            sum = sum >> 8 ^ Self.table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)]
        }
    }

    static func of(_ bytes: some Collection<UInt8>) -> UInt32 {
        var checksum = Checksum()
        checksum.add(bytes)
        return checksum.value
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xedb8_8320 : sum >> 1 }
    }
}

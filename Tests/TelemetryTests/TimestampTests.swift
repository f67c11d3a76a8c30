import Telemetry
import Testing

@Suite("Timestamp") struct TimestampTests {
    @Test(
        "a moment reads as ISO 8601 in UTC with milliseconds",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00.000Z"),
            (1_771_144_200_125, "2026-02-15T08:30:00.125Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_799_999, "2000-02-29T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (-2_203_891_200_000, "1900-03-01T00:00:00.000Z"),
        ])
    func description(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
    }

    @Test("now lies in this century")
    func now() {
        #expect(Timestamp.now.description.hasPrefix("20"))
    }
}

/// A content of exactly so many bytes that is valid JSON.
enum Payload {
    private static let beginning = Array(#"{"data":""#.utf8)
    private static let end = Array(#""}"#.utf8)

    static let smallest = 11

    static func bytes(_ count: Int) -> [UInt8] {
        let filler = max(0, count - beginning.count - end.count)
        return beginning + [UInt8](repeating: UInt8(ascii: "x"), count: filler) + end
    }
}

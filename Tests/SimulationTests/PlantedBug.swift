final class PlantedBug {
    func change(_ packet: Packet, _ line: Line, _ direction: Line.Direction) -> [Packet]? { nil }
}

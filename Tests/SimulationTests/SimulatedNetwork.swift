import Bus
import Reactor
import TestKit
import Wire

/// Everything between the processes: connections that are slow, break, stall and are made again.
///
/// Within one connection order holds and nothing is lost but with it, as TCP has it; only a hostile
/// network repeats messages and lets them overtake each other.
// SAFETY: touched only by the one thread that runs its world.
final class SimulatedNetwork: @unchecked Sendable {
    /// How it behaves.
    struct Climate {
        var latency: ClosedRange<Duration> = .microseconds(50)...(.milliseconds(3))
        /// How often a message is slow beyond that, in a thousand.
        var slow = 10
        var slowest = Duration.milliseconds(400)
        /// How often a message comes twice, and how often it overtakes another, in a thousand.
        var repeated = 0
        var overtaking = 0
    }

    var climate: Climate
    let plant: PlantedBug?
    /// Set by the world that owns it, before anything happens.
    unowned var world: World!
    private(set) var lines: [Line] = []
    private var count: Int32 = 0

    init(_ climate: Climate, _ plant: PlantedBug?) {
        self.climate = climate
        self.plant = plant
    }

    // MARK: - Connections

    /// Tries to connect until it succeeds or the channel is closed.
    func connect(_ channel: SimulatedChannel) {
        let tries = channel.attempts
        let delay = tries == 0 ? latency() : .milliseconds(20 << min(6, tries))
        channel.attempts += 1
        world.after(delay) { [self] in
            guard !channel.isClosed, channel.machine.isAlive, channel.line == nil else { return }
            guard let server = world.server, !isStopped(channel.machine), !isStopped(world.center)
            else { return connect(channel) }
            count += 1
            let line = Line(count, channel.machine, channel.routingID, channel)
            lines.append(line)
            server.accepted(line)
            channel.connected(line)
            world.trace.note("connected", line.machine.label, Int(line.number))
        }
    }

    private func isStopped(_ machine: Machine) -> Bool { machine.stoppedUntil > world.now }

    /// The process closes its end: what it sent arrives, then the end of it.
    func hangUp(_ line: Line) {
        carry(.end, line, .up)
    }

    /// The connection breaks; its ends learn of it after a while, or never.
    func cut(_ line: Line, clientKnows: Duration?, serverKnows: Duration?) {
        guard !line.isCut else { return }
        line.isCut = true
        lines.removeAll { $0 === line }
        if let clientKnows {
            world.after(clientKnows) { line.channel?.lost(line) }
        }
        if let serverKnows {
            world.after(serverKnows) { [world] in world.server?.disconnected(line) }
        }
    }

    // MARK: - Messages

    func carry(_ packet: Packet, _ line: Line, _ direction: Line.Direction) {
        guard !line.isCut, line.machine.isAlive || packet.isEnd else { return }
        let isChanged = direction == .up && !packet.isEnd
        let packets = isChanged ? plant?.change(up: packet, from: line.machine) : nil
        for packet in packets ?? [packet] {
            send(packet, line, direction)
            if happens(climate.repeated), !packet.isEnd { send(packet, line, direction) }
        }
    }

    private func send(_ packet: Packet, _ line: Line, _ direction: Line.Direction) {
        if happens(climate.overtaking), !packet.isEnd, !line[direction].queue.isEmpty {
            line[direction].queue.insert(packet, at: line[direction].queue.count - 1)
        } else {
            line[direction].queue.append(packet)
        }
        let lag = happens(climate.slow) ? world.random.duration(.zero...climate.slowest) : latency()
        let arrival = max(world.now + lag, line[direction].lastArrival)
        line[direction].lastArrival = arrival
        world.at(arrival) { [self] in deliver(line, direction) }
    }

    /// The next message of a lane arrives, unless the lane stands still.
    private func deliver(_ line: Line, _ direction: Line.Direction) {
        guard !line.isCut else { return }
        let stall = line[direction].stalledUntil
        guard stall <= world.now else {
            return world.at(stall) { [self] in deliver(line, direction) }
        }
        let packet = line[direction].queue.removeFirst()
        world.trace.note(packet, line, direction)
        switch direction {
        case .up where packet.isEnd:
            line.isCut = true
            lines.removeAll { $0 === line }
            world.server?.disconnected(line)
        case .up: world.server?.arrived(packet, over: line)
        case .down: line.channel?.arrived(packet, over: line)
        }
    }

    private func latency() -> Duration { world.random.duration(climate.latency) }

    private func happens(_ perMille: Int) -> Bool {
        perMille > 0 && Int.random(in: 0..<1000, using: &world.random) < perMille
    }
}

extension SplitMix64 {
    mutating func duration(_ range: ClosedRange<Duration>) -> Duration {
        let nanoseconds = Int64.random(
            in: range.lowerBound.wholeNanoseconds...range.upperBound.wholeNanoseconds, using: &self)
        return .nanoseconds(nanoseconds)
    }

    /// Whether something comes about that does so in so many of a hundred cases.
    mutating func happens(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &self) < percent
    }
}

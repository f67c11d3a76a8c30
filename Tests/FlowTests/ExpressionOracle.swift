import Document
import Flow
import Glibc
import Telemetry
import TestKit

/// The jq program as a judge: runs many expressions in one process and says what each gives.
enum ExpressionOracle {
    /// What an expression gives: its outputs, or that it fails and with which error.
    enum Verdict: Sendable {
        case outputs([Value])
        case error(String)
        /// The program ended before it came to this one.
        case none
    }

    static let path: String? = ["/usr/bin/jq", "/usr/local/bin/jq"].first {
        unsafe access($0, X_OK) == 0
    }

    static let missing =
        "jq is not on this machine (apt install jq), so nothing is compared with it"

    /// What jq says of each case. Some make jq itself end, and the rest is asked again; where it
    /// says nothing at all one of them is not of its language, and each half is asked alone.
    static func verdicts(_ cases: [ExpressionCases.Case]) throws -> [Verdict] {
        var verdicts = [Verdict](repeating: .none, count: cases.count)
        var start = 0
        while start < cases.count {
            let answers = try answers(Array(cases[start...]))
            for (index, verdict) in answers { verdicts[start + index] = verdict }
            if let last = answers.map(\.index).max() {
                start += last + 1
                continue
            }
            guard cases.count - start > 1 else { break }
            let middle = (start + cases.count) / 2
            verdicts[start..<middle] = try self.verdicts(Array(cases[start..<middle]))[...]
            start = middle
        }
        return verdicts
    }

    /// What jq says until it ends; an error that is null is no error to it, and says nothing.
    private static func answers(
        _ cases: [ExpressionCases.Case]
    ) throws -> [(index: Int, verdict: Verdict)] {
        let folder = try TemporaryFolder()
        let program = cases.enumerated().map { index, test in
            "(\(test.input) | try {i: \(index), o: [\(test.expression)]} "
                + "catch {i: \(index), e: tostring})"
        }.joined(separator: ",\n")
        let file = "\(folder.path)/program.jq"
        try write(program, to: file)
        var answers: [(Int, Verdict)] = []
        for line in try run("timeout 5 \(path ?? "jq") -nc -f \(file) 2>/dev/null") {
            guard let value = try? JSON.parse(line), let index = value["i"]?.integer else { break }
            if let error = value["e"]?.string {
                answers.append((index, .error(error)))
            } else if let outputs = value["o"]?.array {
                answers.append((index, .outputs(outputs)))
            }
        }
        return answers
    }

    /// What our evaluator says of a case.
    static func own(_ test: ExpressionCases.Case) -> Verdict {
        do {
            var scope = Expression.Scope()
            scope.budget.steps = 200_000
            // Builds for tests take several times the stack.
            scope.budget.stack = 2 << 20
            let input = try JSON.parse(test.input)
            return .outputs(try Expression(test.expression).all(input, in: scope))
        } catch {
            return .error(error.message)
        }
    }

    private static func write(_ text: String, to path: String) throws {
        guard let file = unsafe fopen(path, "w") else { throw SystemError("open", path) }
        defer { unsafe fclose(file) }
        unsafe fputs(text, file)
    }

    private static func run(_ command: String) throws -> [String] {
        guard let stream = unsafe popen(command, "r") else { throw SystemError("popen", command) }
        defer { unsafe pclose(stream) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe piece.withUnsafeMutableBytes {
                unsafe fread($0.baseAddress, 1, $0.count, stream)
            }
            guard count > 0 else { break }
            bytes += piece[..<count]
        }
        return bytes.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
    }
}

extension ExpressionOracle.Verdict: CustomStringConvertible {
    var description: String {
        switch self {
        case .outputs(let values): values.map(\.description).joined(separator: " ")
        case .error(let message): "error: \(message)"
        case .none: "nothing"
        }
    }

    /// Whether two verdicts agree: the same outputs in the same order, or both an error.
    func agrees(with other: Self) -> Bool {
        switch (self, other) {
        case (.outputs(let a), .outputs(let b)):
            a.count == b.count && zip(a, b).allSatisfy { Self.same($0, $1) }
        case (.error, .error): true
        case (.error("the error null was raised"), .none): true
        default: false
        }
    }

    /// Numbers agree when they differ by no more than what a double's last digits are worth.
    private static func same(_ a: Value, _ b: Value) -> Bool {
        switch (a, b) {
        case (.array(let a), .array(let b)):
            a.count == b.count && zip(a, b).allSatisfy { same($0, $1) }
        case (.object(let a), .object(let b)):
            a.count == b.count
                && a.allSatisfy { member in b[member.key].map { same(member.value, $0) } ?? false }
        default:
            if let a = a.number, let b = b.number {
                a == b || abs(a - b) <= 1e-14 * max(abs(a), abs(b))
            } else {
                a == b
            }
        }
    }
}

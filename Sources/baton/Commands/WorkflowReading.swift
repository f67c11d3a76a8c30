import Document
import Flow
import Telemetry

/// What came of reading one workflow file, as lines for people and as a value for programs.
struct WorkflowReading {
    enum Outcome {
        case workflow(Workflow)
        case invalid([Problem])
        case unreadable(Fault)

        static func of(_ bytes: [UInt8], _ name: String) -> Outcome {
            do throws(Invalid) {
                return .workflow(try Workflow.read(bytes, name: name))
            } catch {
                return .invalid(error.problems)
            }
        }
    }

    let name: String
    let outcome: Outcome

    var exit: Exit {
        switch outcome {
        case .workflow: .ok
        case .invalid: .configuration
        case .unreadable(let fault): Exit(of: fault)
        }
    }

    var lines: [Text] {
        switch outcome {
        case .workflow(let workflow):
            let about = workflow.document
            let identity = "\(about.namespace)/\(about.name) \(about.version)"
            let count = Count.of(Graph(workflow).taskCount, "task")
            return ["\("\(name):", .bold) \("sound", .green), \(identity), \(count)"]
                + workflow.remarks.map { line($0, "note", .yellow) }
        case .invalid(let problems):
            return problems.map { line($0, $0.code == .invalid ? "error" : $0.code.rawValue, .red) }
                + ["\("\(name):", .bold) \(Count.of(problems.count, "problem"), .red)"]
        case .unreadable(let fault):
            return ["\("error:", .red) \(Complaint.sentence(fault))"]
        }
    }

    private func line(_ problem: Problem, _ word: String, _ style: Text.Style) -> Text {
        let place = "\(problem.file):\(problem.position):"
        let pointer = problem.pointer.isEmpty ? "" : " \(problem.pointer):"
        return "\(place, .bold) \("\(word):", style)\(pointer, .dim) \(problem.message)"
    }

    var value: Value {
        switch outcome {
        case .workflow(let workflow):
            let about = workflow.document
            return [
                "file": .string(name), "valid": true, "namespace": .string(about.namespace),
                "name": .string(about.name), "version": .string(about.version),
                "tasks": .init(Graph(workflow).taskCount), "problems": [],
                "notes": .array(workflow.remarks.map(\.value)),
            ]
        case .invalid(let problems):
            return [
                "file": .string(name), "valid": false,
                "problems": .array(problems.map(\.value)),
            ]
        case .unreadable(let fault):
            return [
                "file": .string(name), "valid": false,
                "problems": [
                    [
                        "code": .string(fault.code.rawValue),
                        "message": .string(Complaint.sentence(fault)),
                    ]
                ],
            ]
        }
    }
}

extension Problem {
    fileprivate var value: Value {
        [
            "code": .string(code.rawValue), "line": .init(position.line),
            "column": .init(position.column), "pointer": .string(pointer),
            "message": .string(message),
        ]
    }
}

extension Graph {
    /// All tasks, also those within others.
    fileprivate var taskCount: Int {
        nodes.count { ![.start, .end, .join, .catch].contains($0.kind) }
    }
}

import Glibc
import Reactor
import Telemetry
import WorkerKit

/// The agent that does `run: shell` of workflows, without a shell: a program that the operator has
/// allowed, with arguments that are checked. It must never start anything else.
extension Agent {
    static func command(_ rules: CommandRules) -> Agent {
        let pool = BlockingPool(threads: 1, limit: 1024)
        return Agent(
            "command", description: "Runs a program that is allowed, and gives what it says",
            capabilities: ["system"], useCases: ["run a program of this machine"],
            keywords: ["command", "shell", "run", "program"],
            parameters: [
                "type": "object", "required": ["command"],
                "properties": [
                    "command": [
                        "type": "string", "description": "the name of an allowed program",
                    ],
                    "arguments": ["description": "a list, or an object of names and values"],
                    "environment": ["type": "object"],
                    "stdin": ["description": "what it reads; anything but a text goes as JSON"],
                    "return": [
                        "type": "string", "enum": ["stdout", "stderr", "code", "all", "none"],
                        "default": "stdout",
                    ],
                ],
            ]
        ) { (with: Value, task) in
            try await Problem.travelling {
                let call = try CommandCall(with)
                let found = try rules.find(call.command)
                let arguments = found.arguments + call.arguments
                let paths = try found.rule.paths(in: arguments)
                let environment = try found.rule.environment(with: call.environment)
                let folder = try found.rule.openFolder(pool)
                defer { folder.leave() }
                try folder.check(paths, found.rule)
                return try call.value(
                    await CommandRun(found.rule, on: task.loop).run(
                        arguments, environment, in: folder.path, input: call.input,
                        within: task.remaining))
            }
        }
    }
}

/// Where a program runs.
private struct Workplace {
    let folder: Folder
    /// Removes the folder; nil: it stays.
    let pool: BlockingPool?

    /// A folder of its own goes when the run does. Where the pool is full it stays, and whoever
    /// cleans up after the system finds it.
    func leave() { _ = pool?.submit { [folder] in folder.remove() } }

    var path: String { folder.path }

    func check(_ paths: [String], _ rule: CommandRule) throws(Problem) {
        for path in paths {
            guard let reason = folder.refusal(of: path) else { continue }
            throw rule.refusal("the path \(path.prefix(60)): \(reason)")
        }
    }
}

extension CommandRule {
    fileprivate func openFolder(_ pool: BlockingPool) throws(Problem) -> Workplace {
        do throws(Fault) {
            if let folder { return Workplace(folder: try Folder(folder), pool: nil) }
            let parent = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
            return Workplace(folder: try Folder.fresh(in: parent), pool: pool)
        } catch {
            throw Problem(.runtime, "There is no place to run the command", "\(name): \(error)")
        }
    }
}

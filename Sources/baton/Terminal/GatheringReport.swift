import Document
import Wire
import WorkerKit

/// Who answered what to a question that was put to many, for people. Pure.
enum GatheringReport {
    static func table(_ gathering: Gathering) -> Table {
        var table = Table(["who", "answer", "what"])
        for answer in gathering.answers {
            switch answer.result {
            case .success(let content):
                table.add([Text(answer.name, .bold), Text("ok", .green), Text(text(content))])
            case .failure(let fault):
                table.add([
                    Text(answer.name, .bold), Text(fault.code.rawValue, .red), Text(fault.message),
                ])
            }
        }
        return table
    }

    static func sum(_ gathering: Gathering) -> Text {
        let failures = gathering.answers.count { !$0.success }
        let succeeded = gathering.answers.count - failures
        let sum: Text = "\(succeeded) of \(gathering.asked) succeeded"
        return failures == 0 ? sum : sum + ", \("\(failures) failed", .red)"
    }

    private static func text(_ content: RawContent) -> String {
        content.isJSON && content.count > 0 ? content.text : JSON.text(content.shown)
    }
}

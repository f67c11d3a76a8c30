/// Copies of requests for readers of the old kind, written once what they copy is kept.
extension StateStore {
    func project(_ batch: StateBatches.Batch, _ replies: [StateReply]) {
        guard batch.kind == .accept || batch.kind == .finish else { return }
        for (command, reply) in zip(batch.commands, replies) {
            switch (command, reply) {
            case (.accept(_, let item), .accepted(_, .accepted)),
                (.accept(_, let item), .accepted(_, .waits)):
                guard let prefix = item.projection else { continue }
                write(Projection(item, at: time, prefix: prefix))
            case (.finish(_, let item), .finished(_, .kept)):
                guard let prefix = item.projection else { continue }
                writeEnd(of: item.key, prefix)
            default: continue
            }
        }
    }

    /// The end alone does not say under which id and since when.
    private func writeEnd(of key: RecordKey, _ prefix: String) {
        var arguments = RedisArguments()
        arguments.digest(key.digest)
        arguments.number(0)
        work.call(.read, key: settings.prefix, arguments) { [weak self] outcome in
            guard let self, case .reply(let reply) = outcome,
                case .request(let request) = StoredRequest.item(reply)
            else { return }
            write(Projection(request, prefix: prefix))
        }
    }

    private func write(_ projection: Projection) {
        // A copy that was missed is not made up for: the next change writes a new one.
        work.call(.project, key: settings.prefix, projection.arguments) { _ in }
    }
}

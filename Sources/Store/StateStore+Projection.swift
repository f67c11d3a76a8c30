extension StateStore {
    func project(_ batch: StateBatches.Batch, _ replies: [StateReply]) {}
}

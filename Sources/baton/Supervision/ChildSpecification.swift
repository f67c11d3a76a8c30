/// What one child process is: computed from the system file before anything starts, and never
/// changed.
struct ChildSpecification: Sendable, Equatable {
    enum Role: Sendable, Equatable { case store, sentinel, orchestrator, worker }

    var name: String
    var role: Role
    var arguments: [String]
    var environment: [String: String]
    /// Where it answers; only of the store, which does not say itself when it does.
    var place: RedisProbe.Place?

    var policy: RestartPolicy {
        switch role {
        case .store, .sentinel: .store
        case .orchestrator: .orchestrator
        case .worker: .worker
        }
    }
}

/// Turns a system file into the processes to start. Pure, once the ports and programs are known.
struct ChildList {
    let folder: ClusterFolder
    let system: SystemFile
    let variables: [String: String]
    /// The private Redis of the profile `ha`.
    var group: RedisGroup?

    /// The private Redis, where the system has one.
    func store(program: String) -> ChildSpecification {
        let socket = redisSocket
        return ChildSpecification(
            name: ClusterFile.Store.name, role: .store,
            arguments: RedisProgram.arguments(
                program, folder: folder.redis, socket: socket, profile: system.store.profile),
            environment: variables, place: .socket(socket))
    }

    /// The private master, its replicas and the Sentinels.
    func stores(program: String, _ group: RedisGroup) -> [ChildSpecification] {
        group.members.map { member in
            ChildSpecification(
                name: member.name, role: member.isSentinel ? .sentinel : .store,
                arguments: RedisProgram.arguments(
                    program, file: member.file, isSentinel: member.isSentinel),
                environment: variables,
                place: .port(member.port, password: group.password))
        }
    }

    /// As it stands in the cluster's file.
    var place: ClusterFile.Store {
        ClusterFile.Store(system.store, socket: redisSocket, group: group)
    }

    private var redisSocket: String {
        folder.socket(ClusterFile.Store.name, variables: variables)
    }

    func orchestrators(program: String, ports: [Int]) -> [ChildSpecification] {
        let sockets = ports.indices.map { folder.socket("o\($0 + 1)", variables: variables) }
        let store = place
        var environment = variables
        // An address may hold a password, and everybody sees the words of a command.
        environment["BATOND_STORE"] = group?.secretURL ?? store.url
        environment["BATOND_PROFILE"] = store.profile
        return ports.enumerated().map { index, port in
            let name = "o\(index + 1)"
            var arguments = [
                program, "--name", name, "--listen", "tcp://127.0.0.1:\(port)",
                "--socket", sockets[index], "--keys", folder.keys, "--ready-fd", "1",
            ]
            for (other, socket) in sockets.enumerated() where other != index {
                arguments += ["--peer", "ipc://\(socket)"]
            }
            if let path = system.path { arguments += ["--config", path] }
            if let folder = system.workflows { arguments += ["--workflows", folder] }
            return ChildSpecification(
                name: name, role: .orchestrator, arguments: arguments, environment: environment)
        }
    }

    /// `resolve` gives the path of a program.
    func workers<Failure: Error>(
        resolve: (String) throws(Failure) -> String
    ) throws(Failure) -> [ChildSpecification] {
        var list: [ChildSpecification] = []
        for worker in system.workers where worker.count > 0 {
            let arguments = [try resolve(worker.command[0])] + worker.command.dropFirst()
            for instance in 1...worker.count {
                list.append(specification(worker, instance, arguments))
            }
        }
        return list
    }

    private func specification(
        _ worker: SystemFile.Worker, _ instance: Int, _ arguments: [String]
    ) -> ChildSpecification {
        let name = "\(worker.name).\(instance)"
        // Workers of ours come by the local sockets, where the user is the proof: a key that is
        // meant for other buses would only change what they are called.
        let own = ["BATON_KEY", "BATON_SERVER_KEY", "BATON_DIR", "BATON_STORE"]
        let inherited = variables.filter { !own.contains($0.key) }
        var environment = inherited.merging(worker.environment) { $1 }
        environment["BATON_DRAIN"] = "\(RestartPolicy.workerDrain.components.seconds)"
        environment["BATON_NAME"] = worker.name
        environment["BATON_INSTANCE"] = String(instance)
        if !worker.agents.isEmpty {
            environment["BATON_AGENTS"] = worker.agents.joined(separator: ",")
        }
        if let capacity = worker.capacity { environment["BATON_CAPACITY"] = String(capacity) }
        return ChildSpecification(
            name: name, role: .worker, arguments: arguments, environment: environment)
    }
}

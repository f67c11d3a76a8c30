import Testing

/// Everything that needs sockets, processes or other servers: one after another, and nothing beside
/// it.
@Suite(.serialized) enum Integration {}

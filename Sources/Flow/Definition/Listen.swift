/// A wait for events.
package struct Listen: Sendable {
    package var to: Consumption
    package var read: ReadMode
    package var each: Iterator?

    package enum ReadMode: String, Sendable { case data, envelope, raw }

    /// What is done with each event as it comes.
    package struct Iterator: Sendable {
        package var item: String
        package var index: String
        package var tasks: TaskList?
        package var output: OutputRule
        package var export: ExportRule?
    }
}

/// Which events must come.
package indirect enum Consumption: Sendable {
    case all([EventFilter])
    case one(EventFilter)
    /// Any of these, or any at all where there are none, until something else holds.
    case any([EventFilter], until: Until?)

    package enum Until: Sendable {
        case condition(Expression)
        case events(Consumption)
        /// `until: false`: for ever.
        case never
    }
}

/// An event that is meant: attributes and how they correlate.
package struct EventFilter: Sendable {
    package var with: [(key: String, value: Template)]
    package var correlations: [String: Correlation]

    package struct Correlation: Sendable {
        package var from: Expression
        package var expect: Template?
    }
}

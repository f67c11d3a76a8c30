import Reactor
import Wire

/// One call of a simulated client, as the books know it.
struct Call {
    let number: Int
    let order: Order
    let delivery: Delivery
    /// The life of the client that made it.
    let client: String
    let began: Instant
    let timeout: Duration
    /// Whether it has time for everything to heal.
    let isPatient: Bool
    var isCancelled = false

    var deadline: Instant { began + timeout }
}

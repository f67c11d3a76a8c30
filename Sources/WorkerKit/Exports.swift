/// An agent's author imports WorkerKit alone and has values, faults, logs and the words of the bus with it.
@_exported public import Document
@_exported public import Telemetry
@_exported public import Wire

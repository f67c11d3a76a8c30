/// What whoever runs the process decides about its requests.
extension WebClient {
    package struct Settings: Sendable {
        package var limits = WebLimits()
        package var guarding = AddressGuard()
        /// A file with the certificates of those who are trusted, in place of the system's.
        package var caFile: String?

        package init() {}
    }
}

/// The scripts of the store, one for each file in the folder Scripts.
extension RedisScript {
    package static let register = RedisScript("register", PackageResources.register_lua)

    /// All that a connection for commands loads when it begins.
    package static let all = [register]
}

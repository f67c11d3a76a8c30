/// The conformance runner.
@main
enum Main {
    static func main() {}
}

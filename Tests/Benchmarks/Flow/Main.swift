/// What a step costs in the engine alone.
@main struct Main {
    static func main() {}
}

/// Any bytes are read as JSON and as YAML; each reader refuses them with a fault, or what it read
/// passes its checks. A failed check traps, which is what the fuzzer looks for.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzDocument(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    checkJSON(bytes)
    checkYAML(bytes)
    return 0
}

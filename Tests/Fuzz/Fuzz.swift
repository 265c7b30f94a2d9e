import Foundation

/// The target by whose name the program was called.
nonisolated(unsafe) private var target: (Input) -> Void = { _ in }

/// Called by libFuzzer once, before anything else.
@_cdecl("LLVMFuzzerInitialize")
public func begin(_ count: UnsafeMutablePointer<CInt>?, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?)
    -> CInt
{
    let name = URL(filePath: CommandLine.arguments[0]).lastPathComponent
    let verbs: [String: (ArraySlice<String>) throws -> Void] = ["seeds": Seeds.run, "mutations": Mutations.run]
    if let verb = verbs[name] {
        do {
            try verb(CommandLine.arguments.dropFirst())
            exit(0)
        } catch {
            fatalError("\(error)")
        }
    }
    let targets: [String: (Input) -> Void] = [
        "netflow5": netflow5, "netflow9": netflow9, "ipfix": ipfix, "sflow": sflow, "packets": packets, "captures": captures, "state": state,
        "configuration": configuration, "objects": objects,
    ]
    guard let chosen = targets[name] else { fatalError("\(name) is no target: \(targets.keys.sorted().joined(separator: ", "))") }
    unsafe target = chosen
    return 0
}

/// Called by libFuzzer for each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func runOne(_ data: UnsafeRawPointer?, _ count: Int) -> CInt {
    unsafe target(Input(data, count))
    return 0
}

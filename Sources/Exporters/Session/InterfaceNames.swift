/// The names of a session's interfaces (IE 82; sFlow port names), by domain and index; at most 4096, each of at most 64 characters.
struct InterfaceNames: Sendable {
    private static let limit = 4096
    private static let longest = 64

    private(set) var names: [UInt64: String] = [:]

    /// The name of an interface; nil where it was not told.
    func name(domain: UInt32, index: UInt32) -> String? {
        names[UInt64(domain) << 32 | UInt64(index)]
    }

    /// Takes in a name; an empty one, or one of an interface with no index, is none.
    mutating func learn(_ name: String, domain: UInt32, index: UInt32) {
        let key = UInt64(domain) << 32 | UInt64(index)
        guard index != 0, !name.isEmpty, names[key] != name, names[key] != nil || names.count < Self.limit else { return }
        names[key] = String(name.prefix(Self.longest))
    }
}

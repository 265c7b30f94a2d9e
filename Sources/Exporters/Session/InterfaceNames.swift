/// The names of a session's interfaces (IE 82; sFlow port names), by domain and index; at most 4096, each of at most 64 characters and 256 octets.
struct InterfaceNames: Sendable {
    private static let limit = 4096
    private static let longest = 64
    private static let longestInOctets = 256
    /// Octets that are counted for one name beside its own.
    private static let cost = 112

    private(set) var names: [UInt64: String] = [:]
    /// Octets of memory they take, at most.
    private(set) var bytes = 0
    /// Grows with each change.
    private(set) var revision: UInt64 = 0

    /// The name of an interface; nil where it was not told.
    func name(domain: UInt32, index: UInt32) -> String? {
        names[UInt64(domain) << 32 | UInt64(index)]
    }

    /// Takes in a name, a further one only where there is room (`mayGrow`); an empty one, or one of an interface with no index, is none. Whether it could.
    mutating func learn(_ name: String, domain: UInt32, index: UInt32, mayGrow: Bool = true) -> Bool {
        let key = UInt64(domain) << 32 | UInt64(index)
        guard index != 0, !name.isEmpty else { return true }
        let old = names[key]
        let name = Self.shortened(name)
        guard old != name else { return true }
        guard mayGrow || old != nil && (old?.utf8.count ?? 0) >= name.utf8.count, old != nil || names.count < Self.limit else { return false }
        bytes += name.utf8.count - (old?.utf8.count ?? -Self.cost)
        names[key] = name
        revision &+= 1
        return true
    }

    /// A copy of its own, without the memory of what is left out: a character can be of any number of octets.
    private static func shortened(_ name: String) -> String {
        let characters = name.prefix(longest)
        guard characters.utf8.count > longestInOctets else { return String(characters) }
        var scalars = String.UnicodeScalarView()
        var octets = 0
        for scalar in characters.unicodeScalars {
            octets += UTF8.width(scalar)
            guard octets <= longestInOctets else { break }
            scalars.append(scalar)
        }
        return String(scalars)
    }
}

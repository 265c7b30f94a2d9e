import Identity

/// The endpoints of the ledger's rows: held in the registry while a row has them, with what admission needs to know of each.
struct HeldEndpoints: Sendable {
    private struct Entry: Sendable {
        /// Ends of rows that are this endpoint.
        var rows = 0
        /// Index into `namespaces`; -1 until it was asked for.
        var namespace = -1
        var isFolded = false
    }

    private let registry: EndpointRegistry
    private var entries: [Entry] = []
    private var namespaces: [String] = []
    private var namespaceNumbers: [String: Int] = [:]
    /// Rows by namespace of their source.
    private var pairs: [Int] = []
    /// The folded endpoint of each namespace, held from its first use on: there are as many as namespaces.
    private var foldedEndpoints: [Int: EndpointNumber] = [:]

    init(registry: EndpointRegistry) {
        self.registry = registry
    }

    /// The namespace label of an endpoint that somebody holds.
    mutating func namespace(of number: EndpointNumber) -> String {
        namespaces[look(at: number)]
    }

    /// Whether the endpoint stands for folded ones.
    func isFolded(_ number: EndpointNumber) -> Bool {
        Int(number.rawValue) < entries.count && entries[Int(number.rawValue)].isFolded
    }

    /// The endpoint that the pods of this one's namespace are folded into.
    mutating func folded(of number: EndpointNumber) -> EndpointNumber {
        let namespace = look(at: number)
        if let folded = foldedEndpoints[namespace] { return folded }
        let folded = registry.hold(EndpointLabels.folded(namespace: namespaces[namespace]))
        foldedEndpoints[namespace] = folded
        _ = look(at: folded)
        entries[Int(folded.rawValue)].isFolded = true
        return folded
    }

    /// Rows whose source is of the same namespace.
    mutating func pairs(fromNamespaceOf number: EndpointNumber) -> Int {
        pairs[look(at: number)]
    }

    mutating func hold(source: EndpointNumber, destination: EndpointNumber) {
        pairs[look(at: source)] += 1
        for number in [source, destination] {
            _ = look(at: number)
            entries[Int(number.rawValue)].rows += 1
            if entries[Int(number.rawValue)].rows == 1 { registry.hold(number) }
        }
    }

    mutating func release(source: EndpointNumber, destination: EndpointNumber) {
        pairs[look(at: source)] -= 1
        for number in [source, destination] {
            let index = Int(number.rawValue)
            entries[index].rows -= 1
            if entries[index].rows == 0 {
                // The number may come to stand for another label set, unless it is a folded endpoint, which stays held.
                if !entries[index].isFolded { entries[index] = Entry() }
                registry.release(number)
            }
        }
    }

    /// Forgets what was looked up of endpoints that no row has: their numbers may stand for others by now.
    mutating func forgetUnused() {
        for index in entries.indices where entries[index].rows == 0 && !entries[index].isFolded { entries[index].namespace = -1 }
    }

    private mutating func look(at number: EndpointNumber) -> Int {
        let index = Int(number.rawValue)
        if index >= entries.count { entries.append(contentsOf: repeatElement(Entry(), count: index + 1 - entries.count)) }
        if entries[index].namespace >= 0 { return entries[index].namespace }
        let labels = registry.labels(of: number)
        let namespace: Int
        if let known = namespaceNumbers[labels.namespace] {
            namespace = known
        } else {
            namespace = namespaces.count
            namespaces.append(labels.namespace)
            namespaceNumbers[labels.namespace] = namespace
            pairs.append(0)
        }
        entries[index].namespace = namespace
        if number == .other { entries[index].isFolded = true }
        return namespace
    }
}

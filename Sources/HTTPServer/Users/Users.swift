/// Who may use the server, by name.
struct Users: Sendable, Equatable {
    private let hashes: [String: BcryptHash]
    private let all: [BcryptHash]

    init(_ hashes: [String: BcryptHash]) {
        self.hashes = hashes
        all = hashes.sorted { $0.key < $1.key }.map(\.value)
    }

    var isEmpty: Bool { hashes.isEmpty }

    /// The hash to compare a password of `user` with, and whether a match would count.
    ///
    /// For a name that nobody has it is one of the others', always the same, so that the time of a refusal does not tell which names there are.
    func hash(for user: String, digest: [UInt8]) -> (hash: BcryptHash, counts: Bool)? {
        if let hash = hashes[user] { return (hash, true) }
        guard !all.isEmpty else { return nil }
        return (all[Int(digest.first ?? 0) % all.count], false)
    }
}

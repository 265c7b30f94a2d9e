import ConfigurationFile

/// What kubectl's configuration files say, merged as kubectl merges them: of each cluster, user and context, and of the current context, what the
/// first file says holds.
struct Kubeconfig {
    /// A text, and where it stands.
    struct Placed<Value> {
        var value: Value
        var place: ConfigurationPlace
    }

    struct Cluster {
        var place: ConfigurationPlace
        var server: Placed<String>?
        var authority: Placed<String>?
        var authorityData: Placed<String>?
        var serverName: String?
        var skipsVerification: Placed<Bool>?
        var proxy: Placed<String>?
    }

    struct User {
        var certificate: Placed<String>?
        var certificateData: Placed<String>?
        var key: Placed<String>?
        var keyData: Placed<String>?
        var token: Secret?
        var tokenFile: Placed<String>?
        var name: Placed<String>?
        var password: Secret?
        /// Keys by which somebody is to be asked who we are, or we are to be somebody else.
        var unsupported: [Placed<String>] = []
    }

    struct Context {
        var place: ConfigurationPlace
        var cluster: Placed<String>?
        var user: Placed<String>?
    }

    private var clusters: [String: Cluster] = [:]
    private var users: [String: User] = [:]
    private var contexts: [String: Context] = [:]
    private var current: Placed<String>?
    private var names: [String] = []

    /// The files that are read where no configuration names one; they need not be there.
    static func paths(in surroundings: ClusterCredentials.Surroundings) -> [String] {
        let listed = (surroundings.environment["KUBECONFIG"] ?? "").split(separator: ":").map(String.init)
        if !listed.isEmpty { return listed }
        guard let home = surroundings.environment["HOME"], !home.isEmpty else { return [] }
        return [home + "/.kube/config"]
    }

    /// Reads the file at `path`, or, where there is none, those of kubectl. Throws what is wrong in any of them.
    init(at path: String?, in surroundings: ClusterCredentials.Surroundings) throws(ConfigurationError) {
        let candidates = path.map { [$0] } ?? Self.paths(in: surroundings)
        // As for kubectl, a file that is listed need not be there, but one that was asked for by name must.
        names = path == nil ? candidates.filter(SmallFile.exists) : candidates
        guard !names.isEmpty else {
            let looked = candidates.isEmpty ? "neither KUBECONFIG nor HOME is set" : "there is none at \(candidates.joined(separator: ", "))"
            throw ConfigurationPlace(file: "kubernetes.mode: kubeconfig").error("no kubeconfig: \(looked)")
        }
        for name in names { try read(name) }
    }

    private mutating func read(_ path: String) throws(ConfigurationError) {
        // Other programs keep things of their own in it.
        let content = try ConfigurationFile(path: path).decode(mayHoldOtherKeys: true) { root in KubeconfigFile(from: root, path: path) }
        clusters.merge(content.clusters) { first, _ in first }
        users.merge(content.users) { first, _ in first }
        contexts.merge(content.contexts) { first, _ in first }
        if current == nil { current = content.current }
    }

    /// The credentials of the current context. Throws where something is missing, cannot be read, or is not supported.
    func credentials() throws(ConfigurationError) -> ClusterCredentials {
        guard let current else {
            throw ConfigurationPlace(file: names.joined(separator: ", "), key: "current-context")
                .error("is missing (kubectl config use-context NAME sets it; there are \(Self.list(contexts.keys)))")
        }
        guard let context = contexts[current.value] else {
            throw current.place.error("there is no context \"\(current.value)\" (there are \(Self.list(contexts.keys)))")
        }
        guard let clusterName = context.cluster else { throw context.place.error("names no cluster") }
        guard let cluster = clusters[clusterName.value] else {
            throw clusterName.place.error("there is no cluster \"\(clusterName.value)\" (there are \(Self.list(clusters.keys)))")
        }
        var user = User()
        if let userName = context.user {
            guard let found = users[userName.value] else {
                throw userName.place.error("there is no user \"\(userName.value)\" (there are \(Self.list(users.keys)))")
            }
            user = found
        }
        return try KubeconfigResolution(cluster: cluster, user: user, source: "\(names.joined(separator: ", ")), context \(current.value)")
            .credentials()
    }

    private static func list(_ names: some Sequence<String>) -> String {
        let sorted = names.sorted()
        return sorted.isEmpty ? "none" : sorted.prefix(10).joined(separator: ", ") + (sorted.count > 10 ? ", …" : "")
    }
}

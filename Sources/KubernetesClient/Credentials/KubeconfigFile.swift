import ConfigurationFile

/// What one of kubectl's files says. (`client-go/tools/clientcmd/api/v1/types.go` has the keys.)
struct KubeconfigFile {
    var clusters: [String: Kubeconfig.Cluster] = [:]
    var users: [String: Kubeconfig.User] = [:]
    var contexts: [String: Kubeconfig.Context] = [:]
    var current: Kubeconfig.Placed<String>?

    private let folder: String

    init(from root: Section, path: String) {
        folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        current = text("current-context", in: root)
        for entry in root.sections("clusters") {
            // The first of one name holds, as it does between files.
            guard let name = entry.required("name", as: .text), clusters[name] == nil else { continue }
            clusters[name] = cluster(entry.section("cluster"), place: entry.place(of: "cluster"))
        }
        for entry in root.sections("users") {
            guard let name = entry.required("name", as: .text), users[name] == nil else { continue }
            users[name] = user(entry.section("user"))
        }
        for entry in root.sections("contexts") {
            guard let name = entry.required("name", as: .text), contexts[name] == nil else { continue }
            let context = entry.section("context")
            contexts[name] = Kubeconfig.Context(
                place: entry.place(of: "context"), cluster: text("cluster", in: context), user: text("user", in: context))
        }
    }

    private func cluster(_ section: Section, place: ConfigurationPlace) -> Kubeconfig.Cluster {
        Kubeconfig.Cluster(
            place: place, server: text("server", in: section), authority: path("certificate-authority", in: section),
            authorityData: text("certificate-authority-data", in: section), serverName: text("tls-server-name", in: section)?.value,
            skipsVerification: section.value("insecure-skip-tls-verify", as: .flag).map {
                Kubeconfig.Placed(value: $0, place: section.place(of: "insecure-skip-tls-verify"))
            },
            proxy: text("proxy-url", in: section))
    }

    private func user(_ section: Section) -> Kubeconfig.User {
        var user = Kubeconfig.User()
        user.certificate = path("client-certificate", in: section)
        user.certificateData = text("client-certificate-data", in: section)
        user.key = path("client-key", in: section)
        user.keyData = text("client-key-data", in: section)
        user.token = text("token", in: section).map { Secret($0.value) }
        user.tokenFile = path("tokenFile", in: section)
        user.name = text("username", in: section)
        user.password = text("password", in: section).map { Secret($0.value) }
        for key in ["exec", "auth-provider", "as", "as-uid", "as-groups", "as-user-extra"] where section.has(key) {
            user.unsupported.append(Kubeconfig.Placed(value: key, place: section.place(of: key)))
        }
        return user
    }

    /// A text; an empty one is none.
    private func text(_ key: String, in section: Section) -> Kubeconfig.Placed<String>? {
        guard let text = section.value(key, as: .anyText), !text.isEmpty else { return nil }
        return Kubeconfig.Placed(value: text, place: section.place(of: key))
    }

    /// A path; a relative one is taken from the folder of the file that names it.
    private func path(_ key: String, in section: Section) -> Kubeconfig.Placed<String>? {
        guard var path = text(key, in: section) else { return nil }
        if !path.value.hasPrefix("/") { path.value = folder + path.value }
        return path
    }
}

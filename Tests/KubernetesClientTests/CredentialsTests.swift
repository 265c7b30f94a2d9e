import ConfigurationFile
import Foundation
import HTTPClient
import KubernetesClient
import Support
import Testing

@Suite("Credentials") struct CredentialsTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func find(
        _ mode: KubernetesConfiguration.Mode = .auto, path: String? = nil, _ environment: [String: String] = [:]
    ) throws(ConfigurationError) -> ClusterCredentials? {
        var configuration = KubernetesConfiguration()
        configuration.mode = mode
        configuration.kubeconfig = path
        return try ClusterCredentials.find(
            configuration, in: ClusterCredentials.Surroundings(environment: environment, serviceAccount: folder.path("serviceaccount")))
    }

    private func failure(_ mode: KubernetesConfiguration.Mode = .kubeconfig, path: String? = nil, _ environment: [String: String] = [:]) -> String {
        do {
            _ = try find(mode, path: path, environment)
            return "no failure"
        } catch {
            return error.description.replacing(folder.url.path + "/", with: "")
        }
    }

    private func mountServiceAccount() throws {
        try FileManager.default.createDirectory(at: folder.url.appending(path: "serviceaccount"), withIntermediateDirectories: true)
        try folder.write("serviceaccount/token", "secret-token\n")
        try folder.write("serviceaccount/ca.crt", Self.pem)
    }

    private static let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    private static let data = Data(pem.utf8).base64EncodedString()
    private static let pod = ["KUBERNETES_SERVICE_HOST": "172.30.0.1", "KUBERNETES_SERVICE_PORT": "443"]

    private static func config(cluster: String = "server: https://192.0.2.1:6443", user: String = "token: abc", current: String = "one") -> String {
        """
        apiVersion: v1
        kind: Config
        preferences: {}
        current-context: \(current)
        clusters:
        - name: c
          cluster:
            \(cluster.replacing("\n", with: "\n    "))
        contexts:
        - name: one
          context: {cluster: c, user: u, namespace: default}
        users:
        - name: u
          user:
            \(user.replacing("\n", with: "\n    "))
        """
    }

    @Test("In a pod, its service account is used: the environment's address, the mounted authority, and the token's file")
    func inCluster() throws {
        try mountServiceAccount()
        for mode in [KubernetesConfiguration.Mode.auto, .inCluster] {
            let found = try #require(try find(mode, Self.pod))
            #expect(found.server == "https://172.30.0.1:443")
            #expect(found.authentication == .tokenFile(folder.path("serviceaccount/token"), instead: nil))
            #expect(found.tls == TLSOptions(certificateAuthority: .certificates(.file(folder.path("serviceaccount/ca.crt")))))
            #expect(found.warnings.isEmpty)
        }
        let six = try find(.inCluster, ["KUBERNETES_SERVICE_HOST": "fd02::1", "KUBERNETES_SERVICE_PORT": "443"])
        #expect(six?.server == "https://[fd02::1]:443")
    }

    @Test("Where a pod's service account is wanted and is not there, that is said")
    func notInCluster() throws {
        #expect(failure(.inCluster).contains("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set"))
        #expect(failure(.inCluster, Self.pod).hasPrefix("serviceaccount/token: cannot be opened: No such file or directory (has the pod"))
    }

    @Test("Where there are no credentials at all, or none are wanted, Kubernetes is not asked")
    func none() throws {
        #expect(try find(.auto, ["HOME": folder.url.path]) == nil)
        try folder.write("config", Self.config())
        #expect(try find(.disabled, ["KUBECONFIG": folder.path("config")]) == nil)
    }

    @Test("A kubeconfig is found by name, by KUBECONFIG, in the home folder, in this order, and before no pod's service account but by name")
    func order() throws {
        let named = try folder.write("named", Self.config(cluster: "server: https://named"))
        let listed = try folder.write("listed", Self.config(cluster: "server: https://listed"))
        try FileManager.default.createDirectory(at: folder.url.appending(path: ".kube"), withIntermediateDirectories: true)
        try folder.write(".kube/config", Self.config(cluster: "server: https://home/"))
        let environment = ["HOME": folder.url.path, "KUBECONFIG": listed]
        for mode in [KubernetesConfiguration.Mode.auto, .kubeconfig] {
            #expect(try find(mode, path: named, environment)?.server == "https://named")
            #expect(try find(mode, environment)?.server == "https://listed")
            #expect(try find(mode, ["HOME": folder.url.path])?.server == "https://home")
        }
        try mountServiceAccount()
        let pod = environment.merging(Self.pod) { $1 }
        #expect(try find(.auto, pod)?.server == "https://172.30.0.1:443")
        #expect(try find(.auto, path: named, pod)?.server == "https://named")
        #expect(try find(.kubeconfig, pod)?.server == "https://listed")
    }

    @Test("Files of KUBECONFIG are merged as kubectl does: what the first says of a name holds, and files that are not there are left out")
    func merged() throws {
        let first = try folder.write(
            "first", "users: [{name: u, user: {token: first}}]\ncontexts: [{name: two, context: {cluster: c, user: u}}]\nclusters: null\n")
        let second = try folder.write("second", Self.config(user: "token: second", current: "two"))
        let found = try #require(try find(.kubeconfig, ["KUBECONFIG": "\(folder.path("absent")):\(first)::\(second)"]))
        #expect(found.authentication == .token(Secret("first")))
        #expect(found.server == "https://192.0.2.1:6443")
        #expect(found.source == "\(first), \(second), context two")
    }

    @Test("Certificates may be inline or in files, which are named from the kubeconfig's own folder; inline ones come first")
    func certificates() throws {
        try folder.write("ca.crt", Self.pem)
        let inFiles = try folder.write(
            "files",
            Self.config(
                cluster: "server: https://c/\ncertificate-authority: ca.crt\ntls-server-name: kubernetes",
                user: "client-certificate: ca.crt\nclient-key: ca.crt\ntoken: ''"))
        let file = TLSOptions.PEM.file(folder.path("ca.crt"))
        let ofFiles = try #require(try find(.kubeconfig, path: inFiles))
        #expect(
            ofFiles.tls
                == TLSOptions(
                    certificateAuthority: .certificates(file), clientCertificate: .init(certificate: file, key: file), serverName: "kubernetes"))
        #expect(ofFiles.authentication == .none)
        let inline = try folder.write(
            "inline",
            Self.config(
                cluster: "server: https://c\ncertificate-authority: absent\ncertificate-authority-data: \(Self.data)",
                user: "client-certificate-data: \(Self.data)\nclient-key-data: \(Self.data)"))
        let octets = TLSOptions.PEM.octets(Array(Self.pem.utf8))
        #expect(
            try find(.kubeconfig, path: inline)?.tls
                == TLSOptions(certificateAuthority: .certificates(octets), clientCertificate: .init(certificate: octets, key: octets)))
    }

    @Test("Tokens, files of tokens, and names with passwords are taken; none of them is shown")
    func authentication() throws {
        try folder.write("token", "from-file\n")
        let cases: [(String, ClusterCredentials.Authentication)] = [
            ("token: abc", .token(Secret("abc"))), ("token: 12345", .token(Secret("12345"))),
            ("tokenFile: token", .tokenFile(folder.path("token"), instead: nil)),
            ("tokenFile: absent\ntoken: abc", .tokenFile(folder.path("absent"), instead: Secret("abc"))),
            ("username: me\npassword: xyzzy", .basic(user: "me", password: Secret("xyzzy"))), ("{}", .none),
        ]
        for (index, (user, expected)) in cases.enumerated() {
            let found = try #require(try find(.kubeconfig, path: folder.write("config-\(index)", Self.config(user: user))))
            #expect(found.authentication == expected)
            #expect(!"\(found)".contains("abc") && !"\(found)".contains("xyzzy"))
        }
    }

    @Test("Verification that is turned off, and connections that are not encrypted, are warned about")
    func warnings() throws {
        let insecure = try folder.write("insecure", Self.config(cluster: "server: https://c\ninsecure-skip-tls-verify: true"))
        let found = try #require(try find(.kubeconfig, path: insecure))
        #expect(found.tls.skipsVerification)
        #expect(found.warnings.count == 1 && found.warnings[0].contains("insecure-skip-tls-verify"))
        let plain = try folder.write("plain", Self.config(cluster: "server: http://127.0.0.1:8001"))
        #expect(try find(.kubeconfig, path: plain)?.warnings.first?.contains("not encrypted") == true)
        let proxied = try folder.write("proxied", Self.config(cluster: "server: http://127.0.0.1:8001", user: "{}"))
        #expect(try find(.kubeconfig, path: proxied)?.warnings.isEmpty == true)
    }

    @Test("What is wrong in a kubeconfig is named with file, line and key")
    func mistakes() throws {
        func failureOf(_ text: String) throws -> String { failure(path: try folder.write("config", text)) }
        let cases: [(String, String)] = [
            (Self.config(current: "two"), "config:4: current-context: there is no context \"two\" (there are one)"),
            (Self.config(current: "''"), "config: current-context: is missing (kubectl config use-context NAME sets it; there are one)"),
            (Self.config(cluster: "{}"), "config:7: clusters[0].cluster: has no server"),
            (
                Self.config(cluster: "server: 192.0.2.1:6443"),
                "config:8: clusters[0].cluster.server: is not the URL of a server (try https://192.0.2.1:6443)"
            ),
            (Self.config(cluster: "server: [a]"), "config:8: clusters[0].cluster.server: expected a text (a text in quotes), found a list"),
            (
                Self.config(cluster: "server: https://c\nproxy-url: http://p"),
                "config:9: clusters[0].cluster.proxy-url: is not supported (set HTTPS_PROXY"
            ),
            (
                Self.config(cluster: "server: https://c\ninsecure-skip-tls-verify: maybe"),
                "config:9: clusters[0].cluster.insecure-skip-tls-verify: \"maybe\""
            ),
            (
                Self.config(cluster: "server: https://c\ncertificate-authority: nowhere.crt"),
                "config:9: clusters[0].cluster.certificate-authority: nowhere.crt cannot be opened: No such file or directory"
            ),
            (
                Self.config(cluster: "server: https://c\ncertificate-authority-data: \"*\""),
                "config:9: clusters[0].cluster.certificate-authority-data: is not base64"
            ),
            (
                Self.config(cluster: "server: https://c\ncertificate-authority-data: aGVsbG8="),
                "config:9: clusters[0].cluster.certificate-authority-data: is base64, but not of PEM"
            ),
            (
                Self.config(cluster: "server: https://c\ninsecure-skip-tls-verify: true\ncertificate-authority-data: \(Self.data)"),
                "config:9: clusters[0].cluster.insecure-skip-tls-verify: is true, which a certificate-authority beside it contradicts"
            ),
            (Self.config(user: "exec:\n  command: aws"), "config:15: users[0].user.exec: is not supported: Weir runs no other programs"),
            (Self.config(user: "auth-provider: {name: gcp}"), "config:15: users[0].user.auth-provider: is not supported"),
            (Self.config(user: "as: admin"), "config:15: users[0].user.as: is not supported: Weir asks as the user itself"),
            (Self.config(user: "client-key-data: \(Self.data)"), "config:15: users[0].user.client-key-data: has no client-certificate beside it"),
            (
                Self.config(user: "client-certificate-data: \(Self.data)"),
                "config:15: users[0].user.client-certificate-data: has no client-key beside it"
            ),
            (Self.config(user: "tokenFile: nowhere"), "config:15: users[0].user.tokenFile: nowhere cannot be opened: No such file or directory"),
            (
                Self.config().replacing("cluster: c,", with: "cluster: d,"),
                "config:11: contexts[0].context.cluster: there is no cluster \"d\" (there are c)"
            ),
            (Self.config().replacing("user: u,", with: "user: v,"), "config:11: contexts[0].context.user: there is no user \"v\" (there are u)"),
            (Self.config().replacing("{cluster: c,", with: "{"), "config:11: contexts[0].context: names no cluster"),
            ("clusters:\n- cluster: {}\n", "config:2: clusters[0].name: is missing"),
            ("clusters: 7\n", "config:1: clusters: expected a list"),
            ("a: b: c\n", "config:1: is not YAML"),
        ]
        for (text, expected) in cases {
            let found = try failureOf(text)
            #expect(found.hasPrefix(expected), "\(found) ≠ \(expected)")
            #expect(!found.contains("token: abc"))
        }
        #expect(failure(path: folder.path("nothing")) == "nothing: cannot be opened: No such file or directory")
        #expect(failure(.kubeconfig, ["HOME": folder.url.path]).contains("no kubeconfig: there is none at .kube/config"))
        #expect(failure(.kubeconfig).contains("neither KUBECONFIG nor HOME is set"))
    }

    @Test("Users that are not the current context's may be of any kind")
    func otherUsers() throws {
        let text = Self.config() + "\n- {name: aws, user: {exec: {command: aws}, client-key-data: '*'}}\nextensions: [{name: x}]\n"
        #expect(try find(.kubeconfig, path: folder.write("config", text)) != nil)
    }

    @Test("The configuration's keys are read, and described as they were written")
    func configuration() throws {
        func read(_ text: String) throws -> KubernetesConfiguration {
            try ConfigurationFile(text: text, name: "weir.yaml").decode { KubernetesConfiguration(from: $0) }
        }
        #expect(try read("") == KubernetesConfiguration())
        let text = "kubernetes:\n  mode: kubeconfig\n  kubeconfig: /etc/weir/kubeconfig\n  namespaces: [shop, bank]\n  sync_timeout: 1m\n"
        let configuration = try read(text)
        #expect(configuration.mode == .kubeconfig && configuration.namespaces == ["shop", "bank"] && configuration.syncTimeout == 60_000_000_000)
        var described = ConfigurationText()
        configuration.describe(in: &described)
        #expect(described.yaml == text)
        #expect(try read(described.yaml) == configuration)
        for (text, problem) in [
            (
                "kubernetes: {mode: off}",
                "weir.yaml:1: kubernetes.mode: \"off\" is not one of auto, in-cluster, kubeconfig, disabled (write disabled)"
            ),
            (
                "kubernetes: {mode: in-cluster, kubeconfig: x}",
                "weir.yaml:1: kubernetes.kubeconfig: is not read with mode in-cluster (write mode: kubeconfig)"
            ),
            ("kubernetes: {sync_timeout: 30}", "weir.yaml:1: kubernetes.sync_timeout: \"30\" has no unit (try 30s)"),
            ("kubernetes: {namespace: x}", "weir.yaml:1: kubernetes.namespace: there is no such key (did you mean namespaces?)"),
        ] {
            #expect(throws: ConfigurationError.self) { _ = try read(text) }
            do { _ = try read(text) } catch { #expect("\(error)" == problem) }
        }
    }
}

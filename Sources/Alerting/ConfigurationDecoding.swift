import ConfigurationFile
import HTTPClient

extension AlertingConfiguration {
    /// Reads `alerting` of the file's root; what is absent or wrong stays at its default.
    package init(from root: Section) {
        self.init()
        let alerting = root.section("alerting")
        let labels = alerting.section("external_labels")
        for name in labels.keys {
            guard let value = labels.value(name, as: .text) else { continue }
            if !Self.isLabelName(name) {
                labels.report(name, "is not the name of a label: letters, digits and _, and no digit first")
            } else if name == "alertname" || name == "severity" {
                labels.report(name, "is the rule's to say")
            } else {
                externalLabels[name] = value
            }
        }
        alertmanagers = Self.receivers(alerting, "alertmanagers")
        webhooks = Self.receivers(alerting, "webhooks")
        alerting.read("kubernetes_events", as: .word, into: &kubernetesEvents)
        readLog(alerting)
    }

    private mutating func readLog(_ alerting: Section) {
        guard let word = alerting.value("log", as: .text) else { return }
        switch word {
        case "stdout": log = .stdout
        case "disabled": log = .disabled
        case _ where word.contains("/"): log = alerting.path("log").map { .file($0) } ?? .stdout
        default: alerting.report("log", "is none of stdout, disabled, and a path with a slash in it (./alerts.log)")
        }
    }

    private static func receivers(_ alerting: Section, _ key: String) -> [HTTPReceiver] {
        var urls = Repeats<String>()
        return alerting.sections(key, shorthand: "url").compactMap { section in
            guard let receiver = HTTPReceiver(from: section) else { return nil }
            section.refuseRepeat(of: receiver.url, at: "url", in: &urls)
            return receiver
        }
    }

    static func isLabelName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy { (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") }
    }

    /// Writes the keys that `init(from:)` reads.
    package func describe(in text: inout ConfigurationText) {
        let labels = externalLabels.sorted { $0.key < $1.key }
        text.set("external_labels", in: "alerting", .section(labels.map { ($0.key, .text($0.value)) }))
        text.set("alertmanagers", in: "alerting", .list(alertmanagers.map(\.described)))
        text.set("webhooks", in: "alerting", .list(webhooks.map(\.described)))
        text.set("kubernetes_events", in: "alerting", .text(kubernetesEvents.rawValue))
        switch log {
        case .stdout: text.set("log", in: "alerting", .text("stdout"))
        case .disabled: text.set("log", in: "alerting", .text("disabled"))
        case .file(let path): text.set("log", in: "alerting", .text(path))
        }
    }
}

extension AlertingConfiguration.HTTPReceiver {
    /// Reads an element of a list; nil where it has no URL.
    fileprivate init?(from section: Section) {
        let url = section.required("url", as: .url)
        self.init(url: url ?? "")
        readAuthentication(section)
        if let file = section.path("ca_file") { tls.certificateAuthority = .certificates(.file(file)) }
        let (certificate, key) = (section.path("cert_file"), section.path("key_file"))
        if let certificate, let key {
            tls.clientCertificate = TLSOptions.ClientCertificate(certificate: .file(certificate), key: .file(key))
        } else if certificate != nil {
            section.report("cert_file", "needs its key_file")
        } else if key != nil {
            section.report("key_file", "needs its cert_file")
        }
        section.read("server_name", as: .text, into: &tls.serverName)
        section.read("insecure_skip_verify", as: .flag, into: &tls.skipsVerification)
        section.read("timeout", as: .duration(in: .milliseconds(100) ... .seconds(300)), into: &timeout)
        if url == nil { return nil }
    }

    private mutating func readAuthentication(_ section: Section) {
        let user = section.value("username", as: .text)
        let password = Self.secret(section, "password")
        let token = Self.secret(section, "bearer_token")
        if let user {
            authentication = .basic(user: user, password: password ?? .inline(Secret("")))
            if token != nil { section.report("username", "does not go with a bearer token: one of them") }
            if user.contains(":") { section.report("username", "has a colon, which basic authentication cannot send") }
        } else if password != nil {
            section.report(section.has("password") ? "password" : "password_file", "needs its username")
        } else if let token {
            authentication = .bearer(token)
        }
    }

    private static func secret(_ section: Section, _ key: String) -> AlertingConfiguration.SecretSource? {
        let inline = section.value(key, as: .secret)
        let file = section.path(key + "_file")
        if inline != nil, file != nil { section.report(key + "_file", "does not go with \(key): one of them") }
        return inline.map { .inline($0) } ?? file.map { .file($0) }
    }

    fileprivate var described: ConfigurationText.Value {
        var keys: [(key: String, value: ConfigurationText.Value)] = [("url", .text(url))]
        func add(_ key: String, _ source: AlertingConfiguration.SecretSource) {
            switch source {
            case .inline(let secret): if !secret.revealed.isEmpty { keys.append((key, .secret(secret))) }
            case .file(let path): keys.append((key + "_file", .text(path)))
            }
        }
        switch authentication {
        case .none: break
        case .basic(let user, let password):
            keys.append(("username", .text(user)))
            add("password", password)
        case .bearer(let token): add("bearer_token", token)
        }
        if case .certificates(.file(let path)) = tls.certificateAuthority { keys.append(("ca_file", .text(path))) }
        if let pair = tls.clientCertificate, case .file(let certificate) = pair.certificate, case .file(let key) = pair.key {
            keys += [("cert_file", .text(certificate)), ("key_file", .text(key))]
        }
        if let name = tls.serverName { keys.append(("server_name", .text(name))) }
        if tls.skipsVerification { keys.append(("insecure_skip_verify", .plain("true"))) }
        keys.append(("timeout", .plain(DurationText.string(nanoseconds: timeout))))
        return .section(keys)
    }
}

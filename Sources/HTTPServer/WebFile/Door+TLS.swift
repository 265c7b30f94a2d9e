import ConfigurationFile

extension Door {
    /// What `tls_server_config` says; nil where it is absent or wrong.
    static func credentials(_ root: Section, _ reading: inout DoorReading) -> TLSCredentials? {
        let section = root.section("tls_server_config")
        let configuration = configuration(section)
        let certificate = PEMText(section, "cert", isSecret: false, &reading)
        let key = PEMText(section, "key", isSecret: true, &reading)
        let authority = PEMText(section, "client_ca", isSecret: false, &reading)
        guard !section.keys.isEmpty else { return nil }
        for text in [certificate, key] where !text.isGiven { section.report(text.fileKey, "is missing: TLS needs a certificate and its key") }
        let authentication = configuration.clientAuthentication
        if authentication.verifies, !authority.isGiven {
            section.report("client_auth_type", "needs client_ca_file: the authority whose certificates are taken")
        }
        if authentication == .none, authority.isGiven {
            section.report(authority.usedKey, "means nothing without client_auth_type (try RequireAndVerifyClientCert)")
        }
        guard configuration.minimumVersion <= configuration.maximumVersion else { return nil }
        guard let certificateText = certificate.bytes, let keyText = key.bytes, !authority.isGiven || authority.bytes != nil else { return nil }
        do throws(TLSCredentialsError) {
            return try TLSCredentials(
                configuration, certificate: certificateText, key: keyText, clientAuthority: authority.bytes, now: reading.now)
        } catch {
            switch error.part {
            case .certificate: certificate.report(error.message)
            case .key: key.report(error.message)
            case .clientAuthority: authority.report(error.message)
            case .priorities: section.report("cipher_suites", "cannot be had together with the versions and curves: \(error.message)")
            }
            return nil
        }
    }

    private static func configuration(_ section: Section) -> TLSConfiguration {
        var configuration = TLSConfiguration()
        section.read("client_auth_type", as: .word, into: &configuration.clientAuthentication)
        configuration.allowedNames = section.list("client_allowed_sans", of: .text, atLeast: 1).map(Set.init)
        section.read("min_version", as: .word, into: &configuration.minimumVersion)
        section.read("max_version", as: .word, into: &configuration.maximumVersion)
        configuration.cipherSuites = section.list("cipher_suites", of: .word) ?? []
        configuration.curves = section.list("curve_preferences", of: .word) ?? []
        section.read("prefer_server_cipher_suites", as: .flag, into: &configuration.prefersOwnOrder)

        if configuration.allowedNames != nil, !configuration.clientAuthentication.isRequired {
            section.report("client_allowed_sans", "needs client_auth_type: RequireAndVerifyClientCert (or RequireAnyClientCert)")
        }
        if configuration.minimumVersion > configuration.maximumVersion {
            section.report("min_version", "is above max_version (\(configuration.maximumVersion.rawValue))")
        }
        let implied = TLSCipherSuite.implied(by: configuration.cipherSuites)
        if !implied.isEmpty {
            let names = implied.map(\.rawValue).joined(separator: ", ")
            section.report(
                "cipher_suites",
                "would let through \(names) as well, since GnuTLS chooses key exchange and cipher each for itself (add what is missing)")
        }
        if !configuration.cipherSuites.isEmpty, configuration.maximumVersion == .tls13,
            !configuration.cipherSuites.contains(where: \.isAuthenticating)
        {
            section.report("cipher_suites", "leaves TLS 1.3 without a cipher (add one with GCM or CHACHA20, or write max_version: TLS12)")
        }
        if !configuration.cipherSuites.isEmpty, configuration.minimumVersion < .tls12,
            configuration.cipherSuites.allSatisfy(\.isAuthenticating)
        {
            section.report("cipher_suites", "leaves versions below TLS 1.2 without a cipher (add one with CBC, or write min_version: TLS12)")
        }
        return configuration
    }
}

/// A text in PEM that stands in the configuration (`cert`) or in a file it names (`cert_file`).
private struct PEMText {
    let fileKey: String
    /// Where it was given, for problems.
    let usedKey: String
    /// Whether there is a key for it, right or wrong.
    let isGiven: Bool
    /// Nil where it is absent or cannot be read, which was reported.
    let bytes: [UInt8]?
    private let section: Section
    private let file: String?

    init(_ section: Section, _ key: String, isSecret: Bool, _ reading: inout DoorReading) {
        self.section = section
        fileKey = "\(key)_file"
        file = section.path(fileKey)
        let text = isSecret ? section.value(key, as: .secret)?.revealed : section.value(key, as: .text)
        isGiven = section.has(key) || section.has(fileKey)
        usedKey = section.has(fileKey) ? fileKey : key
        guard let file else {
            bytes = text.map { Array($0.utf8) }
            return
        }
        reading.willRead(file)
        if section.has(key) { section.report(key, "is given twice: here and as \(fileKey)") }
        do throws(SmallFile.Unreadable) {
            bytes = try SmallFile.read(file)
        } catch {
            bytes = nil
            report(error.message)
        }
    }

    /// Reports what is wrong with the text, and where it stands.
    func report(_ message: String) {
        section.report(usedKey, file.map { "\($0) \(message)" } ?? message)
    }
}

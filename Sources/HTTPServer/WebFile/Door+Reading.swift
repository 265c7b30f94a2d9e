import ConfigurationFile

/// What reading a web configuration file needs to know, and what it finds out beside the door.
struct DoorReading {
    /// Seconds since 1970, at which certificates must be valid.
    var now: Int
    /// The files that were looked at, whether they could be read or not, as they were before that; nil for what is not there.
    private(set) var files: [String: FileStamp?] = [:]

    init(now: Int) {
        self.now = now
    }

    mutating func willRead(_ file: String) {
        files.updateValue(FileStamp(path: file), forKey: file)
    }
}

extension Door {
    /// Reads a file in the format that Prometheus' exporters share; what is wrong is reported to the section, and so is what cannot be honoured here.
    convenience init(from root: Section, _ reading: inout DoorReading) {
        let credentials = Self.credentials(root, &reading)
        self.init(
            credentials: credentials, users: Self.users(root.section("basic_auth_users")),
            headers: Self.headers(root.section("http_server_config")), rateLimit: Self.rateLimit(root.section("rate_limit")))
    }

    // MARK: Users

    private static func users(_ section: Section) -> Users {
        var hashes: [String: BcryptHash] = [:]
        for user in section.keys {
            guard let text = section.required(user, as: .secret) else { continue }
            if user.isEmpty || user.contains(":") { section.report(user, "is no user name: it is empty or has a colon (RFC 7617)") }
            do throws(BcryptHash.Invalid) {
                hashes[user] = try BcryptHash(text.revealed)
            } catch {
                section.report(user, "\(text) \(error.message)")
            }
        }
        return Users(hashes)
    }

    // MARK: Headers

    /// The headers that can be set, and the values of those that take only some.
    private static let knownHeaders: [(name: String, values: [String])] = [
        ("Content-Security-Policy", []), ("Strict-Transport-Security", []), ("X-Content-Type-Options", ["nosniff"]),
        ("X-Frame-Options", ["deny", "sameorigin"]), ("X-XSS-Protection", []),
    ]

    private static func headers(_ section: Section) -> [HTTPRequest.Field] {
        if section.value("http2", as: .flag) == true {
            section.report("http2", "is not offered: libmicrohttpd speaks HTTP/1.1 (leave it out, or write false)")
        }
        let headers = section.section("headers")
        return knownHeaders.compactMap { name, values in
            guard let value = headers.value(name, as: .text) else { return nil }
            guard values.isEmpty || values.contains(value) else {
                headers.report(name, "must be \(values.joined(separator: " or "))")
                return nil
            }
            guard value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
                headers.report(name, "has characters that cannot stand in a header")
                return nil
            }
            return HTTPRequest.Field(name, value)
        }
    }

    // MARK: Rate limit

    private static func rateLimit(_ section: Section) -> RateLimit? {
        let interval = section.value("interval", as: .duration(in: .zero ... .seconds(86_400)))
        let burst = section.value("burst", as: .integer(in: 1...1_000_000))
        guard let interval, interval > 0 else {
            if burst != nil, interval == nil { section.report("burst", "means nothing without interval") }
            return nil
        }
        guard let burst else {
            if section.has("burst") { return nil }
            section.report("interval", "needs burst beside it: without it no request would be let through")
            return nil
        }
        return RateLimit(burst: burst, interval: .nanoseconds(interval), now: .now)
    }
}

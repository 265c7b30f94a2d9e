import Foundation
import HTTPServer
import Support
import Testing

@Suite("Users and passwords", .serialized)
struct UserTests {
    /// Of cost 4, as htpasswd -B makes them: "secret" and "geheim".
    static let secret = "$2y$04$N14w4xsgw0EKzlBdemOrgeWlR6A4xg3X6j8Hb9ocYcL1lQ5wvD6LW"
    static let geheim = "$2y$04$1qelpuf7whOBjFes5iX9DuxXn0UVnLclrO3w4t.EJrmdVp8xjxLB6"
    /// Of cost 10.
    static let slowSecret = "$2y$10$.QrgEvsWNZgJYPybN5rXPe9vH7qIV9efhKbV1vin2aa4vXJqGGXpy"

    private static let whoami: HTTPHandler = { .text("\($0.identity.map { "\($0)" } ?? "nobody")\n") }

    private func serveUsers(
        _ users: String, folder: TemporaryFolder, refusals: HTTPRefusals = HTTPRefusals(), changes: Changes = Changes()
    ) throws -> (server: HTTPServer, url: String) {
        let file = try WebFile(path: folder.write("web.yml", "basic_auth_users: { \(users) }\n"))
        var configuration = HTTPServerConfiguration()
        configuration.listen = "127.0.0.1:0"
        let server = try HTTPServer(
            configuration: configuration, webFile: file, refusals: refusals, webFileChanged: changes.note, handler: Self.whoami)
        return (server, "http://127.0.0.1:\(server.port)/")
    }

    @Test(
        "bcrypt agrees with what others have computed, under each name of the algorithm",
        arguments: [
            // From the tests of OpenWall's crypt_blowfish.
            ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"),
            ("$2y$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", "U*U*"),
            ("$2b$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", "U*U*U"),
            ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy", ""),
        ])
    func bcrypt(hash: String, password: String) throws {
        let parsed = try BcryptHash(hash)
        #expect(parsed.matches(Array(password.utf8)))
        #expect(!parsed.matches(Array((password + "x").utf8)))
        #expect(!parsed.matches(Array(password.utf8) + [0] + Array("tail".utf8)), "what stands behind a NUL counts")
        #expect(!parsed.matches([UInt8](repeating: 65, count: 100_000)))
        #expect("\(parsed)" == "<secret>")
    }

    @Test(
        "What is no bcrypt hash, or too dear to compare, is refused",
        arguments: [
            ("", "is not a bcrypt hash"), ("secret", "is not a bcrypt hash"), ("$1$abc$def", "is not a bcrypt hash"),
            ("$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "is a variant"),
            ("$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "has a cost of 31"),
            ("$2b$0x$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "has characters"),
            ("$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvy eW", "has characters"),
        ])
    func invalid(hash: String, message: String) {
        #expect {
            _ = try BcryptHash(hash)
        } throws: { error in
            (error as? BcryptHash.Invalid)?.message.hasPrefix(message) == true
        }
    }

    @Test("Who shows the password of a user is let in and known, and nobody else")
    func passwords() async throws {
        let folder = try TemporaryFolder()
        let (server, url) = try serveUsers("prometheus: \(Self.secret), anna: \(Self.geheim)", folder: folder)
        for _ in 0..<2 {
            #expect(try await Fetched(url, ["-u", "prometheus:secret"]).body == "user prometheus\n")
            #expect(try await Fetched(url, ["-u", "anna:geheim"]).body == "user anna\n")
            for wrong in ["prometheus:geheim", "anna:secret", "anna:", ":", "nobody:secret", "Prometheus:secret", "prometheus:secret\u{1}"] {
                #expect(try await Fetched(url, ["-u", wrong]).status == 401, "\(wrong)")
            }
        }
        let refused = try await Fetched(url, ["-i"])
        #expect(refused.status == 401)
        #expect(refused.body.contains("WWW-Authenticate: Basic realm=\"weir\""))
        for header in ["Bearer abc", "Basic", "Basic ???", "Basic bm9jb2xvbg==", "Basic /zph"] {
            #expect(try await Fetched(url, ["-H", "Authorization: \(header)"]).status == 401, "\(header)")
        }
        await server.stop()
    }

    @Test("A password that was right is not compared again, nor one that was wrong")
    func remembered() async throws {
        let folder = try TemporaryFolder()
        let (server, url) = try serveUsers("prometheus: \(Self.slowSecret)", folder: folder)
        func seconds(_ user: String) async throws -> Double {
            Double(try await Fetched(url, ["-u", user, "-o", "/dev/null", "-w", "%{time_total}\n"]).body) ?? 0
        }
        var times: [Double] = []
        for user in ["prometheus:secret", "prometheus:wrong", "nobody:wrong"] {
            let first = try await seconds(user)
            let later = try await [seconds(user), seconds(user), seconds(user)].min() ?? .infinity
            #expect(first > 0.03 && later < first / 2, "\(user): \(first) \(later)")
            times.append(first)
        }
        print("basic authentication: right first", times[0], "s, wrong", times[1], "s (behind a pause), nobody", times[2], "s")
        await server.stop()
    }

    @Test("Users are read again when they change: who is gone is let in no more, though the password was remembered")
    func changes() async throws {
        let folder = try TemporaryFolder()
        let changes = Changes()
        let (server, url) = try serveUsers("prometheus: \(Self.secret)", folder: folder, changes: changes)
        #expect(try await Fetched(url, ["-u", "prometheus:secret"]).status == 200)
        try folder.write("web.yml", "basic_auth_users: { prometheus: plain }\n")
        try await waitUntil("the broken file is noticed") { changes.problems.count == 1 }
        #expect(changes.problems[0].contains("web.yml:1: basic_auth_users.prometheus: <secret> is not a bcrypt hash"))
        #expect(!changes.problems[0].contains("plain"))
        #expect(try await Fetched(url, ["-u", "prometheus:secret"]).status == 200)
        try folder.write("web.yml", "")
        try await waitUntil("the emptied file is noticed") { changes.problems.count == 2 }
        #expect(changes.problems[1].hasSuffix("web.yml: basic_auth_users has gone, which takes effect after a restart"))
        #expect(try await Fetched(url).status == 401)
        try folder.write("web.yml", "basic_auth_users: { prometheus: \(Self.geheim) }\n")
        try await waitUntil("the new file is taken up") { changes.takenUp == 1 }
        #expect(try await Fetched(url, ["-u", "prometheus:secret"]).status == 401)
        #expect(try await Fetched(url, ["-u", "prometheus:geheim"]).status == 200)
        await server.stop()
    }

    @Test("A flood of wrong passwords is bounded, and keeps nobody waiting who is known")
    func flood() async throws {
        let folder = try TemporaryFolder()
        let refusals = HTTPRefusals()
        let (server, url) = try serveUsers("prometheus: \(Self.slowSecret)", folder: folder, refusals: refusals)
        #expect(try await Fetched(url, ["-u", "prometheus:secret"]).status == 200)
        let before = residentBytes()
        let attackers = try (0..<200).map { number in
            let client = try RawClient(port: server.port)
            let credentials = Data("prometheus:wrong\(number)".utf8).base64EncodedString()
            client.send("GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic \(credentials)\r\n\r\n")
            return client
        }
        let start = ContinuousClock.now
        #expect(try await Fetched(url, ["-u", "prometheus:secret"]).status == 200)
        let taken = ContinuousClock.now - start
        #expect(taken < .seconds(20), "\(taken)")
        var statuses: [String: Int] = [:]
        for client in attackers { statuses[String(client.read(through: "\r\n").dropFirst(9).prefix(3)), default: 0] += 1 }
        #expect(Set(statuses.keys) == ["401", "429"], "\(statuses)")
        #expect(refusals.count(.manyPasswords) == UInt64(statuses["429"] ?? 0) && refusals.count(.manyPasswords) > 150)
        attack("wrong passwords, each another, from one address", "200 at once", "\(statuses); a known user waited \(taken)", before)
        // The server stops though passwords wait.
        let last = try RawClient(port: server.port)
        last.send("GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic \(Data("prometheus:last".utf8).base64EncodedString())\r\n\r\n")
        await server.stop()
    }
}

/// Prints a line of the attack table.
func attack(_ input: String, _ count: String, _ outcome: String, _ before: Int) {
    print("attack | \(input) | \(count) | \(outcome) | \(before >> 20) MiB → \(residentBytes() >> 20) MiB")
}

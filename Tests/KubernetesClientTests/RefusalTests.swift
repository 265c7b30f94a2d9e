import FlowModel
import KubernetesClient
import Testing

@Suite("Refusals and waits") struct RefusalTests {
    /// The waits of so many failures in a row.
    private func waits(_ count: Int, seed: UInt64) -> [Duration] {
        var driver = Driver(seed: seed)
        return (0..<count).map { _ in
            driver.take(.end(.unreachable("connection refused")))
            defer { driver.pass() }
            return driver.wait ?? .zero
        }
    }

    @Test("Waits double up to 30 s, and are drawn from the upper half of that")
    func backoff() {
        for seed in 0..<50 as Range<UInt64> {
            for (index, wait) in waits(12, seed: seed).enumerated() {
                let longest = min(Duration.milliseconds(800) * (1 << index), .seconds(30))
                #expect(wait <= longest && wait >= longest / 2)
            }
        }
        #expect(Set((0..<50).map { waits(1, seed: $0)[0] }).count == 50)
    }

    @Test("A watch that lasted makes up for what failed before; one that did not, does not")
    func recovery() {
        var driver = Driver()
        for _ in 0..<6 {
            driver.take(.end(.unreachable("connection refused")))
            driver.pass()
        }
        driver.listAndWatch()
        driver.later(seconds: 5)
        driver.take(.end(.cut("reset")))
        #expect(driver.wait.map { $0 > .seconds(10) } == true)
        driver.pass()
        driver.watch()
        driver.later(seconds: 11)
        driver.take(.end(.cut("reset")))
        #expect(driver.wait.map { $0 <= .milliseconds(800) } == true)
    }

    @Test("A trouble is reported once until it is over, and that it is over, too")
    func reports() {
        var driver = Driver()
        for _ in 0..<5 {
            driver.take(.end(.unreachable("connection refused")))
            driver.pass()
        }
        #expect(driver.reports.map(\.message) == ["pods: the API server cannot be reached: connection refused"])
        #expect(driver.reports.first?.severity == .warning && driver.reports.first?.subject == .trouble(Scope(.pods), .unreachable))
        driver.listAndWatch()
        #expect(driver.reports.last == WatchReport(severity: .info, message: "pods: watched again", subject: .recovery(Scope(.pods))))
        driver.take(.end(.stalled))
        #expect(driver.reports.last?.message == "pods: the API server's watch fell silent")
        #expect(driver.restarts(.unreachable) == 5)
    }

    @Test("429 is obeyed: Retry-After in seconds", arguments: [429, 503])
    func retryAfterSeconds(code: Int) {
        for step in ["list", "watch"] {
            var driver = Driver()
            if step == "watch" {
                driver.answer(Sample.list([], version: 10))
            }
            let asked = driver.target
            driver.answer(Sample.status(code, reason: "TooManyRequests"), status: code, retryAfter: "17")
            #expect(driver.wait.map { $0 >= .seconds(17) && $0 < .seconds(18) } == true)
            #expect(driver.restarts(.throttled) == 1)
            driver.pass()
            #expect(driver.target?.prefix(20) == asked?.prefix(20))
        }
    }

    @Test("429 is obeyed: Retry-After as a date")
    func retryAfterDate() {
        var driver = Driver()
        driver.now = Timestamp(seconds: 784_111_777 - 90)
        driver.answer("", status: 429, retryAfter: "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(driver.wait.map { $0 >= .seconds(90) && $0 < .seconds(91) } == true)
        driver.pass()
        // It is past now.
        driver.answer("", status: 429, retryAfter: "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(driver.wait.map { $0 < .seconds(1) } == true)
    }

    @Test("Without a Retry-After that can be read, 429 is a failure like others; one of a day is not meant")
    func retryAfterNonsense() {
        for text in ["soon", "", "-5", "1.5", "Sun, 06 Nov 1994", "Sun, 41 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "\u{1F648}"] {
            var driver = Driver()
            driver.answer("", status: 429, retryAfter: text)
            #expect(driver.wait.map { $0 <= .milliseconds(800) } == true)
        }
        for text in ["86400", "99999999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"] {
            var driver = Driver()
            driver.answer("", status: 429, retryAfter: text)
            #expect(driver.wait.map { $0 >= .seconds(600) && $0 <= .seconds(601) } == true)
        }
    }

    @Test("401 is reported, and tried again with the token as it is then; the watch goes on where it was")
    func unauthorized() {
        var driver = Driver()
        driver.listAndWatch()
        driver.take(.end(.cut("reset")))
        driver.pass()
        driver.answer(Sample.status(401, reason: "Unauthorized", message: "Unauthorized"), status: 401)
        #expect(driver.restarts(.unauthorized) == 1)
        #expect(driver.reports.last?.severity == .error)
        #expect(driver.reports.last?.message == "pods: the API server does not accept the credentials (401): Unauthorized")
        driver.pass()
        #expect(query(driver.target)["watch"] == "1" && query(driver.target)["resourceVersion"] == "10")
        driver.watch()
        #expect(driver.reports.last?.message == "pods: watched again")
    }

    @Test("403 is reported once with the rule that is missing, is not waited for, and is asked again now and then")
    func forbidden() {
        var driver = Driver(.replicaSets)
        for _ in 0..<10 {
            driver.answer(Sample.status(403, reason: "Forbidden", message: "User may not list"), status: 403)
            #expect(driver.wait.map { $0 >= .seconds(60) && $0 <= .seconds(72) } == true)
            driver.pass()
        }
        #expect(driver.status.refusal == .forbidden && !driver.status.isListed)
        #expect(KubernetesStatus(watches: [driver.status]).isSynced)
        #expect(driver.reports.count == 1)
        let message = driver.reports.first?.message ?? ""
        #expect(message.contains(#"{apiGroups: ["apps"], resources: [replicasets], verbs: [get, list, watch]}"#))
        #expect(message.contains("ClusterRole") && message.hasSuffix("User may not list"))
        driver.answer(#"{"metadata":{"resourceVersion":"3"},"items":[]}"#)
        driver.watch()
        #expect(driver.status.refusal == nil && driver.status.isListed && driver.status.isCurrent)
    }

    @Test("In a namespace, the rule is missing in a Role")
    func forbiddenInNamespace() {
        var driver = Driver(.pods, in: "shop")
        driver.answer("", status: 403)
        #expect(driver.reports.first?.message.contains("Role in namespace shop") == true)
    }

    @Test("What was listed stays when it is refused later")
    func forbiddenLater() {
        var driver = Driver()
        driver.listAndWatch()
        driver.later(seconds: 30)
        driver.take(.end(.whole))
        driver.answer("", status: 403)
        #expect(driver.applied == ["= a b"])
        #expect(driver.status.isListed && driver.status.refusal == .forbidden)
        driver.pass()
        #expect(query(driver.target)["resourceVersion"] == "10")
    }

    @Test("A resource that the server does not have is not waited for either")
    func missing() {
        var driver = Driver(.endpointSlices)
        driver.answer("404 page not found", status: 404)
        #expect(driver.status.refusal == .missing)
        #expect(driver.reports.first?.message.contains("endpointslices.discovery.k8s.io") == true)
    }

    @Test("A watch that is refused for its query, or for a version that is too new, is followed by a list")
    func refusedWatch() {
        for (code, cause) in [(400, nil), (422, nil), (504, "ResourceVersionTooLarge")] {
            var driver = Driver()
            driver.answer(Sample.list([], version: 10))
            driver.answer(Sample.status(code, reason: "Timeout", cause: cause), status: code)
            driver.passIfWaiting()
            #expect(query(driver.target)["resourceVersionMatch"] == "NotOlderThan", "\(code)")
        }
        var driver = Driver()
        driver.answer(Sample.list([], version: 10))
        driver.answer("", status: 500)
        driver.pass()
        #expect(query(driver.target)["watch"] == "1")
    }

    @Test("A refusal of any length takes little memory, and one that breaks off is one all the same")
    func longRefusal() {
        var driver = Driver()
        driver.take(.head(status: 500, retryAfter: nil))
        for _ in 0..<100 { driver.take(.octets(Array(repeating: 0x41, count: 16 << 10))) }
        driver.take(.end(.cut("reset")))
        #expect(driver.restarts(.error) == 1)
    }

    @Test("Control characters of a server do not reach the log")
    func hostileMessage() {
        var driver = Driver()
        driver.answer(Sample.status(500, reason: "x", message: #"\u001b[31mred\n"# + String(repeating: "x", count: 9000)), status: 500)
        let message = driver.reports.first?.message ?? ""
        #expect(!message.unicodeScalars.contains { $0.value < 0x20 } && message.count < 400)
    }
}

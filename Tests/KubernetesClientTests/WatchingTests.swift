import FlowModel
import KubernetesClient
import Testing

@Suite("Watches") struct WatchingTests {
    @Test("Events are applied in their order, deletions with the uid of what was deleted")
    func events() {
        var driver = Driver()
        driver.listAndWatch()
        driver.watch(
            Sample.event("ADDED", Sample.pod("c", version: 11, address: "10.0.0.3")) + Sample.event("MODIFIED", Sample.pod("a", version: 12)),
            Sample.event("DELETED", Sample.pod("b", version: 13)))
        #expect(driver.applied == ["= a b", "+ c 10.0.0.3", "+ a 10.128.2.9", "- shop/b uid-b"])
        #expect(driver.status.objects == 2)
        #expect(driver.status.isCurrent)
    }

    @Test("An event may come in any number of pieces")
    func pieces() {
        var driver = Driver()
        driver.listAndWatch()
        let octets = Array((Sample.event("ADDED", Sample.pod("c", version: 11)) + Sample.bookmark(12)).utf8)
        for octet in octets { driver.take(.octets([octet])) }
        #expect(driver.applied == ["= a b", "+ c 10.128.2.9"])
    }

    @Test("A watch that ends normally is resumed at once, from the last version")
    func normalEnd() {
        var driver = Driver()
        driver.listAndWatch()
        driver.watch(Sample.event("ADDED", Sample.pod("c", version: 11)))
        driver.take(.end(.whole))
        #expect(query(driver.target)["resourceVersion"] == "11" && query(driver.target)["watch"] == "1")
        #expect(driver.restarts(.ended) == 1 && driver.status.isCurrent)
        driver.watch()
        driver.later(seconds: 400)
        driver.take(.end(.whole))
        #expect(query(driver.target)["resourceVersion"] == "11")
        #expect(driver.reports.count == 1)
    }

    @Test("A watch that brings only bookmarks is resumed from the last of them")
    func bookmarks() {
        var driver = Driver()
        driver.listAndWatch()
        driver.later(seconds: 60)
        driver.watch(Sample.bookmark(50))
        #expect(driver.status.lastEvent == driver.now)
        driver.watch(Sample.bookmark(60))
        driver.take(.end(.whole))
        #expect(query(driver.target)["resourceVersion"] == "60")
        #expect(driver.applied == ["= a b"])
    }

    @Test("Watches that end as soon as they begin are not begun in a loop")
    func hollowWatches() {
        var driver = Driver()
        driver.listAndWatch()
        for _ in 0..<3 {
            driver.take(.end(.whole))
            #expect(driver.wait != nil && driver.target == nil)
            driver.pass()
            driver.watch()
        }
        #expect(driver.restarts(.ended) == 3)
        #expect(driver.reports.contains { $0.severity == .warning && $0.message.contains("as soon as they begin") })
    }

    @Test("Half an event and a cut connection: the half is forgotten, and comes again from the version before it")
    func halfAnEvent() {
        for end in [ListWatch.End.cut("reset"), .whole] {
            var driver = Driver()
            driver.listAndWatch()
            let event = Sample.event("MODIFIED", Sample.pod("a", version: 12))
            driver.watch(Sample.event("ADDED", Sample.pod("c", version: 11)), String(event.prefix(200)))
            driver.take(.end(end))
            #expect(driver.restarts(.cut) == 1 && !driver.status.isCurrent)
            driver.pass()
            #expect(query(driver.target)["resourceVersion"] == "11")
            driver.watch(event)
            #expect(driver.applied == ["= a b", "+ c 10.128.2.9", "+ a 10.128.2.9"])
            #expect(driver.status.isCurrent)
        }
    }

    @Test("A watch that falls silent is resumed from the last version")
    func stall() {
        var driver = Driver()
        driver.listAndWatch()
        driver.watch(Sample.bookmark(20))
        driver.take(.end(.stalled))
        #expect(driver.restarts(.stalled) == 1)
        driver.pass()
        #expect(query(driver.target)["resourceVersion"] == "20")
        #expect(driver.request?.stallLimit == .seconds(150) && driver.request?.isWatch == true)
    }

    @Test("410 in a watch, as an answer or as an event, is followed by a list at once")
    func expired() {
        for asEvent in [false, true] {
            var driver = Driver()
            driver.listAndWatch()
            if asEvent {
                driver.watch(Sample.event("ADDED", Sample.pod("c", version: 11)) + Sample.event("ERROR", Sample.status(410, reason: "Gone")))
                #expect(driver.cancels == 1)
                #expect(query(driver.target)["resourceVersion"] == "11")
            } else {
                driver.take(.end(.whole))
                driver.pass()
                driver.machineForgetsFailures()
                driver.answer(Sample.status(410, reason: "Expired"), status: 410)
                driver.passIfWaiting()
                #expect(query(driver.target)["resourceVersion"] == "10")
            }
            #expect(query(driver.target)["resourceVersionMatch"] == "NotOlderThan")
            #expect(driver.restarts(.expired) == 1)
            // What comes of the old exchange is of no interest any more.
            #expect(driver.status.isListed)
        }
    }

    @Test("410 again and again is not a loop: each time takes longer")
    func expiredLoop() {
        var driver = Driver()
        var waits: [Duration] = []
        for _ in 0..<8 {
            driver.listAndWatch()
            driver.watch(Sample.event("ERROR", Sample.status(410, reason: "Expired")))
            if let wait = driver.wait {
                waits.append(wait)
                driver.pass()
                // A cache that gave a version it does not know any more may give it again.
                #expect(driver.target == "/api/v1/pods?limit=500")
            }
        }
        #expect(waits.count == 7)
        #expect(waits[6] > .seconds(15))
    }

    @Test("An ERROR event of another kind ends the watch, and a list follows after a while")
    func errorEvent() {
        var driver = Driver()
        driver.listAndWatch()
        driver.watch(Sample.event("ERROR", Sample.status(500, reason: "InternalError", message: "etcd is gone")))
        #expect(driver.cancels == 1 && driver.wait != nil && driver.restarts(.error) == 1)
        #expect(driver.reports.last?.message == "pods: the API server ended the watch: 500 etcd is gone")
        driver.pass()
        #expect(query(driver.target)["limit"] == "500")
    }

    @Test("An ERROR event that asks for patience resumes the watch later")
    func errorThrottled() {
        var driver = Driver()
        driver.listAndWatch()
        driver.watch(Sample.event("ERROR", Sample.status(429, reason: "TooManyRequests")))
        driver.pass()
        #expect(query(driver.target)["watch"] == "1" && driver.restarts(.throttled) == 1)
    }

    @Test(
        "Garbage in a watch ends it, and a list follows",
        arguments: [
            "<html>", "[1]", #"{"type":7,"object":{}}"#, #"{"type":"ADDED"}"#, #"{"object":{}}"#, "{} x", #"{"type":"ERROR","object":"no"}"#, "\0\0",
        ])
    func garbage(text: String) {
        var driver = Driver()
        driver.listAndWatch()
        driver.watch(Sample.event("ADDED", Sample.pod("c", version: 11)) + text)
        #expect(driver.applied == ["= a b", "+ c 10.128.2.9"])
        #expect(driver.cancels == 1 && driver.restarts(.garbage) == 1)
        driver.pass()
        #expect(query(driver.target)["resourceVersion"] == "11" && query(driver.target)["limit"] == "500")
    }

    @Test("What an unknown type of event says is left alone")
    func unknownType() {
        var driver = Driver()
        driver.listAndWatch()
        driver.watch(Sample.event("RENAMED", Sample.pod("c", version: 11)), Sample.event("ADDED", Sample.pod("d", version: 12)))
        #expect(driver.applied == ["= a b", "+ d 10.128.2.9"])
    }

    @Test("What is told late, or out of turn, changes nothing")
    func outOfTurn() {
        var driver = Driver()
        driver.take(.waited)
        driver.take(.octets([1, 2, 3]))
        driver.take(.start)
        #expect(query(driver.target)["resourceVersion"] == "0" && driver.applied.isEmpty)
        driver.listAndWatch()
        driver.watch(Sample.event("ERROR", Sample.status(500, reason: "InternalError")))
        let before = driver.wait
        driver.take(.octets(Array(Sample.event("ADDED", Sample.pod("x")).utf8)))
        driver.take(.end(.whole))
        driver.take(.head(status: 200, retryAfter: nil))
        #expect(driver.wait == before && driver.applied == ["= a b"])
    }
}

extension Driver {
    /// Opens a watch that lasts long enough to be a good one, and ends.
    mutating func machineForgetsFailures() {
        watch()
        later(seconds: 60)
        take(.end(.whole))
    }

    mutating func passIfWaiting() {
        if wait != nil { pass() }
    }
}

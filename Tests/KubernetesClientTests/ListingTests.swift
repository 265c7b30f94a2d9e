import FlowModel
import KubernetesClient
import Testing

@Suite("Lists") struct ListingTests {
    @Test("The first list takes what the server has at hand, in pages of 500, and a watch goes on from its version")
    func firstList() {
        var driver = Driver()
        #expect(driver.target == "/api/v1/pods?limit=500&resourceVersion=0")
        #expect(driver.request?.accept == "application/json")
        #expect(!driver.status.isListed)
        driver.answer(Sample.list([Sample.pod("a"), Sample.pod("b")], version: 10))
        #expect(driver.applied == ["= a b"])
        #expect(driver.status.isListed && driver.status.objects == 2)
        #expect(driver.status.lastEvent == driver.now)
        let asked = query(driver.target)
        #expect(asked["watch"] == "1" && asked["resourceVersion"] == "10" && asked["allowWatchBookmarks"] == "true")
        #expect(driver.reports.map(\.message) == ["pods: 2 listed"])
    }

    @Test("Each resource is asked for where the API has it, metadata only where that is enough, one namespace where one is meant")
    func targets() {
        let paths = Resource.allCases.map { Driver($0).target?.split(separator: "?").first.map(String.init) }
        #expect(
            paths == [
                "/api/v1/pods", "/api/v1/nodes", "/api/v1/services", "/apis/discovery.k8s.io/v1/endpointslices",
                "/apis/apps/v1/replicasets", "/apis/batch/v1/jobs",
            ])
        #expect(Driver(.jobs, in: "shop").target?.hasPrefix("/apis/batch/v1/namespaces/shop/jobs?") == true)
        #expect(Driver(.nodes, in: "shop").target?.hasPrefix("/api/v1/nodes?") == true)
        #expect(Driver(.pods, in: "a/../b?").target?.hasPrefix("/api/v1/namespaces/a%2F..%2Fb%3F/pods?") == true)
        #expect(Driver(.replicaSets).request?.accept == "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json")
        var jobs = Driver(.jobs)
        jobs.answer(#"{"kind":"PartialObjectMetadataList","metadata":{"resourceVersion":"7"},"items":[]}"#)
        #expect(jobs.request?.accept == "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1, application/json")
    }

    @Test("The length of a watch is drawn from five to ten minutes")
    func watchSeconds() {
        let drawn = (0..<200 as Range<UInt64>).map { seed in
            var driver = Driver(seed: seed)
            driver.answer(Sample.list([], version: 1))
            return Int(query(driver.target)["timeoutSeconds"] ?? "") ?? 0
        }
        #expect(drawn.allSatisfy { (300...600).contains($0) })
        #expect(Set(drawn).count > 100)
    }

    @Test("Pages follow each other by their tokens, and nothing is replaced before the last one is whole")
    func pages() {
        var driver = Driver()
        driver.answer(Sample.list([Sample.pod("a")], version: 10, continue: "t/1=", remaining: 2))
        #expect(driver.target == "/api/v1/pods?limit=500&continue=t%2F1%3D")
        driver.answer(Sample.list([Sample.pod("b")], version: 10, continue: "t2", remaining: 1))
        #expect(driver.applied.isEmpty && !driver.status.isListed)
        driver.answer(Sample.list([Sample.pod("c")], version: 10))
        #expect(driver.applied == ["= a b c"])
        #expect(query(driver.target)["watch"] == "1")
    }

    @Test("A page that breaks off is asked for again, and what had come of it is not there twice", arguments: [false, true])
    func brokenPage(isGarbage: Bool) {
        var driver = Driver()
        driver.answer(Sample.list([Sample.pod("a")], version: 10, continue: "t"))
        let page = Sample.list([Sample.pod("b"), Sample.pod("c")], version: 10)
        let half = String(page.prefix(page.count - 60))
        if isGarbage {
            driver.answer(half + "]]", end: .whole)
            #expect(driver.cancels == 1 && driver.restarts(.garbage) == 1)
        } else {
            driver.answer(half, end: .cut("reset"))
            #expect(driver.restarts(.cut) == 1)
        }
        #expect(driver.wait != nil)
        driver.pass()
        #expect(query(driver.target)["continue"] == "t")
        driver.answer(page)
        #expect(driver.applied == ["= a b c"])
        #expect(driver.status.objects == 3)
    }

    @Test("A list that ends too soon is none, however it ends")
    func shortList() {
        let page = Sample.list([Sample.pod("a")], version: 10)
        for end in [ListWatch.End.whole, .cut("reset"), .stalled, .unreachable("tls")] {
            for length in [0, 1, 30, page.utf8.count - 2] {
                var driver = Driver()
                driver.answer(String(page.prefix(length)), end: end)
                #expect(driver.applied.isEmpty && driver.wait != nil)
                #expect(driver.restarts(end == .stalled ? .stalled : .cut) == 1)
            }
        }
    }

    @Test(
        "What is no list replaces nothing",
        arguments: [
            #"{"kind":"PodList","metadata":{"resourceVersion":"5"}}"#, #"{"kind":"PodList","items":[]}"#,
            #"{"kind":"PodList","metadata":{"resourceVersion":""},"items":[]}"#, #"{"kind":"Status","code":500}"#,
            #"{"metadata":{"resourceVersion":"5"},"items":{"a":{}}}"#, #"{"metadata":{"resourceVersion":"5"},"items":7}"#,
            #"{"metadata":{"resourceVersion":5},"items":[]}"#, #"{"metadata":[],"items":[]}"#, "<html>sign in</html>", "[]", "null",
        ])
    func noList(body: String) {
        var driver = Driver()
        driver.answer(body)
        #expect(driver.applied.isEmpty && driver.wait != nil)
        #expect(driver.restarts(.garbage) == 1)
        driver.pass()
        #expect(query(driver.target)["resourceVersion"] == "0")
    }

    @Test("Go's null for no items is a list of none, and metadata may follow the items")
    func oddLists() {
        var driver = Driver()
        driver.answer(#"{"items":null,"metadata":{"resourceVersion":"5"}}"#)
        #expect(driver.applied == ["= "])
        driver = Driver()
        driver.answer(#"{"items":[\#(Sample.pod("a"))],"metadata":{"remainingItemCount":1,"continue":"t","resourceVersion":"5"}}"#)
        #expect(query(driver.target)["continue"] == "t")
    }

    @Test("An object that cannot be read is left out, counted, and reported once")
    func unreadable() {
        var driver = Driver()
        let odd = Sample.pod("odd", address: "10.128.2.999")
        driver.answer(Sample.list([odd, Sample.pod("a"), odd, "7"], version: 10))
        #expect(driver.applied == ["= a"])
        #expect(driver.status.unreadable == 3)
        #expect(driver.reports.filter { $0.message.contains("podIP") && $0.message.contains("cannot be read") }.count == 1)
        driver.watch(Sample.event("MODIFIED", odd), Sample.event("ADDED", Sample.pod("b", version: 12)))
        #expect(driver.applied == ["= a", "+ b 10.128.2.9"])
        #expect(driver.status.unreadable == 4)
    }

    @Test("A version that is not to be had is followed by a consistent read, at once; a second failure waits")
    func consistentRead() {
        for (code, cause) in [(410, nil), (504, "ResourceVersionTooLarge"), (504, "Too large resource version")] {
            var driver = Driver()
            driver.answer(Sample.status(code, reason: "Expired", cause: cause), status: code)
            #expect(driver.target == "/api/v1/pods?limit=500")
            #expect(driver.restarts(.expired) == 1)
            driver.answer(Sample.status(410, reason: "Expired"), status: 410)
            #expect(driver.wait.map { $0 > .zero } == true)
            driver.pass()
            #expect(driver.target == "/api/v1/pods?limit=500")
        }
    }

    @Test("A server that does not like the version in the query gets it without; any other failure does not cost it a consistent read")
    func otherRefusals() {
        var driver = Driver()
        driver.answer(Sample.status(400, reason: "BadRequest"), status: 400)
        driver.pass()
        #expect(driver.target == "/api/v1/pods?limit=500")
        driver = Driver()
        for code in [500, 502, 503, 504, 302, 599] {
            driver.answer("oops", status: code)
            driver.pass()
            #expect(driver.target == "/api/v1/pods?limit=500&resourceVersion=0")
        }
        #expect(driver.restarts(.error) == 6)
    }

    @Test("An expired continue without a fresh token begins again, in one piece")
    func expiredContinue() {
        var driver = Driver()
        driver.answer(Sample.list([Sample.pod("a")], version: 10, continue: "t"))
        driver.answer(Sample.status(410, reason: "Expired"), status: 410)
        #expect(driver.target == "/api/v1/pods")
        #expect(driver.restarts(.expired) == 1)
        driver.answer(Sample.list([Sample.pod("b"), Sample.pod("c")], version: 20))
        #expect(driver.applied == ["= b c"])
        #expect(query(driver.target)["resourceVersion"] == "20")
    }

    @Test("An expired continue with a fresh token goes on with it; such a list serves until one of a single version follows it")
    func freshToken() {
        var driver = Driver()
        driver.answer(Sample.list([Sample.pod("a")], version: 10, continue: "t"))
        driver.answer(Sample.status(410, reason: "Expired", continue: "fresh"), status: 410)
        #expect(driver.target == "/api/v1/pods?limit=500&continue=fresh")
        driver.answer(Sample.list([Sample.pod("b")], version: 30))
        #expect(driver.applied == ["= a b"])
        // `a` may have gone between the versions 10 and 30, which no watch from 30 on would tell.
        #expect(driver.target == "/api/v1/pods?resourceVersion=30&resourceVersionMatch=NotOlderThan")
        driver.answer(Sample.list([Sample.pod("b")], version: 31))
        #expect(driver.applied == ["= a b", "= b"])
        #expect(query(driver.target)["watch"] == "1")
    }

    @Test("A pod that vanished while nobody watched is gone with the next list, and until then all are there")
    func vanished() {
        var driver = Driver()
        driver.listAndWatch(["a", "b"])
        driver.watch(Sample.event("ERROR", Sample.status(410, reason: "Expired")))
        #expect(driver.takeApplied() == ["= a b"])
        // Not back in time: at least what was known.
        #expect(driver.target == "/api/v1/pods?limit=500&resourceVersion=10&resourceVersionMatch=NotOlderThan")
        driver.answer(Sample.list([Sample.pod("b")], version: 20, continue: "t"))
        #expect(driver.applied.isEmpty && driver.status.isListed && driver.status.objects == 2)
        driver.answer(Sample.list([Sample.pod("c")], version: 20))
        #expect(driver.takeApplied() == ["= b c"])
        #expect(driver.status.objects == 2)
    }

    @Test("A list of one namespace replaces the objects of that namespace only")
    func namespaced() {
        var driver = Driver(.pods, in: "shop")
        driver.answer(Sample.list([Sample.pod("a")], version: 10))
        #expect(driver.applied == ["= shop: a"])
    }

    @Test("Pods are handed over before their list is whole; a page that breaks off is asked for again, and a list that begins again says so")
    func parts() {
        var settings = ListWatch.Settings()
        settings.partSize = 2
        var driver = Driver(settings: settings)
        func page(_ names: [String], continue token: String? = nil) -> String {
            Sample.list(names.map { Sample.pod($0) }, version: 10, continue: token)
        }
        driver.answer(page(["a", "b", "c"], continue: "t"))
        #expect(driver.takeApplied() == ["( a b"])
        // Half of a page, of which a part has been handed over.
        driver.take(.head(status: 200, retryAfter: nil))
        driver.take(.octets(Array(page(["d", "e", "f"]).utf8.dropLast(40))))
        driver.take(.end(.cut("reset")))
        #expect(driver.takeApplied() == [" c d"] && !driver.status.isListed)
        driver.pass()
        #expect(query(driver.target)["continue"] == "t")
        driver.answer(page(["d", "e", "f"]))
        #expect(driver.takeApplied() == [" d e", "= f"])
        #expect(driver.status.objects == 6 && driver.reports.last?.message == "pods: 6 listed")

        // A list that is given up, and one behind it that is short.
        driver.watch(Sample.event("ERROR", Sample.status(410, reason: "Expired")))
        driver.passIfWaiting()
        driver.answer(page(["a", "b", "c"], continue: "t"))
        driver.answer(Sample.status(410, reason: "Expired"), status: 410)
        driver.passIfWaiting()
        driver.answer(page(["a"]))
        #expect(driver.takeApplied() == ["( a b", "( ", "= a"])
        #expect(driver.status.objects == 1)

        // One whose first page breaks off behind a part: it may be of another version when it comes again.
        driver.watch(Sample.event("ERROR", Sample.status(410, reason: "Expired")))
        driver.passIfWaiting()
        driver.take(.head(status: 200, retryAfter: nil))
        driver.take(.octets(Array(page(["a", "b", "c"]).utf8.dropLast(40))))
        driver.take(.end(.stalled))
        driver.pass()
        driver.answer(page(["b", "c", "d"]))
        #expect(driver.takeApplied() == ["( a b", "( b c", "= d"])
        #expect(driver.status.objects == 3)
    }

    @Test("Of other resources nothing is handed over before the list is whole")
    func wholeLists() {
        var settings = ListWatch.Settings()
        settings.partSize = 1
        var driver = Driver(.services, settings: settings)
        driver.answer(Sample.list(["a", "b"].map { Sample.pod($0) }, version: 10, continue: "t"))
        driver.answer(Sample.list([Sample.pod("c")], version: 10))
        #expect(driver.applied == ["= a b c"])
    }
}

import FlowModel

extension ListWatch {
    /// Which state of the collection a list is to show.
    enum ListVersion: Equatable {
        /// Any that the server has at hand.
        case cached
        /// This one or a later one, so that time never goes back.
        case atLeast(String)
        /// The latest, which costs the server a look into etcd.
        case latest
    }

    /// A list that is going on.
    struct Listing {
        var version: ListVersion
        /// Whether it comes in pages.
        var isPaged = true
        /// The token for the page that is asked for; nil for the first.
        var token: String?
        /// Whether its pages show the collection at different versions.
        var isMixed = false
        /// The objects of the pages that are whole, but for those that have been handed over.
        private(set) var objects: [KubernetesObject] = []
        /// Fingerprints of those that have been handed over, and how many they are.
        private(set) var handedOver: Set<Int> = []
        /// Whether some have been.
        var isBegun: Bool { !handedOver.isEmpty }
        /// Where the objects of the page that is on its way begin.
        private var pageStart = 0
        private var shared = SharedValues()

        init(_ version: ListVersion) {
            self.version = version
        }

        mutating func add(_ object: KubernetesObject) {
            var object = object
            shared.share(in: &object)
            objects.append(object)
        }

        /// Forgets a page of which only a part has come.
        mutating func dropPage() {
            objects.removeSubrange(pageStart...)
            // The first page begins another list, which may be of another version; a further one is of the same.
            if token == nil { handedOver = [] }
        }

        /// The objects until now, which are given away before the list is whole.
        mutating func takePart() -> [KubernetesObject] {
            for object in objects { handedOver.insert(ListWatch.fingerprint(of: object.metadata)) }
            defer { objects.removeAll(keepingCapacity: true) }
            pageStart = 0
            return objects
        }

        /// A page is whole, and about `remaining` objects follow it.
        mutating func pageEnded(remaining: Int?) {
            pageStart = objects.count
            // So that they are not moved again and again; a server that promises too much gets no memory for it.
            if let remaining, (1...1_000_000).contains(remaining), !isBegun { objects.reserveCapacity(objects.count + remaining) }
        }

        /// The objects that have not been handed over, which are given away, and the fingerprints of all.
        mutating func finish() -> (objects: [KubernetesObject], present: Set<Int>) {
            defer { self = Listing(version) }
            var present = handedOver
            for object in objects { present.insert(ListWatch.fingerprint(of: object.metadata)) }
            return (objects, present)
        }
    }

    /// What a list that replaces what is known must show at least.
    var relistVersion: ListVersion { version.map { .atLeast($0) } ?? .cached }

    /// A watch's version has expired. A cache in which nothing has changed may give the same version again, and again none to watch from: then the
    /// latest is asked for (kubernetes/kubernetes#133810).
    mutating func relistExpired() {
        listing = Listing(backoff.failures == 0 ? relistVersion : .latest)
        retryAtOnce(.list, because: .expired, "the API server no longer knows the version watched from")
    }

    /// Begins a list from its first page.
    mutating func beginList(_ version: ListVersion, isPaged: Bool = true) {
        listing = Listing(version)
        listing.isPaged = isPaged
        request(.list)
    }

    func listRequest() -> Request {
        var query: [String] = []
        if listing.isPaged { query.append("limit=\(settings.pageSize)") }
        if let token = listing.token {
            query.append("continue=\(QueryText.escaped(token))")
        } else {
            switch listing.version {
            case .cached: query.append("resourceVersion=0")
            case .atLeast(let version): query.append("resourceVersion=\(QueryText.escaped(version))&resourceVersionMatch=NotOlderThan")
            case .latest: break
            }
        }
        let resource = status.scope.resource
        let target = resource.path(in: status.scope.namespace) + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
        return Request(target: target, accept: resource.accept(watching: false), stallLimit: settings.listStall, isWatch: false)
    }

    /// Takes an object of the page that is on its way.
    mutating func takeItem(_ json: [UInt8]) {
        do {
            listing.add(try StreamedObject.item(json, with: decoder))
            if status.scope.resource == .pods, listing.objects.count >= settings.partSize { handPartOver() }
        } catch {
            skip((error as? DecodingError)?.summary ?? "\(error)")
        }
    }

    private mutating func handPartOver() {
        let isFirst = !listing.isBegun
        hasOpenParts = true
        actions.append(.apply([.listing(status.scope.resource, namespace: status.scope.namespace, listing.takePart(), isFirst: isFirst)]))
    }

    /// The answer to a list has come to its end.
    mutating func listEnded(_ end: End, _ stream: ItemStream, at now: Timestamp) {
        switch end {
        case .whole where stream.isWhole:
            guard let page = ListPage(envelope: stream.envelope) else {
                listing.dropPage()
                return retry(.list, because: .garbage, "the API server's list has no version")
            }
            pageEnded(page, at: now)
        case .whole:
            listing.dropPage()
            retry(.list, because: .cut, "the API server's list broke off")
        case .cut(let why), .unreachable(let why):
            listing.dropPage()
            retry(.list, because: .cut, "the API server's list broke off: \(why)")
        case .stalled:
            listing.dropPage()
            retry(.list, because: .stalled, "the API server's list came to a halt")
        }
    }

    private mutating func pageEnded(_ page: ListPage, at now: Timestamp) {
        listing.pageEnded(remaining: page.remainingItemCount)
        if let token = page.continue, !token.isEmpty {
            listing.token = token
            return request(.list)
        }
        let isMixed = listing.isMixed
        let isBegun = listing.isBegun
        let objects: [KubernetesObject]
        (objects, present) = listing.finish()
        version = page.resourceVersion
        status.objects = present.count
        status.lastEvent = now
        if !status.isListed {
            actions.append(.report(WatchReport(severity: .info, message: "\(status.scope): \(present.count) listed")))
        } else if status.refusal != nil {
            actions.append(.report(WatchReport(severity: .info, message: "\(status.scope): can be listed again")))
        }
        status.isListed = true
        status.refusal = nil
        // Of a list that was given up, parts may be there.
        if hasOpenParts, !isBegun {
            actions.append(.apply([.listing(status.scope.resource, namespace: status.scope.namespace, [], isFirst: true)]))
        }
        hasOpenParts = false
        actions.append(.apply([.replacing(status.scope.resource, namespace: status.scope.namespace, objects)]))
        // A list of which the head is older than the tail is better than none, but what changed in the head meanwhile no watch would tell.
        if isMixed { beginList(relistVersion, isPaged: false) } else { request(.watch) }
    }
}

import FlowModel
import KubernetesObjects

extension ListWatch {
    /// Why a watch is over before its connection is.
    enum WatchVerdict {
        case error(APIStatus)
        case garbage(String)
    }

    /// A watch that lasted so long was a good one: what failed before it is forgotten.
    private static let settled: Int64 = 10_000_000_000
    /// A watch that ends sooner, without having brought anything, has something against it.
    private static let suspicious: Int64 = 1_000_000_000

    mutating func watchRequest() -> Request {
        let resource = status.scope.resource
        let seconds = Int.random(in: settings.watchSeconds, using: &random)
        let query = "watch=1&resourceVersion=\(QueryText.escaped(version ?? "0"))&allowWatchBookmarks=true&timeoutSeconds=\(seconds)"
        return Request(
            target: resource.path(in: status.scope.namespace) + "?" + query, accept: resource.accept(watching: true), stallLimit: settings.watchStall,
            isWatch: true)
    }

    mutating func watchOpened(at now: Timestamp) {
        watchBegan = now
        watchHasBrought = false
        status.isCurrent = true
        status.refusal = nil
        status.trouble = nil
        guard trouble != nil else { return }
        trouble = nil
        actions.append(.report(WatchReport(severity: .info, message: "\(status.scope): watched again", subject: .recovery(status.scope))))
    }

    /// Takes an event in; what it says of the watch itself where that is its end.
    mutating func takeEvent(_ json: [UInt8], into changes: inout [ObjectChange], at now: Timestamp) -> WatchVerdict? {
        let event: WatchEvent
        do {
            event = try StreamedObject.event(json, with: decoder)
        } catch {
            return .garbage((error as? DecodingError)?.summary ?? "\(error)")
        }
        switch event.content {
        case .put(let object):
            if present.insert(Self.fingerprint(of: object.metadata)).inserted { status.objects = present.count }
            changes.append(.put(object))
        case .remove(let metadata):
            present.remove(Self.fingerprint(of: metadata))
            status.objects = present.count
            changes.append(.remove(status.scope.resource, namespace: metadata.namespace ?? "", name: metadata.name, uid: metadata.uid ?? ""))
        case .error(let status): return .error(status)
        case .unreadable(let why): skip(why)
        case .bookmark, .other: break
        }
        if let version = event.version, !version.isEmpty { self.version = version }
        watchHasBrought = true
        status.lastEvent = now
        return nil
    }

    /// The answer to a watch has come to its end.
    mutating func watchEnded(_ end: End, _ stream: ItemStream, at now: Timestamp) {
        let lasted = now.since(watchBegan)
        watchSettled(at: now)
        switch end {
        case .whole where stream.isWhole:
            guard watchHasBrought || lasted >= Self.suspicious else {
                return retry(.watch, because: .ended, "the API server ends watches as soon as they begin")
            }
            restarted(because: .ended)
            request(.watch)
        case .whole: retry(.watch, because: .cut, "the API server's watch broke off in the midst of an event")
        case .cut(let why), .unreachable(let why): retry(.watch, because: .cut, "the API server's watch broke off: \(why)")
        case .stalled: retry(.watch, because: .stalled, "the API server's watch fell silent")
        }
    }

    /// Forgets earlier failures where the watch that is over was a good one.
    mutating func watchSettled(at now: Timestamp) {
        if now.since(watchBegan) >= Self.settled { backoff.reset() }
    }

    /// An event has said that the watch is over, or was none.
    mutating func watchRefused(_ verdict: WatchVerdict, at now: Timestamp) {
        watchSettled(at: now)
        switch verdict {
        case .error(let status) where status.code == 429:
            retry(.watch, because: .throttled, "the API server asks for patience: \((status.message ?? "").shown)")
        case .error(let status) where status.code == 410 || status.reason == "Expired" || status.reason == "Gone":
            relistExpired()
        case .error(let status):
            listing = Listing(relistVersion)
            retry(.list, because: .error, "the API server ended the watch: \(status.code.map { "\($0) " } ?? "")\((status.message ?? "").shown)")
        case .garbage(let why):
            listing = Listing(relistVersion)
            retry(.list, because: .garbage, "what the API server sends is no event: \(why)")
        }
    }

    static func fingerprint(of metadata: ObjectMetadata) -> Int {
        var hasher = Hasher()
        hasher.combine(metadata.uid)
        // Uids differ; what has none goes by its name.
        if metadata.uid == nil {
            hasher.combine(metadata.namespace)
            hasher.combine(metadata.name)
        }
        return hasher.finalize()
    }
}

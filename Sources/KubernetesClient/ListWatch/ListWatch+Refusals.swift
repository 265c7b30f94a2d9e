import FlowModel

extension ListWatch {
    /// The server has refused a list or a watch.
    mutating func refused(_ step: Step, _ refusal: Refusal, at now: Timestamp) {
        let answer = APIStatus(refusal.body)
        let said = answer?.message.map { ": \($0.shown)" } ?? ""
        let patience = refusal.retryAfter.flatMap { RetryAfter.wait($0, at: now) }
        switch refusal.status {
        case 401:
            // The token is read anew for each request.
            retry(step, because: .unauthorized, "the API server does not accept the credentials (401)\(said)")
        case 403:
            unavailable(step, .forbidden, forbiddenMessage + said)
        case 404:
            unavailable(step, .missing, "the API server does not have \(resourceName) (404); Weir works without\(said)")
        case 410:
            expired(step, answer)
        case 429:
            throttled(step, patience, said)
        case 503 where patience != nil:
            throttled(step, patience, said)
        case 504 where answer?.isTooLargeVersion ?? false:
            expired(step, answer)
        case 400..<500 where step == .watch:
            listing = Listing(relistVersion)
            retry(.list, because: .error, "the API server refuses the watch: \(refusal.status)\(said)")
        case 400..<500 where listing.token != nil || listing.version != .latest:
            // It may be the version or the place in the list that it does not like.
            listing = Listing(.latest)
            retry(.list, because: .error, "the API server refuses the list: \(refusal.status)\(said)")
        default:
            retry(step, because: .error, "the API server answers with \(refusal.status)\(said)")
        }
    }

    /// Obeys `Retry-After`, and a little more, so that not all who were told the same come at once.
    private mutating func throttled(_ step: Step, _ patience: Duration?, _ said: String) {
        let wait = patience.map { $0 + settings.firstWait * Double.random(in: 0...1, using: &random) }
        retry(step, because: .throttled, "the API server asks for patience\(said)", after: wait)
    }

    /// The version, or the place in the list, is not to be had.
    private mutating func expired(_ step: Step, _ answer: APIStatus?) {
        guard step == .list else { return relistExpired() }
        if listing.token == nil {
            listing = Listing(.latest)
            retryAtOnce(.list, because: .expired, "the API server does not have the version asked for")
        } else if let token = answer?.metadata?.continue, !token.isEmpty {
            listing.token = token
            listing.isMixed = true
            retryAtOnce(.list, because: .expired, "the list took longer than the API server keeps its version")
        } else {
            // In one piece, a list cannot expire.
            listing = Listing(.latest)
            listing.isPaged = false
            retryAtOnce(.list, because: .expired, "the list took longer than the API server keeps its version")
        }
    }

    /// The resource is not to be had, and nobody waits for it.
    private mutating func unavailable(_ step: Step, _ reason: Reason, _ message: String) {
        status.refusal = reason
        retry(step, because: reason, message, after: settings.refusedWait * Double.random(in: 1...1.2, using: &random))
    }

    private var resourceName: String {
        let resource = status.scope.resource
        return resource.group.isEmpty ? resource.rawValue : "\(resource.rawValue).\(resource.group)"
    }

    private var forbiddenMessage: String {
        let resource = status.scope.resource
        let role = status.scope.namespace.map { "Role in namespace \($0)" } ?? "ClusterRole"
        let rule = "{apiGroups: [\"\(resource.group)\"], resources: [\(resource.rawValue)], verbs: [get, list, watch]}"
        return "the API server forbids it (403), and Weir works without; the rule \(rule) is missing in its \(role) (docs/kubernetes.md)"
    }
}

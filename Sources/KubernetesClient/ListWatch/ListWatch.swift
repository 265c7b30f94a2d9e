import FlowModel
import Foundation

/// Lists a collection and watches it from there on, as client-go's reflector does: the decisions alone, without connection and clock.
///
/// It is told what has happened and says what is to be done. Whoever carries it out asks one thing at a time: a `.request` or a `.wait` is the last
/// action, and the next input is about it.
package struct ListWatch: Sendable {
    /// What it does next, or again.
    enum Step {
        case list
        case watch
    }

    private enum Phase {
        case idle
        /// For `.waited`.
        case waiting(Step)
        /// For the head of an answer.
        case asking(Step)
        /// For an answer's octets, which `stream` takes.
        case receiving(Step)
        /// For the rest of a refusal, which `refusal` holds.
        case refused(Step)
    }

    /// A refusal as far as it has come.
    struct Refusal {
        var status: Int
        var retryAfter: String?
        var body: [UInt8] = []
    }

    let settings: Settings
    let decoder: JSONDecoder
    /// What is to be shown of it.
    package internal(set) var status: WatchStatus
    var random: any RandomNumberGenerator & Sendable
    var backoff: Backoff
    var actions: [Action] = []

    private var phase = Phase.idle
    private var stream: ItemStream?
    private var refusal: Refusal?

    /// The collection's version with all that was applied; nil before the first list.
    var version: String?
    /// The list that is going on.
    var listing = Listing(.cached)
    /// Whether parts of a list have been handed over, and its last one has not.
    var hasOpenParts = false
    /// When the watch was opened, and whether it has brought anything.
    var watchBegan = Timestamp.unknown
    var watchHasBrought = false
    /// Fingerprints of the objects that are there: how many, not which, is what is asked.
    var present: Set<Int> = []
    /// What has been reported last, until all is well again.
    var trouble: Reason?

    /// A collection of which nothing is known.
    ///
    /// - Parameter random: what the waits, and the lengths of watches, are drawn from.
    package init(_ scope: Scope, settings: Settings = Settings(), random: any RandomNumberGenerator & Sendable) {
        self.settings = settings
        self.random = random
        decoder = StreamedObject.decoder(of: scope.resource)
        status = WatchStatus(scope: scope)
        backoff = Backoff(first: settings.firstWait, longest: settings.longestWait)
    }

    /// Takes in what has happened at `now`, and says what is to be done.
    package mutating func take(_ input: Input, at now: Timestamp) -> [Action] {
        actions = []
        switch (phase, input) {
        case (.idle, .start):
            beginList(.cached)
        case (.waiting(let step), .waited):
            request(step)
        case (.asking(let step), .head(200, _)):
            phase = .receiving(step)
            stream = step == .list ? .list(of: status.scope.resource) : .watch(of: status.scope.resource)
            if step == .watch { watchOpened(at: now) }
        case (.asking(let step), .head(let code, let retryAfter)):
            phase = .refused(step)
            refusal = Refusal(status: code, retryAfter: retryAfter)
        case (.receiving(let step), .octets(let octets)):
            receive(octets, step, at: now)
        case (.refused, .octets(let octets)):
            let room = max(APIStatus.maximumOctets - (refusal?.body.count ?? 0), 0)
            refusal?.body += octets.prefix(room)
        case (.asking(let step), .end(let end)):
            failed(step, end)
        case (.receiving(let step), .end(let end)):
            let stream = self.stream
            self.stream = nil
            guard let stream else { break }
            if step == .list { listEnded(end, stream, at: now) } else { watchEnded(end, stream, at: now) }
        case (.refused(let step), .end):
            // What has come of a refusal is as good as all of it.
            if let refusal { refused(step, refusal, at: now) }
            refusal = nil
        default:
            // What comes late, behind a `.cancel`, is about something that nobody waits for.
            break
        }
        if status.isCurrent || !status.isListed {
            status.awaySince = nil
        } else if status.awaySince == nil {
            status.awaySince = now
        }
        defer { actions = [] }
        return actions
    }

    // MARK: What the steps share

    /// Asks for a list's next page, or for a watch.
    mutating func request(_ step: Step) {
        phase = .asking(step)
        actions.append(.request(step == .list ? listRequest() : watchRequest()))
    }

    /// Takes the step again after a wait: one that gets longer with each failure, where `wait` does not say how long.
    mutating func retry(_ step: Step, because reason: Reason, _ message: String, after wait: Duration? = nil) {
        restarted(because: reason)
        status.isCurrent = false
        tell(reason, message)
        let drawn = backoff.next(&random)
        phase = .waiting(step)
        actions.append(.wait(wait ?? drawn))
    }

    /// Takes the step again at once, where nothing has failed before it; else as `retry` does.
    mutating func retryAtOnce(_ step: Step, because reason: Reason, _ message: String) {
        guard backoff.failures == 0 else { return retry(step, because: reason, message) }
        restarted(because: reason)
        status.isCurrent = false
        backoff.count()
        request(step)
    }

    /// Counts that something is begun again.
    mutating func restarted(because reason: Reason) {
        status.restarts[reason, default: 0] &+= 1
    }

    /// Reports a trouble, once until it is over.
    private mutating func tell(_ reason: Reason, _ message: String) {
        status.trouble = message
        guard trouble != reason else { return }
        trouble = reason
        let isLasting = reason == .forbidden || reason == .missing || reason == .unauthorized
        actions.append(
            .report(
                WatchReport(
                    severity: isLasting ? .error : .warning, message: "\(status.scope): \(message)", subject: .trouble(status.scope, reason))))
    }

    /// Reports an object that cannot be read: the first one.
    mutating func skip(_ why: String) {
        status.unreadable &+= 1
        guard status.unreadable == 1 else { return }
        let message = "\(status.scope): an object cannot be read and is left out: \(why); further ones are only counted"
        actions.append(.report(WatchReport(severity: .warning, message: message)))
    }

    private mutating func failed(_ step: Step, _ end: End) {
        switch end {
        case .whole: retry(step, because: .garbage, "the API server's answer has no head")
        case .cut(let why): retry(step, because: .cut, "the connection to the API server broke off: \(why)")
        case .stalled: retry(step, because: .stalled, "the API server does not answer")
        case .unreachable(let why): retry(step, because: .unreachable, "the API server cannot be reached: \(why)")
        }
    }

    private mutating func receive(_ octets: [UInt8], _ step: Step, at now: Timestamp) {
        // Taken out while it works, since what it tells apart changes the rest.
        guard var stream else { return }
        self.stream = nil
        var failure: ItemStream.Failure?
        var changes: [ObjectChange] = []
        var verdict: WatchVerdict?
        do {
            try stream.take(octets) { json in
                if step == .list { takeItem(json) } else if verdict == nil { verdict = takeEvent(json, into: &changes, at: now) }
            }
        } catch {
            failure = error
        }
        if !changes.isEmpty { actions.append(.apply(changes)) }
        if let verdict {
            actions.append(.cancel)
            watchRefused(verdict, at: now)
        } else if let failure {
            actions.append(.cancel)
            let message = "what the API server sends is not a \(step == .list ? "list" : "watch") of \(status.scope.resource.rawValue): \(failure)"
            if step == .watch { watchSettled(at: now) }
            // What a watch has lost nobody knows: only a list tells.
            if step == .watch { listing = Listing(relistVersion) }
            listing.dropPage()
            retry(.list, because: .garbage, message)
        } else {
            self.stream = stream
        }
    }
}

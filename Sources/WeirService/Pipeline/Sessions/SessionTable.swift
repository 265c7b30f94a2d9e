import Exporters
import FlowModel
import FlowProtocols

/// The sessions of one shard: found by key, bounded in number and in what they hold, in all and for each source address.
///
/// A session stays in its place until it is removed, so that its number is good for as long as the table is not asked to make room.
package struct SessionTable {
    /// An address that sessions come from.
    struct Source {
        var address: IPAddress
        var sessions = 0
        var held = HeldBytes()
        var standing: Standing
        /// Whether it has been found since the last tick that none of its sessions can make room.
        var isFull = false
    }

    let limits: SessionLimits
    /// The places; some may be vacant.
    private var places: [Session] = []
    private var vacant: [Int] = []
    private var byKey: [SessionKey: Int] = [:]
    private(set) var sources: [Source] = []
    private var vacantSources: [Int] = []
    private var sourceOfAddress: [IPAddress: Int] = [:]
    private var fullSources: [Int] = []
    private var waiting: [Int] = []
    private var changed: [Int] = []
    /// Whether it has been found since the last tick that no session can make room for one of a new address.
    private var isFull = false
    /// What all sessions hold.
    private(set) var held = HeldBytes()

    /// A table without sessions.
    package init(limits: SessionLimits = SessionLimits()) {
        self.limits = limits
    }

    /// Sessions.
    var count: Int { places.count - vacant.count }

    /// All places, also vacant ones (`isInUse`).
    var indices: Range<Int> { places.indices }

    /// The session in a place.
    package subscript(index: Int) -> Session {
        @inline(__always) _read { yield places[index] }
        @inline(__always) _modify { yield &places[index] }
    }

    /// Where a session stands.
    @inline(__always)
    func index(of key: SessionKey) -> Int? { byKey[key] }

    /// What is known of a session's source.
    func standing(of index: Int) -> Standing { sources[places[index].source].standing }

    // MARK: Around each datagram

    /// Says what a session may hold, before a datagram of it is decoded.
    @inline(__always)
    mutating func allow(_ index: Int) {
        let source = sources[places[index].source]
        let room = HeldBytes.room(held, below: limits.memory(for: source.standing), and: source.held, below: limits.memoryOfAddress)
        places[index].allow(room)
    }

    /// Takes note of what a datagram, or time, has changed in a session.
    @inline(__always)
    package mutating func settle(_ index: Int) {
        if let change = places[index].review() { settle(index, change) }
    }

    private mutating func settle(_ index: Int, _ change: Session.Change) {
        charge(index, change.held)
        if change.beganToWait {
            waiting.append(index)
            // Removed sessions leave their numbers behind until then.
            if waiting.count > 2 * limits.sessions { reviewWaiting() }
        }
        if change.hasNews { noteChanged(index) }
    }

    /// Takes note that a datagram of a session has come.
    ///
    /// - Parameter hasRecords: whether anything in it could be counted.
    @inline(__always)
    package mutating func noteHeard(_ index: Int, hasRecords: Bool, at now: Timestamp) {
        places[index].lastSeen = now
        if now >= places[index].nextSave {
            places[index].nextSave = now.advanced(by: 3_600_000_000_000)
            noteChanged(index)
        }
        if hasRecords, !places[index].isEstablished { noteRecords(index, at: now) }
    }

    private mutating func charge(_ index: Int, _ difference: HeldBytes) {
        sources[places[index].source].held = sources[places[index].source].held + difference
        held = held + difference
    }

    private mutating func noteChanged(_ index: Int) {
        places[index].savedRevision = places[index].revision
        guard !places[index].isChanged else { return }
        places[index].isChanged = true
        changed.append(index)
        // Removed sessions leave their numbers behind until then.
        if changed.count > 2 * limits.sessions { changed = places.indices.filter { places[$0].isChanged } }
    }

    private mutating func noteRecords(_ index: Int, at now: Timestamp) {
        if !places[index].hasRecords {
            places[index].firstRecord = now
            noteChanged(index)
        } else if now.since(places[index].firstRecord) >= SessionLimits.probation {
            places[index].isEstablished = true
            // Established sessions are kept over a restart before others.
            noteChanged(index)
            let source = places[index].source
            sources[source].standing = max(sources[source].standing, .established)
        }
    }

    // MARK: Coming and going

    /// Adds a session, where there is room: see `victims(for:isKnown:at:)`. Nil where there is none.
    package mutating func add(_ session: Session, isKnown: Bool) -> Int? {
        guard count < limits.sessions else { return nil }
        let known = sourceOfAddress[session.key.address]
        if let known, sources[known].sessions >= limits.sessionsOfAddress { return nil }
        let source = known ?? addSource(session.key.address, isKnown: isKnown)
        sources[source].sessions += 1
        var session = session
        session.source = source
        session.savedRevision = session.revision
        let index: Int
        if let place = vacant.popLast() {
            index = place
            places[index] = session
        } else {
            index = places.count
            places.append(session)
        }
        byKey[session.key] = index
        return index
    }

    /// Removes a session; what waits in it must have been taken out before.
    mutating func remove(_ index: Int) {
        charge(index, HeldBytes() - places[index].held)
        byKey[places[index].key] = nil
        let source = places[index].source
        sources[source].sessions -= 1
        if sources[source].sessions == 0 {
            sourceOfAddress[sources[source].address] = nil
            vacantSources.append(source)
        }
        places[index] = .vacant
        vacant.append(index)
    }

    /// Says anew which addresses are known.
    package mutating func setKnown(where isKnown: (IPAddress) -> Bool) {
        var changed: Set<Int> = []
        for index in sources.indices where sources[index].sessions > 0 {
            let isKnown = isKnown(sources[index].address)
            guard isKnown != (sources[index].standing == .known) else { continue }
            sources[index].standing = isKnown ? .known : .established
            changed.insert(index)
        }
        guard !changed.isEmpty else { return }
        // What is known is kept over a restart before all else.
        for index in places.indices where places[index].isInUse && changed.contains(places[index].source) { noteChanged(index) }
    }

    private mutating func addSource(_ address: IPAddress, isKnown: Bool) -> Int {
        let source = Source(address: address, standing: isKnown ? .known : .new)
        let index: Int
        if let place = vacantSources.popLast() {
            index = place
            sources[index] = source
        } else {
            index = sources.count
            sources.append(source)
        }
        sourceOfAddress[address] = index
        return index
    }

    // MARK: Lists

    /// Sessions in which something waits for time to pass; some may not any more, and some stand in it twice.
    var waitingSessions: [Int] { waiting }

    /// Takes those out of the list in which nothing waits any more.
    mutating func reviewWaiting() {
        var left: [Int] = []
        for index in waiting where places[index].isWaiting {
            // A number that comes a second time finds the mark gone.
            places[index].isWaiting = false
            if places[index].waits() { left.append(index) }
        }
        for index in left { places[index].isWaiting = true }
        waiting = left
    }

    /// Whether a session may have something new to save.
    var hasChanged: Bool { !changed.isEmpty }

    /// Takes up to `limit` of the sessions that have something new to save out of their list.
    package mutating func takeChanged(limit: Int) -> [Int] {
        var taken: [Int] = []
        while taken.count < limit, let index = changed.popLast() {
            guard places[index].isChanged else { continue }
            places[index].isChanged = false
            taken.append(index)
        }
        return taken
    }

    // MARK: Making room

    /// Sessions that are to be removed so that one of `address` can be added; none where there is room already, or where nobody can go.
    ///
    /// Many at once, so that a flood of new sources pays for one look over the table with hundreds of them; when a look finds nobody, the next one is after
    /// the next tick.
    mutating func victims(for address: IPAddress, isKnown: Bool, at now: Timestamp) -> [Int] {
        if let source = sourceOfAddress[address], sources[source].sessions >= limits.sessionsOfAddress {
            guard !sources[source].isFull else { return [] }
            let victims = least(max(1, limits.sessionsOfAddress / 4), at: now) { $0.source == source && !isKept($0, from: .known, at: now) }
            if victims.isEmpty {
                sources[source].isFull = true
                fullSources.append(source)
            }
            return victims
        }
        guard count >= limits.sessions, !isFull || isKnown else { return [] }
        let newcomer: Standing = isKnown ? .known : .new
        let victims = least(max(1, limits.sessions / 8), at: now) { !isKept($0, from: newcomer, at: now) }
        if victims.isEmpty { isFull = true }
        return victims
    }

    /// Sessions to be removed because those of new sources hold nearly all that is there for them: of new sources, not heard for a minute.
    /// Those of open TCP connections stay, since their templates come but once; silent connections are closed (`StreamLimits`).
    package mutating func idleVictims(at now: Timestamp) -> [Int] {
        isFull = false
        for source in fullSources { sources[source].isFull = false }
        fullSources.removeAll()
        guard held.isAbove(limits.memory(for: .new).eighths(7)) else { return [] }
        return least(max(1, limits.sessions / 8), at: now) {
            sources[$0.source].standing == .new && $0.key.connection == 0 && $0.held.total > 0
                && now.ends(wait: SessionLimits.probation, since: $0.lastSeen)
        }
    }

    /// Whether a session stays though a newcomer of this standing wants its place.
    private func isKept(_ session: Session, from newcomer: Standing, at now: Timestamp) -> Bool {
        guard now.since(session.lastSeen) < SessionLimits.recency else { return false }
        return session.isEstablished || session.hasRecords && sources[session.source].standing == .known && newcomer != .known
    }

    /// The sessions that matter least: of unknown sources before known ones, without records before those with some, the longest silent first. At most
    /// `limit`, of one kind if there are enough of it, and no more flows waiting in them than can be counted in a millisecond or two.
    private func least(_ limit: Int, at now: Timestamp, where isCandidate: (Session) -> Bool) -> [Int] {
        var candidates: [(index: Int, rank: Int, lastSeen: Timestamp, pending: Int)] = []
        for index in places.indices where places[index].isInUse && isCandidate(places[index]) {
            let session = places[index]
            let rank = (sources[session.source].standing == .known ? 4 : 0) + (session.isEstablished ? 2 : session.hasRecords ? 1 : 0)
            candidates.append((index, rank, session.lastSeen, session.held[.pendingFlows]))
        }
        candidates.sort { ($0.rank, $0.lastSeen) < ($1.rank, $1.lastSeen) }
        var victims: [Int] = []
        var pending = 0
        for candidate in candidates.prefix(limit) {
            pending += candidate.pending
            if !victims.isEmpty, pending > 2 << 20 || candidate.rank > candidates[0].rank && victims.count >= limit / 8 { break }
            victims.append(candidate.index)
        }
        return victims
    }
}

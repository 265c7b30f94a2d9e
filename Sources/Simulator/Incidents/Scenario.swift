/// Which incidents come when: the script, round and round, or one incident of it.
package struct Scenario: Sendable {
    /// An incident that comes, or is there.
    package struct Occurrence: Sendable {
        package var incident: Incident
        /// How often the scenario has begun anew.
        package var round: Int
        /// Seconds since the simulation began.
        package var start: Int64
        package var end: Int64
    }

    private let incidents: [Incident]
    private let shift: Int64
    /// Seconds after which it begins anew.
    package let loop: Int64

    /// The whole script.
    package init(_ teller: Incident.Teller = .weir) {
        (incidents, loop) = Incident.script(teller)
        shift = 0
    }

    /// One incident, a minute and a half after the start, and again when it has been over for half an hour; nil where the script has none such.
    package init?(only name: String, _ teller: Incident.Teller = .weir) {
        guard let incident = Incident.script(teller).incidents.first(where: { $0.name == name }) else { return nil }
        incidents = [incident]
        loop = 90 + incident.duration + 1800
        shift = 90 - incident.start
    }

    /// Nothing happens.
    package static let quiet = Scenario(incidents: [])

    private init(incidents: [Incident]) {
        self.incidents = incidents
        loop = 3600
        shift = 0
    }

    /// Those that come within the first so many seconds.
    package func occurrences(until second: Int64) -> [Occurrence] {
        guard second >= 0, !incidents.isEmpty else { return [] }
        return (0...Int(second / loop)).flatMap { round in
            incidents.map { incident in
                let start = Int64(round) * loop + incident.start + shift
                return Occurrence(incident: incident, round: round, start: start, end: start + incident.duration)
            }
        }.filter { $0.start <= second }
    }

    /// Those that are there at a second.
    package func active(at second: Int64) -> [Occurrence] {
        let round = max(0, second) / loop
        return incidents.map { incident in
            let start = round * loop + incident.start + shift
            return Occurrence(incident: incident, round: Int(round), start: start, end: start + incident.duration)
        }.filter { ($0.start..<$0.end).contains(second) }
    }

    /// The next one that begins after a second.
    package func next(after second: Int64) -> Occurrence? {
        occurrences(until: second + 2 * loop).filter { $0.start > second }.min { $0.start < $1.start }
    }
}

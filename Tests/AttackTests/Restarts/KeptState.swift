import StateFile
import Support

/// What stands in a weir's state directory between two of its lives.
struct KeptState {
    /// What a session's state says, as far as it matters here.
    struct Session: Decodable, Sendable {
        struct Exporter: Decodable, Sendable {
            struct Rate: Decodable, Sendable {
                var sampler: UInt32?
                var rate: UInt32
            }

            var address: String
            var sourcePort: UInt16
            var rates: [Rate]
        }

        struct Templates: Decodable, Sendable {
            struct Template: Decodable, Sendable {
                var id: UInt16
            }

            var templates: [Template]
        }

        var exporter: Exporter
        var templates: Templates
    }

    let sessions: [Session]

    /// Reads it as the weir will; throws where it is not there, or not whole.
    init(_ directory: String) throws {
        switch try StateDirectory(path: directory).read("sessions", version: 1, as: [Session].self) {
        case .value(let sessions): self.sessions = sessions
        case .absent: throw DeadlinePassed(description: "there is no state in \(directory)")
        case .setAside(let message): throw DeadlinePassed(description: message)
        }
    }

    /// The sampling rate that is kept of a session; nil where nothing is, or no template.
    func rate(of origin: Origin) -> UInt32? {
        let session = sessions.first { $0.exporter.address == origin.exporter && $0.exporter.sourcePort == origin.port }
        guard let session, session.templates.templates.contains(where: { $0.id == 256 }) else { return nil }
        return session.exporter.rates.first { $0.sampler == nil }?.rate
    }
}

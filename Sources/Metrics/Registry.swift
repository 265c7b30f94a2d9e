import Synchronization

/// Writes families that it computes when they are scraped.
///
/// - Parameter writer: Takes the families; `family` is called before their samples.
public typealias Writing = @Sendable (_ writer: inout ExpositionWriter) -> Void

/// The metrics a process has about itself: families by name, then what collectors compute, in the order in which they came.
public final class Registry: Sendable {
    private struct State {
        var families: [String: Writing] = [:]
        var collectors: [Writing] = []
    }

    private let state = Mutex(State())

    /// A registry without metrics.
    public init() {}

    /// A metric without labels. The name must be new.
    public func metric<Member: Metric>(_ type: Member.Type, _ name: String, help: String, unit: String? = nil) -> Member {
        let metric = Member()
        register(name) { writer in
            writer.family(name, type: Member.type, help: help, unit: unit)
            metric.write(.none, to: &writer)
        }
        return metric
    }

    /// Metrics told apart by labels. The name must be new.
    public func family<Member: Metric>(
        _ type: Member.Type, _ name: String, help: String, unit: String? = nil, labels: [String]
    ) -> Family<Member> {
        let family = Family<Member>(labelNames: labels)
        register(name) { writer in
            writer.family(name, type: Member.type, help: help, unit: unit)
            family.write(to: &writer)
        }
        return family
    }

    /// Adds what is computed at each scrape, on the thread that scrapes.
    public func collect(_ collector: @escaping Writing) {
        state.withLock { $0.collectors.append(collector) }
    }

    /// Writes all of it; the exposition is not finished by that.
    public func write(to writer: inout ExpositionWriter) {
        var cursor = makeCursor()
        while cursor.writeNext(to: &writer) {}
    }

    /// Walks what is registered now, for a scrape that is written in pieces.
    public func makeCursor() -> RegistryCursor {
        state.withLock { state in
            RegistryCursor(rest: (state.families.sorted { $0.key < $1.key }.map(\.value) + state.collectors)[...])
        }
    }

    private func register(_ name: String, _ collector: @escaping Writing) {
        state.withLock { state in
            precondition(state.families[name] == nil, "two metrics are called \(name)")
            state.families[name] = collector
        }
    }
}

/// How far a scrape of a registry has come.
public struct RegistryCursor: Sendable {
    fileprivate var rest: ArraySlice<Writing>

    /// Writes the next family or collector; false where none was left.
    public mutating func writeNext(to writer: inout ExpositionWriter) -> Bool {
        guard let collector = rest.popFirst() else { return false }
        collector(&writer)
        return true
    }
}

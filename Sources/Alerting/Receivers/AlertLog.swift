import Glibc
import Synchronization

/// Where a line goes for each step of an alert: standard output, or a file that can be moved away and opened again.
///
/// A write to a pipe that nobody reads does not return, and everything else waits for it then: who calls must have the time.
package final class AlertLog: Sendable {
    /// What became of lines.
    package struct Written: Sendable, Equatable {
        /// How many are there.
        package var lines = 0
        /// What kept it from writing the others, in words; nil where all are there.
        package var problem: String?
    }

    private struct State {
        var target: AlertingConfiguration.Log
        /// Of the file; nil where it is not open.
        var descriptor: Int32?
        /// Whether a write failed within a line, so that what comes next would be taken for the rest of it.
        var isTorn = false
    }

    private let state: Mutex<State>

    /// Opens nothing until something is written.
    package init(_ target: AlertingConfiguration.Log) {
        state = Mutex(State(target: target))
    }

    deinit {
        state.withLock { Self.close(&$0) }
    }

    /// Writes lines, each with its line feed.
    package func write(_ lines: [UInt8]) -> Written {
        state.withLock { state in
            switch state.target {
            case .disabled: return Written(lines: Self.count(lines))
            case .stdout: return Self.write(lines, to: STDOUT_FILENO, "standard output", &state.isTorn)
            case .file(let path):
                if state.descriptor == nil {
                    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0o640)
                    guard descriptor >= 0 else { return Written(problem: "\(path): \(Self.lastError)") }
                    state.descriptor = descriptor
                    if lseek(descriptor, 0, SEEK_END) == 0 { state.isTorn = false }
                }
                guard let descriptor = state.descriptor else { return Written() }
                return Self.write(lines, to: descriptor, path, &state.isTorn)
            }
        }
    }

    /// Opens the file anew with the next line, for whoever has moved it away.
    package func reopen() {
        state.withLock { Self.close(&$0) }
    }

    /// Writes elsewhere from now on.
    package func reconfigure(_ target: AlertingConfiguration.Log) {
        state.withLock { state in
            guard state.target != target else { return }
            Self.close(&state)
            state.target = target
            state.isTorn = false
        }
    }

    private static func close(_ state: inout State) {
        if let descriptor = state.descriptor { Glibc.close(descriptor) }
        state.descriptor = nil
    }

    private static var lastError: String { unsafe String(cString: strerror(errno)) }

    private static func count(_ lines: some Sequence<UInt8>) -> Int { lines.reduce(0) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) } }

    private static func write(_ lines: [UInt8], to descriptor: Int32, _ name: String, _ isTorn: inout Bool) -> Written {
        let before = isTorn ? 1 : 0
        let octets = isTorn ? [UInt8(ascii: "\n")] + lines : lines
        var written = 0
        while written < octets.count {
            let count = unsafe octets.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written) }
            if count > 0 {
                written += count
            } else if count == 0 || errno != EINTR {
                let problem = count == 0 ? "nothing could be written" : lastError
                if written > 0 { isTorn = octets[written - 1] != UInt8(ascii: "\n") }
                return Written(lines: max(Self.count(octets.prefix(written)) - before, 0), problem: "\(name): \(problem)")
            }
        }
        isTorn = false
        return Written(lines: Self.count(lines))
    }
}

import Glibc
import Synchronization

/// Where a line goes for each step of an alert: standard output, or a file that can be moved away and opened again.
package final class AlertLog: Sendable {
    private struct State {
        var target: AlertingConfiguration.Log
        /// Of the file; nil where it is not open.
        var descriptor: Int32?
    }

    private let state: Mutex<State>

    /// Opens nothing until something is written.
    package init(_ target: AlertingConfiguration.Log) {
        state = Mutex(State(target: target))
    }

    deinit {
        state.withLock { Self.close(&$0) }
    }

    /// Writes lines; what kept it from doing so, in words, or nil.
    package func write(_ lines: [UInt8]) -> String? {
        state.withLock { state in
            switch state.target {
            case .disabled: return nil
            case .stdout: return Self.write(lines, to: STDOUT_FILENO).map { "standard output: \($0)" }
            case .file(let path):
                if state.descriptor == nil {
                    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0o640)
                    guard descriptor >= 0 else { return "\(path): \(Self.lastError)" }
                    state.descriptor = descriptor
                }
                guard let descriptor = state.descriptor else { return nil }
                return Self.write(lines, to: descriptor).map { "\(path): \($0)" }
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
        }
    }

    private static func close(_ state: inout State) {
        if let descriptor = state.descriptor { Glibc.close(descriptor) }
        state.descriptor = nil
    }

    private static var lastError: String { unsafe String(cString: strerror(errno)) }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> String? {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written) }
            if count > 0 {
                written += count
            } else if errno != EINTR {
                return lastError
            }
        }
        return nil
    }
}

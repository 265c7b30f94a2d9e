import Foundation
import Support
import Synchronization

/// The programs that the benchmarks have started: each is ended, by its process id and with its children, also after a failure or Ctrl-C.
enum Children {
    private static let running = Mutex<Set<Int32>>([])
    private static let folders = Mutex<[URL]>([])
    private static let signal = Atomic<Int32>(0)

    /// Starts a program.
    static func start(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws -> ChildProcess {
        let child = try ChildProcess(program, arguments, environment: environment)
        running.withLock { _ = $0.insert(child.id) }
        return child
    }

    /// Runs a program to its end; its exit status and what it printed.
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], within seconds: Double
    ) async throws -> (status: Int32, output: String, errors: String) {
        let child = try start(program, arguments, environment: environment)
        do {
            let status = try await child.exitStatus(within: seconds)
            running.withLock { _ = $0.remove(child.id) }
            return (status, child.standardOutput, child.standardError)
        } catch {
            await end(child)
            throw error
        }
    }

    /// Asks a program to end, waits for it, and then ends what is left of it and of its children.
    static func end(_ child: ChildProcess, within seconds: Double = 3) async {
        let family = ProcessTree.processes(of: child.id)
        child.send(SIGTERM)
        _ = try? await child.exitStatus(within: seconds)
        for id in family where ProcessTree.isAlive(id) { kill(id, SIGKILL) }
        _ = try? await child.exitStatus(within: 2)
        running.withLock { _ = $0.remove(child.id) }
    }

    /// Deletes a folder when a signal ends the benchmarks.
    static func remove(atEnd folder: URL) {
        folders.withLock { $0.append(folder) }
    }

    /// Ends all children when SIGINT, SIGTERM or SIGHUP comes, then this program.
    static func endOnSignals() {
        signal.store(0, ordering: .relaxed)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            Glibc.signal(number) { Children.signal.store($0, ordering: .relaxed) }
        }
        Thread.detachNewThread {
            while signal.load(ordering: .relaxed) == 0 { usleep(50_000) }
            endAll()
            for folder in folders.withLock({ $0 }) { try? FileManager.default.removeItem(at: folder) }
            _exit(128 + signal.load(ordering: .relaxed))
        }
    }

    /// Ends whatever still runs.
    static func endAll() {
        let families = running.withLock { ids in
            defer { ids = [] }
            return ids.flatMap { ProcessTree.processes(of: $0) }
        }
        for id in families { kill(id, SIGTERM) }
        for _ in 0..<40 where families.contains(where: ProcessTree.isAlive) { usleep(50_000) }
        for id in families where ProcessTree.isAlive(id) { kill(id, SIGKILL) }
    }
}

import CSpawn
import Foundation
import Synchronization

/// A program that runs beside this one; killed when this is let go of, but not where this process ends without that.
///
/// In place of Foundation's `Process`, which crashes now and then on Linux (swift-corelibs-foundation#5472). The program is in a process group of its own, so
/// that Ctrl-C at a terminal leaves it to whoever started it, and has inherited no descriptor, no blocked and no ignored signal.
package final class SpawnedProcess: Sendable {
    /// A program could not be started.
    package struct Problem: Error, CustomStringConvertible {
        package let program: String
        /// Why, as `posix_spawn` says it: `ENOENT` where there is no such program, or no place for one of its files.
        package let number: Int32

        package var description: String { "cannot start \(program): \(unsafe String(cString: strerror(number)))" }
    }

    /// The process id.
    package let id: Int32
    /// What it ended with; nil until that is known, after which its id may be another process's.
    private let ended = Mutex<Int32?>(nil)

    /// Starts `program`, found on this process's `PATH` where its name has no slash, with all its files opened by their paths.
    ///
    /// - Parameters:
    ///   - environment: all of it.
    ///   - output: made or emptied, then added to, so that it may be the same as `errors`.
    package init(
        _ program: String, _ arguments: [String], environment: [String: String] = ProcessInfo.processInfo.environment, input: String = "/dev/null",
        output: String, errors: String
    ) throws(Problem) {
        var files = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&files)
        defer { unsafe posix_spawn_file_actions_destroy(&files) }
        unsafe posix_spawn_file_actions_addopen(&files, STDIN_FILENO, input, O_RDONLY, 0)
        for (descriptor, path) in [(STDOUT_FILENO, output), (STDERR_FILENO, errors)] {
            unsafe posix_spawn_file_actions_addopen(&files, descriptor, path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0o644)
        }
        unsafe posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1)

        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)

        let words = unsafe Self.copied([program] + arguments)
        let variables = unsafe Self.copied(environment.map { "\($0)=\($1)" })
        defer { unsafe (words + variables).forEach { unsafe free($0) } }
        var id: pid_t = 0
        let number = unsafe posix_spawnp(&id, program, &files, &attributes, words, variables)
        guard number == 0 else { throw Problem(program: program, number: number) }
        self.id = id
    }

    deinit {
        send(SIGKILL)
        _ = ended.withLock { reap(&$0, options: 0) }
    }

    /// What it ended with: its exit status or the number of the signal that ended it; nil while it runs. -1 where this process ignores SIGCHLD, and the
    /// kernel has not kept it.
    package var endStatus: Int32? { ended.withLock { reap(&$0, options: WNOHANG) } }

    /// Whether it runs still.
    package var isRunning: Bool { endStatus == nil }

    /// Sends it a signal, unless it is known to have ended.
    package func send(_ signal: Int32) {
        ended.withLock { if $0 == nil { kill(id, signal) } }
    }

    private func reap(_ ended: inout Int32?, options: Int32) -> Int32? {
        if let ended { return ended }
        var status: Int32 = 0
        var found: pid_t
        repeat { found = unsafe waitpid(id, &status, options) } while found < 0 && errno == EINTR
        if found == id {
            // As the macros WIFSIGNALED, WTERMSIG and WEXITSTATUS have it.
            let signal = status & 0x7F
            ended = signal != 0 ? signal : status >> 8 & 0xFF
        } else if found < 0 {
            ended = -1
        }
        return ended
    }

    /// The texts as C has them, with nil at their end; to be freed.
    private static func copied(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
        unsafe texts.map { unsafe strdup($0) } + [nil]
    }
}

import Foundation
import Synchronization

/// A program that a test runs beside itself; ended, by its process id, at the latest when the test lets go of it.
package final class ChildProcess: @unchecked Sendable {
    private let process = Process()
    private let folder: TemporaryFolder
    private let output: URL
    private let errors: URL
    private static let starting = Mutex(())

    /// Starts a process while no other one is being started, in which case `Process` has crashed.
    package static func start(_ process: Process) throws {
        try starting.withLock { _ in try process.run() }
    }

    /// Starts `program`, found on the path, with its output and errors going to files of its own.
    package init(_ program: String, _ arguments: [String], environment: [String: String] = [:], input: String? = nil) throws {
        folder = try TemporaryFolder()
        output = folder.url.appending(path: "stdout")
        errors = folder.url.appending(path: "stderr")
        for file in [output, errors] { try Data().write(to: file) }
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        if let input {
            let file = try folder.write("stdin", input)
            process.standardInput = FileHandle(forReadingAtPath: file)
        } else {
            process.standardInput = FileHandle.nullDevice
        }
        try Self.start(process)
    }

    deinit {
        if process.isRunning { process.interrupt() }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// The process id.
    package var id: Int32 { process.processIdentifier }
    /// Whether it runs still.
    package var isRunning: Bool { process.isRunning }
    /// What it printed so far.
    package var standardOutput: String { String(decoding: Self.octets(of: output), as: UTF8.self) }
    /// The same, where it is no text.
    package var standardOutputOctets: Data { Data(Self.octets(of: output)) }
    /// What it printed so far to standard error.
    package var standardError: String { String(decoding: Self.octets(of: errors), as: UTF8.self) }

    /// A file that grows meanwhile, piece by piece: Foundation asks for its size first.
    private static func octets(of file: URL) -> [UInt8] {
        let descriptor = unsafe open(file.path, O_RDONLY)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var octets: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe piece.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return octets }
            octets += piece[..<count]
        }
    }

    /// Sends it a signal.
    package func send(_ signal: Int32) {
        kill(process.processIdentifier, signal)
    }

    /// Waits for its end and gives its exit status.
    package func exitStatus(within seconds: Double = 60) async throws -> Int32 {
        try await waitUntil("\(process.arguments ?? []) ends", within: seconds) { endStatus ?? (process.isRunning ? nil : process.terminationStatus) }
    }

    /// Its exit status (or the signal that ended it), as the kernel has it; nil while it runs, or when it has been reaped.
    ///
    /// `Process` notices an end when a socket closes that programs started meanwhile have inherited, so it may not notice before they end, too.
    private var endStatus: Int32? {
        var info = unsafe siginfo_t()
        let found = unsafe waitid(P_PID, id_t(process.processIdentifier), &info, WEXITED | WNOHANG | WNOWAIT) == 0
        guard found, unsafe info._sifields._sigchld.si_pid != 0 else { return nil }
        return unsafe info._sifields._sigchld.si_status
    }

    /// Runs a program to its end; its exit status and what it printed.
    package static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], input: String? = nil, within seconds: Double = 60
    ) async throws -> (status: Int32, output: String, errors: String) {
        let child = try ChildProcess(program, arguments, environment: environment, input: input)
        let status = try await child.exitStatus(within: seconds)
        return (status, child.standardOutput, child.standardError)
    }
}

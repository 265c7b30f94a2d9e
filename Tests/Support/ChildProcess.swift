import ChildProcesses
import Foundation

/// A program that a test runs beside itself; ended, by its process id, at the latest when the test lets go of it.
package final class ChildProcess: Sendable {
    private let process: SpawnedProcess
    private let words: [String]
    private let folder: TemporaryFolder
    private let output: String
    private let errors: String

    /// Starts `program`, found on the path, with its output and errors going to files of its own, and `environment` added to this process's.
    package init(_ program: String, _ arguments: [String], environment: [String: String] = [:], input: String? = nil) throws {
        words = [program] + arguments
        folder = try TemporaryFolder()
        output = folder.path("stdout")
        errors = folder.path("stderr")
        process = try SpawnedProcess(
            program, arguments, environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
            input: input.map { [folder] in try folder.write("stdin", $0) } ?? "/dev/null", output: output, errors: errors)
    }

    /// The process id.
    package var id: Int32 { process.id }
    /// Whether it runs still.
    package var isRunning: Bool { process.isRunning }
    /// What it printed so far.
    package var standardOutput: String { String(decoding: Self.octets(of: output), as: UTF8.self) }
    /// The same, where it is no text.
    package var standardOutputOctets: Data { Data(Self.octets(of: output)) }
    /// What it printed so far to standard error.
    package var standardError: String { String(decoding: Self.octets(of: errors), as: UTF8.self) }

    /// A file that grows meanwhile, piece by piece: Foundation asks for its size first.
    private static func octets(of file: String) -> [UInt8] {
        let descriptor = unsafe open(file, O_RDONLY)
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

    /// Sends it a signal, while it runs.
    package func send(_ signal: Int32) {
        process.send(signal)
    }

    /// Waits for its end and gives its exit status, or the number of the signal that ended it.
    package func exitStatus(within seconds: Double = 60) async throws -> Int32 {
        try await waitUntil("\(words) ends", within: seconds) { process.endStatus }
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

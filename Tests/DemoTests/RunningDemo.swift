import Foundation
import Support

/// `weir demo` as a process, with all ports chosen by the kernel.
final class RunningDemo: Sendable {
    let process: ChildProcess
    /// Where it serves HTTP: `127.0.0.1:PORT`.
    let web: String
    /// When its script began, seconds since 1970.
    let began: Int64

    init(_ arguments: [String] = []) async throws {
        let process = try ChildProcess(RunningWeir.program, ["demo", "--listen", "127.0.0.1:0", "--flows", "127.0.0.1:0"] + arguments)
        self.process = process
        began = try await waitUntil("the demo begins", within: 180) {
            guard process.isRunning else { throw DeadlinePassed(description: "weir demo ended: \(process.standardOutput) \(process.standardError)") }
            return process.standardOutput.firstMatch(of: /The script began at (\d+)/).flatMap { Int64($0.1) }
        }
        let port = process.standardOutput.firstMatch(of: /http:\/\/localhost:(\d+)\//).map { String($0.1) }
        web = "127.0.0.1:\(port ?? "0")"
    }

    /// What a path answers.
    func get(_ path: String) async throws -> String {
        try await ChildProcess.run("curl", ["-sSg", "--fail-with-body", "--max-time", "30", "http://\(web)\(path)"]).output
    }

    /// The address behind a name in what it says to look at.
    func address(of name: String) -> String? {
        process.standardOutput.split(separator: "\n").first { $0.contains("   \(name)") }?.firstMatch(of: /http:\/\/([0-9.:]+)\//).map {
            String($0.1)
        }
    }
}

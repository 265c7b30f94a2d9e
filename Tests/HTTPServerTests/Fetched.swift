import Foundation
import Support

/// What curl says about a request.
struct Fetched {
    /// 0 where there was no answer.
    var status: Int
    /// With the headers where `-i` is among the arguments.
    var body: String
    var errors: String

    init(_ url: String, _ arguments: [String] = []) async throws {
        let run = try await ChildProcess.run("curl", ["-sSg", "--max-time", "20", "-w", "\n%{http_code}"] + arguments + [url])
        let end = run.output.lastIndex(of: "\n") ?? run.output.startIndex
        status = Int(run.output[end...].dropFirst()) ?? 0
        body = String(run.output[..<end])
        errors = run.errors
    }
}

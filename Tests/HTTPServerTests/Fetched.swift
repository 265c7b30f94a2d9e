import Foundation
import Support

/// What curl says about a request.
struct Fetched {
    /// 0 where there was no answer.
    var status: Int
    /// With the headers where `-i` is among the arguments.
    var body: String
    var errors: String
    /// How long the request took.
    var duration: Duration

    init(_ url: String, _ arguments: [String] = []) async throws {
        let run = try await ChildProcess.run("curl", ["-sSg", "--max-time", "20", "-w", "\n%{http_code} %{time_total}"] + arguments + [url])
        let end = run.output.lastIndex(of: "\n") ?? run.output.startIndex
        let told = run.output[end...].split(whereSeparator: \.isWhitespace)
        status = told.first.flatMap { Int($0) } ?? 0
        duration = told.count == 2 ? Double(told[1]).map { .seconds($0) } ?? .zero : .zero
        body = String(run.output[..<end])
        errors = run.errors
    }
}

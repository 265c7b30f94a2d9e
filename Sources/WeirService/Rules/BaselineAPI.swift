import ConfigurationFile
import Detection
import HTTPServer

/// `/api/v1/baseline`: what the rules that learn have learned, as YAML, and more of it.
struct BaselineAPI {
    /// The answer to a GET.
    static func get(_ baseline: Baseline) -> HTTPResponse {
        HTTPResponse(contentType: "application/yaml", body: .bytes(Array(BaselineText.yaml(baseline).utf8)))
    }

    /// The answer to a POST by somebody who may: `add` is given what was sent, and says how many of its edges are known then. An edge with `approved: true` is told of no more.
    static func post(_ request: HTTPRequest, add: (Baseline) -> Int) -> HTTPResponse {
        guard let text = String(validating: request.body, as: UTF8.self) else { return .text("the body is not UTF-8 text\n", status: 400) }
        do {
            let baseline = try BaselineText.baseline(text, name: "body")
            let count = add(baseline)
            if count == baseline.edges.count { return .text("\(count) edges taken in\n") }
            return .text("\(count) of \(baseline.edges.count) edges taken in: for more there is no room (detection.max_edges)\n")
        } catch {
            return .text("\(error)\n", status: 400)
        }
    }
}

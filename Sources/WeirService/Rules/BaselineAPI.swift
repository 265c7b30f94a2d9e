import ConfigurationFile
import Detection
import HTTPServer

/// `/api/v1/baseline`: what the rules that learn have learned, as YAML, and more of it.
struct BaselineAPI {
    /// The answer to a GET.
    static func get(_ baseline: Baseline) -> HTTPResponse {
        HTTPResponse(contentType: "application/yaml", body: .bytes(Array(BaselineText.yaml(baseline).utf8)))
    }

    /// The answer to a POST by somebody who may: `add` is given what was sent. An edge with `approved: true` is told of no more.
    static func post(_ request: HTTPRequest, add: (Baseline) -> Void) -> HTTPResponse {
        guard let text = String(validating: request.body, as: UTF8.self) else { return .text("the body is not UTF-8 text\n", status: 400) }
        do {
            let baseline = try BaselineText.baseline(text, name: "body")
            add(baseline)
            return .text("\(baseline.edges.count) edges taken in\n")
        } catch {
            return .text("\(error)\n", status: 400)
        }
    }
}

/// Answers a request, on one of the server's threads: it may compute, but should not wait.
package typealias HTTPHandler = @Sendable (HTTPRequest) -> HTTPResponse

/// Which handler answers what.
///
/// Paths are compared whole, and then with what others begin with. `HEAD` is answered as `GET` is. A request that may change something is refused with 403 where another site's page sent it.
package struct Router: Sendable {
    private var routes: [String: [HTTPMethod: HTTPHandler]] = [:]
    /// By what their paths begin with.
    private var below: [(prefix: String, methods: [HTTPMethod: HTTPHandler])] = []

    /// A router that knows no path.
    package init() {}

    /// Answers `GET` and `HEAD` of this path.
    package mutating func get(_ path: String, _ handler: @escaping HTTPHandler) {
        routes[path, default: [:]][.get] = handler
    }

    /// Answers `GET` and `HEAD` of every path that begins with this one, which ends in a slash, and that has no route of its own.
    package mutating func get(below prefix: String, _ handler: @escaping HTTPHandler) {
        below.append((prefix, [.get: handler]))
    }

    /// Answers `POST` to this path.
    package mutating func post(_ path: String, _ handler: @escaping HTTPHandler) {
        routes[path, default: [:]][.post] = handler
    }

    /// The answer to `request`: a handler's, or 403, 404 or 405.
    package func respond(to request: HTTPRequest) -> HTTPResponse {
        guard let methods = routes[request.path] ?? below.first(where: { request.path.hasPrefix($0.prefix) })?.methods else {
            return .text("not found\n", status: 404)
        }
        guard let handler = methods[request.method == .head ? .get : request.method] else {
            let allowed = methods.keys.map(\.rawValue) + (methods[.get] == nil ? [] : [HTTPMethod.head.rawValue])
            return .text("method not allowed\n", status: 405, headers: [.init("Allow", allowed.sorted().joined(separator: ", "))])
        }
        guard request.method.isSafe || !request.isCrossSite else {
            return .text("refused: another site's page sent this request\n", status: 403)
        }
        return handler(request)
    }
}

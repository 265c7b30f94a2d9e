import ConfigurationFile
import HTTPClient

/// Requests to the API server, with our credentials: for what is neither a list nor a watch.
package final class ClusterRequests: Sendable {
    private let credentials: ClusterCredentials
    private let authorization: RequestAuthorization

    /// Requests to the server of these credentials.
    package init(_ credentials: ClusterCredentials) {
        self.credentials = credentials
        authorization = RequestAuthorization(credentials.authentication)
    }

    /// A request for `path`, with a body of `contentType` where there is one. Throws what is wrong with the token's file where there is no token to use instead.
    package func request(_ method: ClientRequest.Method, path: String, contentType: String = "application/json", body: [UInt8]? = nil)
        throws(SmallFile.Unreadable) -> ClientRequest
    {
        var headers = [(name: "Accept", value: "application/json"), (name: "User-Agent", value: "weir")]
        if body != nil { headers.append((name: "Content-Type", value: contentType)) }
        let (value, problem) = authorization.header()
        if value == nil, let problem { throw SmallFile.Unreadable(message: problem) }
        if let value { headers.append((name: "Authorization", value: value.revealed)) }
        return ClientRequest(
            method: method, url: credentials.server + path, headers: headers, body: body, totalTimeout: .seconds(30), tls: credentials.tls)
    }
}

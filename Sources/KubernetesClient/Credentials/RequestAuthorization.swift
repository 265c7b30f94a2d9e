import ConfigurationFile
import Foundation
import Synchronization

/// The `Authorization` header of each request. A token in a file is read anew for each: bound tokens are replaced every hour, and requests are few.
final class RequestAuthorization: Sendable {
    private let authentication: ClusterCredentials.Authentication
    /// The last token that could be read, for while its file cannot.
    private let last = Mutex<Secret?>(nil)

    init(_ authentication: ClusterCredentials.Authentication) {
        self.authentication = authentication
    }

    /// The header's value, nil for none; and what is wrong with the token's file.
    func header() -> (value: Secret?, problem: String?) {
        switch authentication {
        case .none:
            return (nil, nil)
        case .token(let token):
            return (Secret("Bearer \(token.revealed)"), nil)
        case .basic(let user, let password):
            return (Secret("Basic \(Data("\(user):\(password.revealed)".utf8).base64EncodedString())"), nil)
        case .tokenFile(let path, let instead):
            do {
                let token = Secret(try SmallFile.token(path))
                last.withLock { $0 = token }
                return (Secret("Bearer \(token.revealed)"), nil)
            } catch {
                let token = last.withLock { $0 } ?? instead
                return (token.map { Secret("Bearer \($0.revealed)") }, "\(path) \(error.message)")
            }
        }
    }
}

/// Who is let in, and how: what a web configuration file says, ready for use and never changed.
final class Door: Sendable {
    /// Nil: no TLS.
    let credentials: TLSCredentials?
    /// Empty: nobody needs a password.
    let users: Users
    /// What every answer says beside its own headers, or in their place.
    let headers: [HTTPRequest.Field]
    let rateLimit: RateLimit?

    init(credentials: TLSCredentials? = nil, users: Users = Users([:]), headers: [HTTPRequest.Field] = [], rateLimit: RateLimit? = nil) {
        self.credentials = credentials
        self.users = users
        self.headers = headers
        self.rateLimit = rateLimit
    }
}

extension Door {
    /// What another door no longer asks of those who come, in words; nil where it asks for as much in kind, or more.
    ///
    /// A file that was cut off at the end of a line may well make sense; what it lacks must not let anybody in.
    func opening(towards other: Door) -> String? {
        guard (credentials == nil) == (other.credentials == nil) else { return "tls_server_config has come or gone" }
        if !users.isEmpty, other.users.isEmpty { return "basic_auth_users has gone" }
        guard let before = credentials?.configuration, let after = other.credentials?.configuration else { return nil }
        if before.clientAuthentication.verifies, !after.clientAuthentication.verifies {
            return "client_auth_type no longer verifies certificates"
        }
        if before.clientAuthentication.isRequired, !after.clientAuthentication.isRequired {
            return "client_auth_type no longer requires certificates"
        }
        return before.allowedNames != nil && after.allowedNames == nil ? "client_allowed_sans has gone" : nil
    }
}

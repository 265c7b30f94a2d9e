extension HTTPRequest {
    /// Whether a browser says that another site's page sent this: such a request must not change anything.
    ///
    /// `Sec-Fetch-Site` is believed where it stands, for no page can set it; else `Origin` must name the host that was asked. Clients that send neither are
    /// no browsers.
    package var isCrossSite: Bool {
        if let site = header("Sec-Fetch-Site") {
            return site != "same-origin" && site != "none"
        }
        guard let origin = header("Origin") else { return false }
        guard let host = header("Host"), let scheme = origin.firstRange(of: "://") else { return true }
        return origin[scheme.upperBound...].lowercased() != host.lowercased()
    }
}

import HTTPServer

/// What the two web servers may take.
extension HTTPServerConfiguration {
    /// Of the server of `web.listen`.
    init(serving web: WeirConfiguration.Web) {
        self.init()
        listen = web.listen
    }

    /// Of the server of `web.probe_listen`; nil where there is none.
    ///
    /// A kubelet opens a connection for each probe and closes it again.
    init?(probesOf web: WeirConfiguration.Web) {
        guard let listen = web.probeListen else { return nil }
        self.init()
        self.listen = listen
        threads = 1
        maxConnections = 64
        maxConnectionsOfAddress = 16
    }
}

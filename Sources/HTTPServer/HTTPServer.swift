import Dispatch
import Synchronization

/// Answers HTTP/1.0 and HTTP/1.1 requests with a handler, on libmicrohttpd's own epoll threads.
///
/// It serves from `init` until `stop` or until it is let go of; its handler must not hold it.
package final class HTTPServer: Sendable {
    /// The port it listens on: the kernel's choice where the configuration says 0.
    package let port: UInt16

    private let service: Service
    private let daemon: Mutex<Daemon?>

    /// Listens and serves.
    ///
    /// - Throws: Where the address is none or taken; the error names it and says why.
    package init(configuration: HTTPServerConfiguration, handler: @escaping HTTPHandler) throws(HTTPServerError) {
        let socket = try ListeningSocket(configuration.listen)
        port = socket.port
        service = Service(configuration: configuration, handler: handler)
        daemon = Mutex(try Daemon(socket: socket, service: service))
    }

    /// Stops to listen, gives the answers that are on their way until `limit` to arrive, and closes what is left.
    package func stop(within limit: Duration = .seconds(2)) async {
        await withCheckedContinuation { continuation in
            // It blocks, which no thread of the cooperative pool may.
            DispatchQueue.global().async {
                self.daemon.withLock { $0?.stopListening() }
                self.service.drain(within: limit)
                self.daemon.withLock { $0 = nil }
                continuation.resume()
            }
        }
    }
}

import Dispatch
import Synchronization

/// Answers HTTP/1.0 and HTTP/1.1 requests with a handler, on libmicrohttpd's own epoll threads.
///
/// It serves from `init` until `stop` or until it is let go of; its handler must not hold it.
package final class HTTPServer: Sendable {
    /// The port it listens on: the kernel's choice where the configuration says 0.
    package let port: UInt16

    private let service: Service
    private let housekeeper: Housekeeper
    private let daemon: Mutex<Daemon?>

    /// Listens and serves.
    ///
    /// - Parameters:
    ///   - webFile: TLS, users and headers; nil: none of them. It is read again when it changes.
    ///   - refusals: where it counts what it refuses.
    ///   - webFileChanged: told what became of a web file that has changed, on a thread of the server's.
    /// - Throws: Where the address is none or taken; the error names it and says why.
    package init(
        configuration: HTTPServerConfiguration, webFile: WebFile? = nil, refusals: HTTPRefusals = HTTPRefusals(),
        webFileChanged: @escaping @Sendable (WebFile.Change) -> Void = { _ in }, handler: @escaping HTTPHandler
    ) throws(HTTPServerError) {
        let socket = try ListeningSocket(configuration.listen)
        port = socket.port
        let service = Service(configuration: configuration, webFile: webFile, refusals: refusals, handler: handler)
        self.service = service
        daemon = Mutex(try Daemon(socket: socket, service: service, usesTLS: webFile?.hasTLS ?? false))
        // Deadlines are of seconds, but a test's.
        let interval = min(configuration.headerTimeout, configuration.bodyTimeout, configuration.readWindow, .seconds(1)) / 4
        let beat = ContinuousClock.Instant.now
        let next = Mutex(beat + .seconds(1))
        housekeeper = Housekeeper(every: .milliseconds(max(Int(clamping: interval.milliseconds), 10))) {
            let now = ContinuousClock.now
            service.clients.sweep(at: now, configuration)
            let isDue = next.withLock { next in
                guard now >= next else { return false }
                next = now + .seconds(1)
                return true
            }
            if isDue, let change = service.refreshDoor() { webFileChanged(change) }
        }
    }

    deinit {
        housekeeper.stop()
        service.verifier.stop()
    }

    /// Stops to listen, gives the answers that are on their way until `limit` to arrive, and closes what is left.
    package func stop(within limit: Duration = .seconds(2)) async {
        await withCheckedContinuation { continuation in
            // It blocks, which no thread of the cooperative pool may.
            DispatchQueue.global().async {
                self.daemon.withLock { $0?.stopListening() }
                self.service.drain(within: limit)
                self.housekeeper.stop()
                // libmicrohttpd must not be stopped while a connection waits for its password.
                self.service.verifier.stop()
                self.daemon.withLock { $0 = nil }
                continuation.resume()
            }
        }
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 {
        components.seconds &* 1000 &+ components.attoseconds / 1_000_000_000_000_000
    }
}

import CGnuTLS
import CMicroHTTPD
import Glibc

/// libmicrohttpd's daemon: its threads, and the socket it listens on. It stops when it is let go of, and all connections are closed by that.
@safe struct Daemon: ~Copyable, @unchecked Sendable {
    private let handle: OpaquePointer
    private let log: UnsafeMutablePointer<CMicroHTTPD_Log>
    // The daemon's threads call it until they have ended.
    private let service: Service

    /// Starts the threads.
    init(socket: ListeningSocket, service: Service, usesTLS: Bool) throws(HTTPServerError) {
        let configuration = service.configuration
        let threads = UInt32(clamping: max(configuration.threads, 1))
        var flags = MHD_USE_EPOLL_INTERNAL_THREAD.rawValue | MHD_USE_ITC.rawValue | MHD_ALLOW_SUSPEND_RESUME.rawValue | MHD_USE_ERROR_LOG.rawValue
        if usesTLS { flags |= MHD_USE_TLS.rawValue }
        if socket.isIPv6 { flags |= MHD_USE_DUAL_STACK.rawValue }

        // Each option is followed by its values; the widths are those that microhttpd.h states.
        let completed: MHD_RequestCompletedCallback = unsafe requestCompleted
        let context = unsafe Unmanaged.passUnretained(service).toOpaque()
        let log = UnsafeMutablePointer<CMicroHTTPD_Log>.allocate(capacity: 1)
        unsafe log.initialize(to: CMicroHTTPD_Log(refused: countRefusal, context: context))
        let notified: MHD_NotifyConnectionCallback = unsafe connectionChanged
        // Must be the first, or what libmicrohttpd says before it goes to standard error.
        var options: [any CVarArg] = unsafe [
            MHD_OPTION.EXTERNAL_LOGGER.rawValue, OpaquePointer(CMicroHTTPD_logger()), OpaquePointer(log),
        ]
        options += [
            MHD_OPTION.LISTEN_SOCKET.rawValue, socket.descriptor,
            // Limits are ours to keep and to count; libmicrohttpd would divide its own among its threads.
            MHD_OPTION.CONNECTION_LIMIT.rawValue, UInt32(clamping: (configuration.maxConnections &+ 64) &* Int(threads)),
            MHD_OPTION.CONNECTION_MEMORY_LIMIT.rawValue, max(configuration.connectionMemory, 4096),
            MHD_OPTION.CONNECTION_TIMEOUT.rawValue, UInt32(clamping: max(configuration.idleTimeout.components.seconds, 1)),
            // A request without Host, or with a space in its target, is a mistake or an attempt at smuggling.
            MHD_OPTION.STRICT_FOR_CLIENT.rawValue, Int32(1),
        ]
        unsafe options += [
            MHD_OPTION.NOTIFY_COMPLETED.rawValue, unsafeBitCast(completed, to: OpaquePointer.self), OpaquePointer(context),
            MHD_OPTION.NOTIFY_CONNECTION.rawValue, unsafeBitCast(notified, to: OpaquePointer.self), OpaquePointer(context),
        ]
        if usesTLS {
            // It wants to know where certificates come from. Each connection is given its own when it starts, so nobody asks there.
            let retrieve: RetrieveCertificate = unsafe refuseCertificate
            unsafe options += [MHD_OPTION.HTTPS_CERT_CALLBACK.rawValue, unsafeBitCast(retrieve, to: OpaquePointer.self)]
        }
        if threads > 1 { options += [MHD_OPTION.THREAD_POOL_SIZE.rawValue, threads] }
        options.append(MHD_OPTION.END.rawValue)

        // Its Date header asks for the time zone, whose file is read now and not with the first answer.
        tzset()
        let started = unsafe withVaList(options) { unsafe MHD_start_daemon_va(flags, 0, acceptConnection, context, answerRequest, context, $0) }
        guard let started = unsafe started else {
            unsafe log.deallocate()
            throw .cannotStart(address: configuration.listen)
        }
        unsafe handle = started
        unsafe self.log = unsafe log
        self.service = service
    }

    deinit {
        unsafe MHD_stop_daemon(handle)
        unsafe log.deallocate()
    }

    /// Takes no more connections; those there are go on.
    func stopListening() {
        let descriptor = unsafe MHD_quiesce_daemon(handle)
        if descriptor >= 0 { close(descriptor) }
    }
}

/// libmicrohttpd's `MHD_AccessHandlerCallback`: called when a request's headers are there, for each piece of its body, and when it is complete.
private func answerRequest(
    _ context: UnsafeMutableRawPointer?, _ handle: OpaquePointer?, _ url: UnsafePointer<CChar>?, _ method: UnsafePointer<CChar>?,
    _ version: UnsafePointer<CChar>?, _ upload: UnsafePointer<CChar>?, _ uploadSize: UnsafeMutablePointer<Int>?,
    _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let context = unsafe context, let handle = unsafe handle, let url = unsafe url, let method = unsafe method,
        let uploadSize = unsafe uploadSize, let state = unsafe state
    else { return .NO }
    let connection = unsafe Connection(handle)

    guard let known = unsafe state.pointee else {
        let service = unsafe Unmanaged<Service>.fromOpaque(context).takeUnretainedValue()
        guard let client = connection.client else { return .NO }
        let exchange = Exchange(service, client)
        unsafe state.pointee = Unmanaged.passRetained(exchange).toOpaque()
        return exchange.begin(connection) ? .YES : .NO
    }
    let exchange = unsafe Unmanaged<Exchange>.fromOpaque(known).takeUnretainedValue()
    if unsafe uploadSize.pointee > 0 {
        let piece = unsafe UnsafeRawBufferPointer(start: upload, count: uploadSize.pointee)
        unsafe uploadSize.pointee = 0
        return unsafe exchange.take(piece) ? .YES : .NO
    }
    return unsafe exchange.answer(connection, method: String(cString: method), path: String(cString: url)) ? .YES : .NO
}

/// libmicrohttpd's `MHD_RequestCompletedCallback`: called once for each request, whether its answer was sent or not.
private func requestCompleted(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    _ reason: MHD_RequestTerminationCode
) {
    guard let state = unsafe state, let known = unsafe state.pointee else { return }
    unsafe state.pointee = nil
    unsafe Unmanaged<Exchange>.fromOpaque(known).release()
}

/// Counts the requests that libmicrohttpd refuses by itself.
private func countRefusal(_ context: UnsafeMutableRawPointer?, _ status: UInt32) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<Service>.fromOpaque(context).takeUnretainedValue().refusals.note(HTTPRefusal(status: status))
}

/// libmicrohttpd's `MHD_AcceptPolicyCallback`: called for each connection before anything is done for it.
private func acceptConnection(_ context: UnsafeMutableRawPointer?, _ address: UnsafePointer<sockaddr>?, _ length: socklen_t) -> MHD_Result {
    guard let context = unsafe context, let address = unsafe address else { return .NO }
    let service = unsafe Unmanaged<Service>.fromOpaque(context).takeUnretainedValue()
    guard let reason = unsafe service.clients.refusal(of: ClientAddress(address, length: Int(length)), service.configuration) else { return .YES }
    service.refusals.note(reason)
    return .NO
}

/// libmicrohttpd's `MHD_NotifyConnectionCallback`: called when a connection starts, before its TLS does, and before its socket is closed.
private func connectionChanged(
    _ context: UnsafeMutableRawPointer?, _ handle: OpaquePointer?, _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    _ change: MHD_ConnectionNotificationCode
) {
    guard let context = unsafe context, let handle = unsafe handle, let state = unsafe state else { return }
    let service = unsafe Unmanaged<Service>.fromOpaque(context).takeUnretainedValue()
    if let known = unsafe state.pointee {
        unsafe state.pointee = nil
        service.clients.remove(unsafe Unmanaged<Client>.fromOpaque(known).takeRetainedValue())
        return
    }
    guard change == .CONNECTION_NOTIFY_STARTED else { return }
    let connection = unsafe Connection(handle)
    let door = service.door
    let client = Client(descriptor: connection.descriptor, address: connection.clientAddress, door: door, refusals: service.refusals)
    if let reason = service.clients.add(client, service.configuration) {
        client.note(reason)
        shutdown(connection.descriptor, Int32(SHUT_RDWR))
        return
    }
    unsafe state.pointee = Unmanaged.passRetained(client).toOpaque()
    guard let session = unsafe connection.tlsSession else { return }
    // A session that was given nothing has no certificate to show, and its handshake fails; so it is closed at once.
    if unsafe door.credentials?.apply(to: session) != true { shutdown(connection.descriptor, Int32(SHUT_RDWR)) }
}

/// GnuTLS' `gnutls_certificate_retrieve_function2`.
private typealias RetrieveCertificate =
    @convention(c) (
        gnutls_session_t?, UnsafePointer<gnutls_datum_t>?, Int32, UnsafePointer<gnutls_pk_algorithm_t>?, Int32,
        UnsafeMutablePointer<UnsafeMutablePointer<gnutls_pcert_st>?>?, UnsafeMutablePointer<UInt32>?, UnsafeMutablePointer<gnutls_privkey_t?>?
    ) -> Int32

private func refuseCertificate(
    _ session: gnutls_session_t?, _ authorities: UnsafePointer<gnutls_datum_t>?, _ authorityCount: Int32,
    _ algorithms: UnsafePointer<gnutls_pk_algorithm_t>?, _ algorithmCount: Int32,
    _ certificates: UnsafeMutablePointer<UnsafeMutablePointer<gnutls_pcert_st>?>?, _ count: UnsafeMutablePointer<UInt32>?,
    _ key: UnsafeMutablePointer<gnutls_privkey_t?>?
) -> Int32 {
    -1
}

import CMicroHTTPD
import Glibc

/// libmicrohttpd's daemon: its threads, and the socket it listens on. It stops when it is let go of, and all connections are closed by that.
@safe struct Daemon: ~Copyable, @unchecked Sendable {
    private let handle: OpaquePointer
    // The daemon's threads call it until they have ended.
    private let service: Service

    /// Starts the threads.
    init(socket: ListeningSocket, service: Service) throws(HTTPServerError) {
        let configuration = service.configuration
        let threads = UInt32(clamping: max(configuration.threads, 1))
        var flags = MHD_USE_EPOLL_INTERNAL_THREAD.rawValue | MHD_USE_ITC.rawValue
        if socket.isIPv6 { flags |= MHD_USE_DUAL_STACK.rawValue }

        // Each option is followed by its values; the widths are those that microhttpd.h states.
        let completed: MHD_RequestCompletedCallback = unsafe requestCompleted
        let context = unsafe Unmanaged.passUnretained(service).toOpaque()
        var options: [any CVarArg] = [
            MHD_OPTION.LISTEN_SOCKET.rawValue, socket.descriptor,
            MHD_OPTION.CONNECTION_LIMIT.rawValue, max(UInt32(clamping: configuration.maxConnections), threads),
            MHD_OPTION.CONNECTION_MEMORY_LIMIT.rawValue, max(configuration.connectionMemory, 4096),
            MHD_OPTION.CONNECTION_TIMEOUT.rawValue, UInt32(clamping: max(configuration.idleTimeout.components.seconds, 1)),
            // A request without Host, or with a space in its target, is a mistake or an attempt at smuggling.
            MHD_OPTION.STRICT_FOR_CLIENT.rawValue, Int32(1),
        ]
        unsafe options += [
            MHD_OPTION.NOTIFY_COMPLETED.rawValue, unsafeBitCast(completed, to: OpaquePointer.self), OpaquePointer(context),
        ]
        if threads > 1 { options += [MHD_OPTION.THREAD_POOL_SIZE.rawValue, threads] }
        options.append(MHD_OPTION.END.rawValue)

        let started = unsafe withVaList(options) { unsafe MHD_start_daemon_va(flags, 0, nil, nil, answerRequest, context, $0) }
        guard let started = unsafe started else {
            throw .cannotStart(address: configuration.listen)
        }
        unsafe handle = started
        self.service = service
    }

    deinit {
        unsafe MHD_stop_daemon(handle)
    }

    /// Takes no more connections; those there are go on.
    func stopListening() {
        let descriptor = unsafe MHD_quiesce_daemon(handle)
        if descriptor >= 0 { close(descriptor) }
    }
}

/// libmicrohttpd's `MHD_AccessHandlerCallback`: called when a request's headers are there, for each piece of its body, and when it is complete.
private func answerRequest(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?, _ method: UnsafePointer<CChar>?,
    _ version: UnsafePointer<CChar>?, _ upload: UnsafePointer<CChar>?, _ uploadSize: UnsafeMutablePointer<Int>?,
    _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let context = unsafe context, let connection = unsafe connection, let url = unsafe url, let method = unsafe method,
        let uploadSize = unsafe uploadSize, let state = unsafe state
    else { return .NO }
    let client = unsafe Connection(connection)

    guard let known = unsafe state.pointee else {
        let service = unsafe Unmanaged<Service>.fromOpaque(context).takeUnretainedValue()
        let exchange = Exchange(service)
        unsafe state.pointee = Unmanaged.passRetained(exchange).toOpaque()
        return exchange.begin(client) ? .YES : .NO
    }
    let exchange = unsafe Unmanaged<Exchange>.fromOpaque(known).takeUnretainedValue()
    if unsafe uploadSize.pointee > 0 {
        let piece = unsafe UnsafeRawBufferPointer(start: upload, count: uploadSize.pointee)
        unsafe uploadSize.pointee = 0
        return unsafe exchange.take(piece) ? .YES : .NO
    }
    return unsafe exchange.answer(client, method: String(cString: method), path: String(cString: url)) ? .YES : .NO
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

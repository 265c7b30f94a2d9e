import CGnuTLS
import CMicroHTTPD
import Glibc

/// libmicrohttpd's view of a client, valid while it calls us about it, and while it is suspended.
@safe struct Connection: @unchecked Sendable {
    private let handle: OpaquePointer

    init(_ handle: OpaquePointer) {
        unsafe self.handle = unsafe handle
    }

    /// The request's headers, in the order sent.
    var headers: [HTTPRequest.Field] { fields(.HEADER_KIND) }

    /// The parts of the query, in the order sent, escapes resolved.
    var query: [HTTPRequest.Field] { fields(.GET_ARGUMENT_KIND) }

    /// The first header of this name.
    func header(_ name: String) -> String? {
        unsafe MHD_lookup_connection_value(handle, .HEADER_KIND, name).map { unsafe String(cString: $0) }
    }

    /// What we keep of the connection; nil before it has started.
    var client: Client? {
        unsafe CMicroHTTPD_socket_context(handle).map { unsafe Unmanaged<Client>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Its socket, open for as long as libmicrohttpd calls us about it.
    var descriptor: Int32 { unsafe CMicroHTTPD_descriptor(handle) }

    /// GnuTLS' session; nil without TLS.
    var tlsSession: gnutls_session_t? {
        unsafe CMicroHTTPD_tls_session(handle).map { gnutls_session_t($0) }
    }

    /// Lets it rest until `resume`; to be called while its request is answered, which is then done again.
    func suspend() {
        unsafe MHD_suspend_connection(handle)
    }

    /// Goes on with it; on any thread, once for each `suspend`.
    func resume() {
        unsafe MHD_resume_connection(handle)
    }

    /// Where it comes from, for limits.
    var clientAddress: ClientAddress {
        guard let address = unsafe CMicroHTTPD_client_address(handle) else { return ClientAddress() }
        let isIPv6 = unsafe Int32(address.pointee.sa_family) == AF_INET6
        return unsafe ClientAddress(address, length: isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size)
    }

    /// The client's IP address; empty where it is not known.
    var remoteAddress: String {
        guard let address = unsafe CMicroHTTPD_client_address(handle) else { return "" }
        let isIPv6 = unsafe Int32(address.pointee.sa_family) == AF_INET6
        let length = isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        guard unsafe getnameinfo(address, socklen_t(length), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 else { return "" }
        let host = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // RFC 4291 §2.5.5.2: an IPv4 client of a socket for both families.
        return host.hasPrefix("::ffff:") && host.contains(".") ? String(host.dropFirst("::ffff:".count)) : host
    }

    /// Queues an answer; `length` is the body's where it is known, and `isHead` says that the body is not sent. False where it cannot be sent, and the
    /// connection must be closed.
    func send(status: Int, headers: [HTTPRequest.Field], length: Int?, body: BodyReader, isHead: Bool) -> Bool {
        let unknownLength = UInt64.max  // MHD_SIZE_UNKNOWN, a macro that is not imported
        let context = unsafe Unmanaged.passRetained(body).toOpaque()
        let created = unsafe MHD_create_response_from_callback(
            length.map(UInt64.init) ?? unknownLength, min(max(length ?? .max, 1), 16 << 10), readBody, context, releaseBody)
        guard let response = unsafe created else {
            unsafe releaseBody(context)
            return false
        }
        // The queue holds it from here on.
        defer { unsafe MHD_destroy_response(response) }
        // libmicrohttpd 0.9.75 ends a body in chunks with the last, empty one also where it must not send any.
        if isHead, length == nil { unsafe _ = CMicroHTTPD_end_by_closing(response) }
        for header in headers {
            unsafe _ = MHD_add_response_header(response, header.name, header.value)
        }
        return unsafe MHD_queue_response(handle, UInt32(clamping: status), response) == .YES
    }

    private func fields(_ kind: MHD_ValueKind) -> [HTTPRequest.Field] {
        var fields: [HTTPRequest.Field] = []
        unsafe withUnsafeMutablePointer(to: &fields) { fields in
            unsafe _ = MHD_get_connection_values_n(handle, kind, collectField, fields)
        }
        return fields
    }
}

/// libmicrohttpd's `MHD_KeyValueIteratorN`.
private func collectField(
    _ context: UnsafeMutableRawPointer?, _ kind: MHD_ValueKind, _ name: UnsafePointer<CChar>?, _ nameSize: Int, _ value: UnsafePointer<CChar>?,
    _ valueSize: Int
) -> MHD_Result {
    let name = unsafe String(decoding: UnsafeRawBufferPointer(start: name, count: nameSize), as: UTF8.self)
    let value = unsafe String(decoding: UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueSize), as: UTF8.self)
    unsafe context?.assumingMemoryBound(to: [HTTPRequest.Field].self).pointee.append(HTTPRequest.Field(name, value))
    return .YES
}

/// libmicrohttpd's `MHD_ContentReaderCallback`: called when the client has room for more.
private func readBody(_ context: UnsafeMutableRawPointer?, _ position: UInt64, _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int) -> Int {
    let endOfStream = -1  // MHD_CONTENT_READER_END_OF_STREAM, a macro that is not imported
    guard let context = unsafe context, let buffer = unsafe buffer else { return endOfStream }
    let reader = unsafe Unmanaged<BodyReader>.fromOpaque(context).takeUnretainedValue()
    let count = unsafe buffer.withMemoryRebound(to: UInt8.self, capacity: size) { start in
        unsafe reader.read(into: UnsafeMutableBufferPointer(start: start, count: size))
    }
    return count > 0 ? count : endOfStream
}

/// libmicrohttpd's `MHD_ContentReaderFreeCallback`.
private func releaseBody(_ context: UnsafeMutableRawPointer?) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<BodyReader>.fromOpaque(context).release()
}

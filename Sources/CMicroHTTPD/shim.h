#include <microhttpd.h>

// MHD_get_connection_info is variadic, so Swift cannot call it. Null where the address is not known.
static inline const struct sockaddr *CMicroHTTPD_client_address(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info ? info->client_addr : 0;
}

// MHD_set_response_options is variadic, so Swift cannot call it. The response is ended by closing its connection, never sent in chunks.
static inline enum MHD_Result CMicroHTTPD_end_by_closing(struct MHD_Response *response) {
    return MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
}

// The same for the other facts about a connection.
static inline int CMicroHTTPD_descriptor(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

static inline void *CMicroHTTPD_tls_session(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    return info ? info->tls_session : 0;
}

static inline void *CMicroHTTPD_socket_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : 0;
}

// Swift cannot be given a list of arguments, so what libmicrohttpd logs ends here, but for the one thing that it says nowhere else: the status with which
// it refused a request that no handler has seen.
struct CMicroHTTPD_Log {
    void (*refused)(void *context, unsigned int status);
    void *context;
};

static inline void CMicroHTTPD_log(void *log, const char *format, va_list arguments) {
    static const char refusal[] = "Error processing request (HTTP response code is %u";
    for (unsigned int index = 0; index < sizeof refusal - 1; index++) {
        if (format[index] != refusal[index]) return;
    }
    const struct CMicroHTTPD_Log *receiver = (const struct CMicroHTTPD_Log *)log;
    receiver->refused(receiver->context, va_arg(arguments, unsigned int));
}

// For MHD_OPTION_EXTERNAL_LOGGER, beside a struct CMicroHTTPD_Log that outlives the daemon.
static inline void *CMicroHTTPD_logger(void) {
    return (void *)CMicroHTTPD_log;
}

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

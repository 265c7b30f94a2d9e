/// Datagrams of one exporter: NetFlow version 5.
func netflow5(_ input: Input) { SessionCheck.run(input, version: [0, 5]) }

/// Datagrams of one exporter: NetFlow version 9 (RFC 3954).
func netflow9(_ input: Input) { SessionCheck.run(input, version: [0, 9]) }

/// Datagrams of one exporter: IPFIX (RFC 7011).
func ipfix(_ input: Input) { SessionCheck.run(input, version: [0, 10]) }

/// Datagrams of one exporter: sFlow version 5.
func sflow(_ input: Input) { SessionCheck.run(input, version: [0, 0, 0, 5]) }

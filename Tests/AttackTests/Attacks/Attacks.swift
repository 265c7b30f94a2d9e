import Testing

/// The attacks of docs/security.md that come by datagrams, one after the other: each says what the weir's memory has come to.
@Suite(.serialized) struct Attacks {}

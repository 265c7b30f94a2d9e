/// What there is of some state.
package enum StateReadResult<Value: Sendable>: Sendable {
    /// What was last written.
    case value(Value)
    /// Nothing was ever written.
    case absent
    /// There was a file that cannot be used: it was renamed, so that it can be looked into. The message says what was wrong and where it is.
    case setAside(message: String)
}

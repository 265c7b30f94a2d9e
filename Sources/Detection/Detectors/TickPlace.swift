/// Where in a week of a TailGuard a tick lies: the same for all series, so it is reckoned once a tick.
package struct TickPlace: Sendable {
    /// Bucket of the profile: hour of the day, at the weekend 24 more.
    let bucket: Int
    /// The bucket of the hour that is nearer than the others.
    let neighbour: Int
    /// Share of the neighbour in what is expected: 0 in the middle of the hour, a half at its ends.
    let weight: Double
    /// Whether the hour ends with it.
    let endsHour: Bool
    /// The hour, counted from the first one.
    let hour: Int64
    /// Ticks of two days.
    let twoDays: Int64

    /// - Parameters:
    ///   - tick: counted from a Monday, 00:00 UTC; at least 0.
    ///   - ticksPerDay: a multiple of 24.
    package init(_ tick: Int64, ticksPerDay: Int64 = 5760) {
        let perHour = ticksPerDay / 24
        hour = tick / perHour
        twoDays = 2 * ticksPerDay
        let (day, inDay) = tick.quotientAndRemainder(dividingBy: ticksPerDay)
        let hourOfDay = Int(inDay / perHour)
        let weekend = day % 7 >= 5 ? 24 : 0
        let place = Double(inDay % perHour) / Double(perHour) - 0.5
        bucket = hourOfDay + weekend
        neighbour = (place > 0 ? hourOfDay + 1 : hourOfDay + 23) % 24 + weekend
        weight = abs(place)
        endsHour = (tick + 1) % perHour == 0
    }

    /// Ticks of fifteen seconds from the Monday before 1970, which began on a Thursday, to 1970.
    package static let mondayBefore1970: Int64 = 3 * 5760
}

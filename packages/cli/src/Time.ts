const minute = 60
const hour = 60 * minute
const day = 24 * hour

/** A time in words, by its two largest units from minutes on: `8 s`, `3 min`, `2 h 5 min`, `4 d 3 h`. Below 0 it is none. */
export const span = (millis: number): string => {
  const seconds = Math.max(0, Math.floor(millis / 1_000))
  if (seconds < minute) return `${seconds} s`
  if (seconds < hour) return `${Math.floor(seconds / minute)} min`
  return seconds < day
    ? `${Math.floor(seconds / hour)} h ${Math.floor(seconds % hour / minute)} min`
    : `${Math.floor(seconds / day)} d ${Math.floor(seconds % day / hour)} h`
}

/** The same for what is mostly short, such as a run that fails: `20 ms`, `0.3 s`; from 10 s on it is a span. */
export const fineSpan = (millis: number): string => {
  if (millis >= 10_000) return span(millis)
  return millis < 100 ? `${Math.max(0, Math.round(millis))} ms` : `${Math.round(millis / 100) / 10} s`
}

/** The whole seconds until then, rounded up: `7 s`; none are left below 0. */
export const until = (at: number, now: number): string => `${Math.max(0, Math.ceil((at - now) / 1_000))} s`

const digits = (value: number, width = 2) => String(value).padStart(width, "0")

const dayOf = (at: Date) => `${at.getFullYear()}-${digits(at.getMonth() + 1)}-${digits(at.getDate())}`

/**
 * The time of day by this machine's clock, with the day unless that is the day of `now`: `12:03:04`, `2026-11-23 12:03:04`.
 * Both are in milliseconds since 1970.
 */
export const clock = (at: number, now: number): string => {
  const date = new Date(at)
  const time = `${digits(date.getHours())}:${digits(date.getMinutes())}:${digits(date.getSeconds())}`
  const day = dayOf(date)
  return day === dayOf(new Date(now)) ? time : `${day} ${time}`
}

/** The same to the millisecond, for what may follow close upon another: `12:03:04.123`. */
export const fineClock = (at: number, now: number): string =>
  `${clock(at, now)}.${digits(new Date(at).getMilliseconds(), 3)}`

const minute = 60
const hour = 60 * minute
const day = 24 * hour

/** A time in words, by its two largest units from minutes on: `8 s`, `3 min`, `2 h 5 min`, `4 d 3 h`. Below 0 it is none. */
export const describe = (millis: number): string => {
  const seconds = Math.max(0, Math.floor(millis / 1_000))
  if (seconds < minute) return `${seconds} s`
  if (seconds < hour) return `${Math.floor(seconds / minute)} min`
  return seconds < day
    ? `${Math.floor(seconds / hour)} h ${Math.floor(seconds % hour / minute)} min`
    : `${Math.floor(seconds / day)} d ${Math.floor(seconds % day / hour)} h`
}

/** The whole seconds until then, rounded up: `7 s`; none are left below 0. */
export const until = (at: number, now: number): string => `${Math.max(0, Math.ceil((at - now) / 1_000))} s`

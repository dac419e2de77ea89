// Apart from the schemas of names: a client command that is given plain names does without them.

// White space would shift the fields of the status file. Control characters, and those that turn the direction of
// writing round, would reach terminals; half a surrogate pair cannot be written as UTF-8.
export const barred = String.raw`\s\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069`

/** A character that no name may have. */
export const forbidden = new RegExp(`[${barred}]`, "u")

/**
 * Whose start comes first when several wait: an entry's that has ended after a long life, then the first ones of a
 * level, and last those of entries that die as soon as they are started.
 */
export type Urgency = "again" | "first" | "looping"

/** How many starts there are of each kind. */
export type Counts = Readonly<Record<Urgency, number>>

const order: ReadonlyArray<Urgency> = ["again", "first", "looping"]

/**
 * How many starts may be under way at a time: of each kind, and of all together. A level that is started, however large,
 * and any number of crash loops leave room for whoever else has died, and for each other.
 */
export const most: Counts & { readonly all: number } = { again: 8, first: 6, looping: 2, all: 8 }

/** Of which kind the next start is to be, if there may be one of those that wait beside those under way. */
export const next = (waiting: Counts, underWay: Counts): Urgency | undefined => {
  if (underWay.again + underWay.first + underWay.looping >= most.all) return undefined
  return order.find((urgency) => waiting[urgency] > 0 && underWay[urgency] < most[urgency])
}

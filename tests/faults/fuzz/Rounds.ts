/** Inputs, by their numbers, between two looks at the whole. */
export interface Round {
  readonly from: number
  /** Behind the last one. */
  readonly to: number
  readonly settles: boolean
  readonly samples: boolean
}

/** A run's inputs cut where it settles and where memory is sampled: the same inputs each time. */
export function* cut(
  from: number,
  inputs: number,
  settleEvery: number,
  sampleEvery: number
): Generator<Round> {
  const end = from + inputs
  const after = (at: number, period: number) => at + period - (at - from) % period
  for (let at = from; at < end;) {
    const to = Math.min(end, after(at, settleEvery), after(at, sampleEvery))
    yield {
      from: at,
      to,
      settles: to === end || (to - from) % settleEvery === 0,
      samples: to === end || (to - from) % sampleEvery === 0
    }
    at = to
  }
}

/** The round's inputs in order, each once, whoever of several asks for the next. */
export function* numbers({ from, to }: Round): Generator<number> {
  for (let index = from; index < to; index++) yield index
}

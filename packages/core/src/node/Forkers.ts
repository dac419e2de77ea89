import * as ForkerProcess from "./ForkerProcess.ts"

/** One that has ended is followed by another after this time; each further one takes twice as long, up to the longest. */
const pauseMillis = { first: 1_000, longest: 60_000 }

/** One that has lived so long was no failure of the way in which it is started. */
const soundMillis = 60_000

/** The forkers of a supervisor, of which there is one at most at a time. */
export interface Forkers {
  /**
   * The forker, if there is one that is ready: who finds none has to fork without. Asking for the first time has one
   * started that later ones will find, and so it is again when one has ended and some time has passed.
   */
  readonly ready: () => ForkerProcess.ForkerProcess | undefined
  /** Calls back when every end of a process has been told that came before. */
  readonly catchUp: (done: () => void) => void
  /** Ends the forker, and calls back when there is none. */
  readonly close: (done: () => void) => void
}

/** The supervisor does without. */
export const none: Forkers = { ready: () => undefined, catchUp: (done) => done(), close: (done) => done() }

export interface Options extends Omit<ForkerProcess.Options, "onEnd"> {
  /** Called with what is to be said of a forker that cannot be had, or has ended. */
  readonly onTrouble: (what: string) => void
}

export const make = ({ onTrouble, ...options }: Options): Forkers => {
  let current: ForkerProcess.ForkerProcess | undefined
  let isReady = false
  let isClosed = false
  let pause = pauseMillis.first
  let mayStartAt = 0
  let isDue = false

  const start = () => {
    isDue = false
    if (isClosed) return
    const startedAt = performance.now()
    const made = ForkerProcess.make({
      ...options,
      onEnd: (why) => {
        current = undefined
        isReady = false
        if (why === undefined) return
        const now = performance.now()
        if (now - startedAt >= soundMillis) pause = pauseMillis.first
        mayStartAt = now + pause
        pause = Math.min(2 * pause, pauseMillis.longest)
        onTrouble(`the forker ${why}: its processes go on, and others are started without it for a while`)
      }
    })
    if ("failure" in made) {
      mayStartAt = made.isForGood ? Infinity : startedAt + pause
      pause = Math.min(2 * pause, pauseMillis.longest)
      return onTrouble(`processes are started without a forker: ${made.failure}`)
    }
    current = made
    made.catchUp(() => void (isReady = current === made))
  }

  return {
    ready: () => {
      if (current === undefined && !isDue && !isClosed && performance.now() >= mayStartAt) {
        isDue = true
        // Whoever asks goes first.
        setImmediate(start)
      }
      return isReady ? current : undefined
    },
    catchUp: (done) => isReady && current !== undefined ? current.catchUp(done) : done(),
    close: (done) => {
      isClosed = true
      if (current === undefined) done()
      else current.end(done)
    }
  }
}

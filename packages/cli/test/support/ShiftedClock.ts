/**
 * To be preloaded (`node --import`): the time of day steps by `CLINIT_CLOCK_STEP` milliseconds, forwards or backwards,
 * each time that somebody asks for it.
 */
const real = Date.now
const step = Number(process.env["CLINIT_CLOCK_STEP"])
let steps = 0

Date.now = () => real() + step * ++steps

globalThis.Date = new Proxy(Date, {
  construct: (target, args: Array<unknown>) =>
    Reflect.construct(target, args.length === 0 ? [target.now()] : args)
})

/** Stands for whatever a worker does: `worker.ts NAME`. */
const [name = "worker"] = process.argv.slice(2)
setInterval(() => console.log(`${name} is at work`), 10_000)

export { displayWidth } from "effect/cli/CliOutput"

import type { GroupState, ProcessState } from "@clinit/protocol/Status"
import * as util from "node:util"
import type { Colour } from "./Question.ts"

/** What a colour says. */
export type Tone = "good" | "bad" | "moving" | "idle" | "heading"

/** Text in the colour of its tone, or as it is. */
export type Paint = (tone: Tone, text: string) => string

const formats = { good: "green", bad: "red", moving: "yellow", idle: "gray", heading: "bold" } as const

export const none: Paint = (_, text) => text

// The whole module: older Nodes, which are refused with a message, lack the function.
export const coloured: Paint = (tone, text) => util.styleText(formats[tone], text, { validateStream: false })

/** Whether this stream is to be coloured: what was asked for wins over NO_COLOR and FORCE_COLOR, and those over what it is. */
export const of = (colour: Colour, stream: NodeJS.WriteStream): Paint => {
  if (colour === "never") return none
  // Node knows the variables and the terminals that have colours.
  return colour === "always" || util.styleText("red", "x", { stream }) !== "x" ? coloured : none
}

export const ofGroup = (state: GroupState): Tone =>
  state === "DONE" || state === "PASSED"
    ? "good"
    : state === "FAILED"
    ? "bad"
    : state === "CONFIGURED"
    ? "idle"
    : "moving"

export const ofEntry = ({ _tag }: ProcessState): Tone =>
  _tag === "Failed" || _tag === "Pausing"
    ? "bad"
    : _tag === "Starting" || _tag === "Stopping"
    ? "moving"
    : "good"

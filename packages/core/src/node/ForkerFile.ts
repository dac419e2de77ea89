/** Where the forker's program lies: beside this module, whose form it has. The bundle puts in another place here. */
export const file = new URL(import.meta.url.endsWith(".ts") ? "Forker.ts" : "Forker.js", import.meta.url)

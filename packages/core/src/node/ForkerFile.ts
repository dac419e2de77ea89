/**
 * Where the forker's program lies: beside this module, whose form it has. The bundle puts in another place here. Nothing
 * where modules have no place.
 */
export const find = (): URL | undefined => {
  try {
    return new URL(import.meta.url.endsWith(".ts") ? "Forker.ts" : "Forker.js", import.meta.url)
  } catch {
    return undefined
  }
}

/**
 * What each JSON document that a command prints names as its format, in its member `schema`: the `$id` of the JSON Schema that
 * is published with the program. The number changes when a reader of the old form would misunderstand the new one;
 * members may be added without.
 */
export const ids = {
  status: "urn:clinit:status:1",
  plan: "urn:clinit:plan:1",
  check: "urn:clinit:check:1",
  settings: "urn:clinit:settings:1",
  env: "urn:clinit:env:1",
  why: "urn:clinit:why:1",
  watch: "urn:clinit:watch:1"
} as const

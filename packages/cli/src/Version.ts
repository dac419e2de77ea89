declare const CLINIT_VERSION: string | undefined

/** This program's version; the bundle has it built in. */
export const version = typeof CLINIT_VERSION === "string" ? CLINIT_VERSION : "0.0.0-source"

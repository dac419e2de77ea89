// Numbers alone, without the failures that they stand for: all that the quick way of `clinit status` needs.

/** What the exit codes mean; 0 is success, 70 (EX_SOFTWARE of sysexits.h) a defect of clinit itself. */
export const refused = 1
export const usage = 2
export const noDaemon = 3
export const invalidCltab = 4
export const defect = 70

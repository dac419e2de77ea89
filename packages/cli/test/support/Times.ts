/** What `status` prints without how long it has been so, and how long until what comes next. */
export const withoutTimes = (output: string): string =>
  output.replaceAll(/,? (?:since|up|\w+ in) \d+ (?:s|min|h \d+ min|d \d+ h)(?=[,\n]|$)/g, "")

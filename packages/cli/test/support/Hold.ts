/** What `status` prints without what holds the processes together, which depends on the machine. */
export const withoutHold = (output: string): string =>
  output.replaceAll(/ \[(?:cgroup|descendants|group)\]/g, "")

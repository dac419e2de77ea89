const respawn = "did you mean the mode respawn?"
const levels = "an entry starts at its levels"

/** By what other supervisors call it, in small letters and nothing else. */
const hints: { readonly [name: string]: string } = {
  restart: respawn,
  autorestart: respawn,
  autostart: levels,
  enabled: levels,
  wantedby: levels,
  stopsignal: "did you mean stop?",
  killsignal: "did you mean stop?",
  stopwaitsecs: "did you mean stop?",
  timeoutstopsec: "did you mean stop?",
  execstop: "did you mean stop?",
  killmode: "did you mean tree?",
  timeoutstartsec: "did you mean timeout?",
  exitcodes: "did you mean success?",
  successexitstatus: "did you mean success?",
  respawn: "did you mean respawn.hits?",
  startretries: "did you mean respawn.hits?",
  startlimitburst: "did you mean respawn.hits?",
  startlimitinterval: "did you mean respawn.window?",
  startlimitintervalsec: "did you mean respawn.window?",
  startsecs: "did you mean respawn.stable?",
  restartsec: "did you mean respawn.pause?",
  uid: "did you mean user?",
  username: "did you mean user?",
  supplementarygroups: "did you mean groups?",
  directory: "did you mean cwd?",
  workingdirectory: "did you mean cwd?",
  chdir: "did you mean cwd?",
  priority: "did you mean nice?",
  ulimit: "did you mean limit.NAME, such as limit.nofile?",
  rlimit: "did you mean limit.NAME, such as limit.nofile?",
  limits: "did you mean limit.NAME, such as limit.nofile?",
  environment: "did you mean env.NAME?",
  environmentfile: "did you mean env-file?",
  stdout: "did you mean output?",
  stdoutlogfile: "did you mean output?",
  standardoutput: "did you mean output?",
  logfile: "did you mean output?",
  stderr: "did you mean error-output?",
  stderrlogfile: "did you mean error-output?",
  standarderror: "did you mean error-output?"
}

/** What stands here for a setting that somebody knows from another supervisor; undefined if the name is none of theirs. */
export const hintFor = (name: string): string | undefined => {
  const plain = name.toLowerCase().replaceAll(/[^a-z]/g, "")
  return Object.hasOwn(hints, plain) ? hints[plain] : undefined
}

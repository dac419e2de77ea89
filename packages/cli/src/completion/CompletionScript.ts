/** Shells that can be taught to complete. */
export const shells = ["bash", "zsh", "fish"] as const
export type Shell = typeof shells[number]

// Each script asks `clinit completion SHELL -- ...` and gets a line that says what is to be completed, `words` or `files`,
// and then, a line each, the words. Nothing of an answer, nor of what was typed, is ever evaluated.

const bash = `# What \`clinit completion bash\` prints: completes the arguments of clinit in bash.
_clinit() {
  local answer
  mapfile -t answer < <(
    command clinit completion bash -- "\${COMP_LINE:0:COMP_POINT}" "$2" 2> /dev/null < /dev/null
  )
  COMPREPLY=("\${answer[@]:1}")
  if [[ \${answer[0]-} == files ]]; then compopt -o default; fi
}
complete -F _clinit clinit
`

const zsh = `#compdef clinit
# What \`clinit completion zsh\` prints: completes the arguments of clinit in zsh.
_clinit() {
  local -a answer values shown
  local line
  answer=("\${(@f)$(
    command clinit completion zsh -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2> /dev/null < /dev/null
  )}")
  if [[ $answer[1] == files ]]; then
    compset -P '--*='
    _files
    return
  fi
  for line in "\${(@)answer[2,-1]}"; do
    values+=("\${line%%$'\\t'*}")
    shown+=("\${line/$'\\t'/  -- }")
  done
  (( $#values )) && compadd -l -d shown -a -- values
}
if [[ $funcstack[1] == _clinit ]]; then _clinit "$@"; else compdef _clinit clinit; fi
`

const fish = `# What \`clinit completion fish\` prints: completes the arguments of clinit in fish.
function __clinit_complete
    set -l before (commandline -opc)
    set -l typed (commandline -ct)
    set -l answer (command clinit completion fish -- $before[2..-1] "$typed" 2> /dev/null < /dev/null)
    if test "$answer[1]" = files
        set -l flag (string match -r -- '^--[^=]*=' "$typed"; or echo)
        printf "$flag%s\\n" (__fish_complete_path (string replace -- "$flag" '' "$typed"))
    else
        printf '%s\\n' $answer[2..-1]
    end
end
complete -c clinit -f -a '(__clinit_complete)'
`

/** What a shell has to read to complete clinit's arguments. */
export const scripts: Readonly<Record<Shell, string>> = { bash, zsh, fish }

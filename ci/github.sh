# The steps of action.yml, one function each; every step is a shell of its own that reads this file first.
# No input stands in a script: each comes as a variable, so that none can become a command. Of the variables only those
# that the runner sets itself are trusted (GITHUB_..., RUNNER_...; it sets them last, whatever a workflow says):
# https://github.com/actions/runner/blob/main/src/Runner.Worker/Handlers/ScriptHandler.cs
set -euo pipefail
LC_ALL=C

fail() { # text of ours, exit code
  echo "::error title=provision::$1" >&2
  exit "${2:-64}"
}

mark=""
output() { # name, value: whatever is in the value, it is one output and no other
  mark="${mark:-end-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')}"
  printf '%s<<%s\n%s\n%s\n' "$1" "$mark" "$2" "$mark" >> "$GITHUB_OUTPUT"
}

are_digests() { [[ "$1" =~ ^sha256:[0-9a-f]{64}(\ sha256:[0-9a-f]{64})*$ ]]; }

outside() { # a path of folders: those that are whole, and lie neither in the checkout nor in what a job puts aside
  local kept="" entry real inner
  while IFS= read -r -d : entry; do
    case "$entry" in /*) ;; *) continue ;; esac
    cd -P "$entry" 2> /dev/null || continue # in the subshell that a call of this is
    real=${PWD/#\/\///}
    for inner in "$here" "$workspace" "$aside"; do
      case "$real/" in "$inner"/*) continue 2 ;; esac
    done
    kept="${kept:+$kept:}$entry"
  done <<< "$1:"
  printf '%s' "$kept"
}

whole() { cd -P "$1" && printf '%s' "${PWD/#\/\///}"; } # of two slashes that a path begins with, bash leaves both

here=$(whole .)
workspace=$(whole "${GITHUB_WORKSPACE:-.}")
aside=$(whole "$RUNNER_TEMP")
export PATH LC_ALL
PATH=$(outside "$PATH")
PATH=${PATH:-/usr/bin:/bin} # with an empty one bash takes the working directory
LIBRARIES=$(outside "${LD_LIBRARY_PATH:-}")

find_python() { # PYTHON is the whole path of the one to use
  if [ -z "${PYTHON:-}" ]; then PYTHON=$(type -P python3) || fail "there is no python3 outside of the checkout" 1; fi
}

decide() {
  local approved="" bound="" forced="" only=""
  case "$COMMAND" in
    validate | plan | apply | drift | expiry | doctor) ;;
    *) fail "command is none of validate, plan, apply, drift, expiry, doctor" ;;
  esac
  case "$GITHUB_EVENT_NAME" in
    push | schedule | workflow_dispatch) ;;
    merge_group)
      if [ "$COMMAND" = apply ]; then fail "what waits in a merge queue is planned, never applied"; fi
      ;;
    pull_request)
      if [ "$HEAD_REPOSITORY" != "$GITHUB_REPOSITORY" ]; then
        echo "A pull request from another repository is a stranger's text: validate alone."
        COMMAND=validate forced=--allow-unset
      elif [ "$COMMAND" = apply ]; then
        fail "a pull request is planned, never applied"
      fi
      ;;
    pull_request_target)
      echo "pull_request_target has this repository's rights, and may have a stranger's files: validate alone."
      COMMAND=validate forced=--allow-unset
      ;;
    *)
      # workflow_run, issue_comment and their like have this repository's rights, whoever caused them.
      if [ "$COMMAND" != validate ]; then
        fail "this event gets validate alone; the rest runs on pull_request, push, schedule, workflow_dispatch, merge_group"
      fi
      forced=--allow-unset
      ;;
  esac
  if [ -n "${INDEX_URL:-}" ] && ! [[ "$INDEX_URL" =~ ^https://[!-~]+$ ]]; then
    fail "index-url is no https:// address"
  fi
  if [ "$COMMAND" = plan ] && [ "$GITHUB_EVENT_NAME" = pull_request ] && [ "${CHANGED_ONLY:-}" = true ]; then
    only=true
  fi
  if [ "$COMMAND" = apply ]; then
    if are_digests "$DIGEST"; then
      approved="${DIGEST// /$'\n'}" bound=digest
    elif [ "$DIGEST" = pull-request ]; then
      bound=pull-request
    elif [ "$DIGEST" = none ] && [ "$GITHUB_EVENT_NAME" != workflow_dispatch ]; then
      bound=none
    elif [ "$DIGEST" = none ]; then
      fail "what is started by hand takes the digest of a plan that was looked at, sha256: and 64 hex digits, not none"
    else
      fail "digest is none of pull-request, none, sha256: and 64 hex digits (or several of these, a space between)"
    fi
  fi
  output command "$COMMAND"
  output forced "$forced"
  output bound "$bound"
  output only "$only"
  output approved "$approved"
}

look_up() { # what is asked: its answer, and the list of the files that changed, if it is to be those alone
  local list
  find_python
  list=$(mktemp "$RUNNER_TEMP/provision-changed.XXXXXXXXXX")
  found=$("$PYTHON" -I "$GITHUB_ACTION_PATH/ci/pull_request.py" "$1" "$list")
  if [ -s "$list" ]; then output changed "$list"; fi
}

changed() { look_up changed; }

approval() {
  look_up digest
  output approved "$found"
}

install() {
  local folder
  find_python
  umask 077
  folder=$(mktemp -d "$RUNNER_TEMP/provision.XXXXXXXXXX")
  INDEX_URL="${INDEX_URL:-}" LIBRARIES="$LIBRARIES" \
    /bin/bash -p "$GITHUB_ACTION_PATH/ci/install.sh" "$PYTHON" "$folder"
  output folder "$folder"
}

cleared() { # what would have a program load other code than its own is taken out of the environment
  local name
  for name in ${!PYTHON@} ${!PIP_@} ${!LD_@} ${!DYLD_@} ${!GIT_@} ${!OPENSSL_@} ${!NODE_@} \
    BASH_ENV ENV NETRC SSLKEYLOGFILE GCONV_PATH VIRTUAL_ENV __PYVENV_LAUNCHER__; do
    unset "$name"
  done
  if [ -n "$LIBRARIES" ]; then export LD_LIBRARY_PATH="$LIBRARIES"; fi
}

# A stranger's text can ask for any variable of the job, and put it where it is shown: so it gets these alone.
of_a_stranger() {
  /usr/bin/env -i PATH="$PATH" HOME="$FOLDER" TMPDIR="$FOLDER" LC_ALL="$LC_ALL" CI=true GITHUB_ACTIONS=true \
    GITHUB_WORKSPACE="$workspace" GITHUB_OUTPUT="$GITHUB_OUTPUT" GITHUB_STEP_SUMMARY="$GITHUB_STEP_SUMMARY" \
    ${LIBRARIES:+LD_LIBRARY_PATH="$LIBRARIES"} "$@"
}

run() {
  local approved="${GIVEN:-${APPROVED:-}}" line configs=() args=() digests=() code=0 keep=/dev/null alone=()
  while IFS= read -r line; do if [ -n "$line" ]; then configs+=("$line"); fi; done <<< "$CONFIGS"
  while IFS= read -r line; do if [ -n "$line" ]; then args+=("$line"); fi; done <<< "$ARGS"
  if [ "${#configs[@]}" -eq 0 ]; then fail "configs is empty"; fi
  # The arguments of another command would not fit, nor is the fork given the values of its variables.
  if [ -n "$FORCED" ]; then args=("$FORCED") alone=(of_a_stranger); fi
  case "$COMMAND" in
    validate) ;;
    apply)
      if [ "$BOUND" != none ]; then
        if ! are_digests "${approved//$'\n'/ }"; then fail "nothing was approved" 5; fi
        while IFS= read -r line; do digests+=(--expect-digest "$line"); done <<< "$approved"
      fi
      args=(--auth github --yes ${digests[@]+"${digests[@]}"} ${args[@]+"${args[@]}"})
      ;;
    *) args=(--auth github ${args[@]+"${args[@]}"}) ;;
  esac
  # What the workflow itself names with --changed comes later, so it counts.
  if [ -n "${CHANGED:-}" ] && [ "$COMMAND" != validate ]; then args=(--changed "$CHANGED" "${args[@]}"); fi
  if [ "$COMMAND" = plan ]; then keep="$FOLDER/plan.txt"; fi
  cleared
  if [ "$COMMAND" != doctor ]; then unset GUARDS_TOKEN; fi
  # A journal that lies in the checkout is a stranger's: it could call a secret leaked, or a place one that takes none.
  export PROVISION_JOURNAL="$FOLDER"
  set +e
  ${alone[@]+"${alone[@]}"} "$FOLDER/venv/bin/python" -I -m provision "$COMMAND" --ci github \
    ${args[@]+"${args[@]}"} -- "${configs[@]}" | tee "$keep"
  code=${PIPESTATUS[0]}
  set -e
  # What the step adds to the job's summary is the comment, too. The program's code is kept for the last step.
  cp "$GITHUB_STEP_SUMMARY" "$FOLDER/summary.md"
  # What is too long for a comment is kept whole, under a name that no other run of this action has.
  if [ "$COMMAND" = plan ] && [ "$(wc -c < "$FOLDER/summary.md")" -gt 65000 ]; then
    output artifact "provision-plan-${FOLDER##*.}"
  fi
  output code "$code"
}

comment() {
  case "$GITHUB_EVENT_NAME" in
    pull_request)
      find_python
      "$PYTHON" -I "$GITHUB_ACTION_PATH/ci/pull_request.py" comment "$FOLDER/summary.md"
      ;;
  esac
}

end() {
  # plan --detailed-exitcode says 2 where changes are due, which is no failure.
  if [ "$CODE" -ne 2 ]; then exit "$CODE"; fi
}

/// The program that runs a command by a schedule inside the app's own container: bash 5 and coreutils, no cron.
///
/// It is the container's first process, of any account and without capabilities. `TZ` is a `TimeZoneRule`'s `posix`, so
/// that the image needs no files of zones. What it does:
///
/// - It wakes at every minute and runs the command where the schedule has that minute, from the minute after its start
///   on. The command's standard input is empty, its output is the container's, and the start and the end of a run are a
///   line each.
/// - Runs never overlap. What would have begun during one is skipped, and said so on standard error.
/// - A stop (TERM, INT, QUIT) ends it at once with exit code 0; during a run, the command is sent TERM and awaited.
/// - Where the clock goes forward by up to three hours, for summer or by correction, one run is made for all that were
///   missed, as Debian's cron does; where it goes back by less, nothing runs again until the clock is where it was. A
///   schedule of every hour is counted by the time that passes instead, so that summer time neither repeats nor drops
///   its runs. Larger jumps are corrections: the schedule goes on from the new time.
/// - The result of the last run is in `folder/last`, as its exit code and the second when it began, for `healthCommand`.
package enum ScheduleScript {
  /// What the container calls the program, and what its lines begin with.
  static let name = "kiln-schedule"
  /// Where the last result is, in the container.
  package static let folder = "/tmp/kiln-schedule"

  /// The whole command of a container that runs `words` by `schedule`.
  package static func command(_ schedule: CronSchedule, running words: [String]) -> [String] {
    ["/bin/bash", "-c", script(schedule), name] + words
  }

  /// For `/bin/bash -c SCRIPT kiln-schedule WORD…`.
  package static func script(_ schedule: CronSchedule) -> String { script(schedule, folder: folder) }

  /// Asks the last result: fails where that run did, and says when it was; nothing has failed before the first run.
  package static let healthCommand = health(folder: folder)

  /// `folder` is another one in tests, which share a machine.
  static func script(_ schedule: CronSchedule, folder: String) -> String {
    [
      stop, start(schedule, folder: folder), ScheduleMatch.function(schedule), clock(schedule), choice, run, loop,
    ].joined(separator: "\n")
  }

  static func health(folder: String) -> [String] {
    let script = #"""
      { read -r status at; } 2>/dev/null <\#(folder)/last || exit 0
      [[ $status == 0 ]] && exit 0
      printf 'the last run, at %(%F %H:%M)T, ended with exit code %s\n' "$at" "$status"
      exit 1

      """#
    return ["/bin/bash", "-c", script]
  }

  // What is not local to a function begins with kiln_: the command would see it changed, were it a variable of the app's.

  /// Comes first: the kernel drops a signal to the first process that has no trap for it yet.
  private static let stop = #"""
    set -u
    kiln_sleep='' kiln_child='' kiln_running='' kiln_stopping='' kiln_interrupted=''
    kiln_stop() {
      if [[ ! $kiln_running ]]; then
        [[ $kiln_sleep ]] && kill "$kiln_sleep" 2>/dev/null
        exit 0
      fi
      kiln_interrupted=yes
      kiln_stopping=early
      if [[ $kiln_child ]]; then
        kiln_stopping=handed
        kill -TERM "$kiln_child" 2>/dev/null
      fi
    }
    trap kiln_stop TERM INT QUIT

    """#

  private static func start(_ schedule: CronSchedule, folder: String) -> String {
    #"""
    if (($# == 0)); then
      printf 'kiln-schedule: there is no command to run\n' >&2
      exit 64
    fi
    kiln_command=("$@")
    kiln_folder=\#(folder)
    [[ -e $kiln_folder ]] || mkdir -m 0700 "$kiln_folder"
    if [[ -L $kiln_folder || ! -d $kiln_folder || ! -O $kiln_folder ]]; then
      printf 'kiln-schedule: %s is not a folder of this account\n' "$kiln_folder" >&2
      exit 73
    fi
    printf 'kiln-schedule: runs %s\n' '\#(schedule.words)'

    """#
  }

  private static func clock(_ schedule: CronSchedule) -> String {
    let count =
      schedule.isInEveryHour
      ? """
        # Every hour has runs: minutes are counted as they pass.
        kiln_minute=$((kiln_now / 60))
        kiln_shift=$offset
      """
      : """
        # Minutes are counted by the local clock, so that an hour that it repeats has its runs once.
        kiln_minute=$((kiln_now / 60 + offset))
        kiln_shift=0
      """
    return #"""
      # Sets the second, its minute, and what is added to a minute for the local one.
      kiln_clock() {
        local zone offset
        kiln_now=$EPOCHSECONDS
        printf -v zone '%(%z)T' "$kiln_now"
        offset=$((${zone:0:1}1 * (10#${zone:1:2} * 60 + 10#${zone:3:2})))
      \#(count)
      }

      # Sets kiln_text to the time of minute $1, as 03:00.
      kiln_time() {
        TZ=UTC0 printf -v kiln_text '%(%H:%M)T' "$((($1 + kiln_shift) * 60))"
      }

      """#
  }

  /// Three hours are the limit in Debian's cron too (cron(8), on daylight saving time).
  private static let choice = #"""
    # Sets kiln_due to the minute whose run is due now, or to nothing.
    kiln_choose() {
      local first=$((kiln_last + 1)) minute
      kiln_due=
      if ((kiln_minute <= kiln_last && kiln_last - kiln_minute < 180)); then return; fi
      if ((kiln_minute < first || kiln_minute - kiln_last > 180)); then first=$kiln_minute; fi
      kiln_last=$kiln_minute
      for ((minute = kiln_minute; minute >= first; minute--)); do
        if kiln_has_run "$minute"; then
          kiln_due=$minute
          return
        fi
      done
    }

    # Says which runs the one that has ended took the place of; a week of them at most.
    kiln_skip() {
      local minute first='' last='' count=0
      if ((kiln_minute <= kiln_last)); then return; fi
      minute=$((kiln_last + 1))
      if ((kiln_minute - minute > 10080)); then minute=$((kiln_minute - 10080)); fi
      for (( ; minute <= kiln_minute; minute++)); do
        kiln_has_run "$minute" || continue
        kiln_time "$minute"
        first=${first:-$kiln_text} last=$kiln_text count=$((count + 1))
      done
      kiln_last=$kiln_minute
      if ((count == 1)); then
        printf 'kiln-schedule: the run of %s was skipped: the one before was still running\n' "$first" >&2
      elif ((count > 1)); then
        printf 'kiln-schedule: %s runs from %s to %s were skipped: the one before was still running\n' \
          "$count" "$first" "$last" >&2
      fi
    }

    """#

  private static let run = #"""
    kiln_run() {
      kiln_time "$kiln_due"
      kiln_name=$kiln_text
      kiln_began=$kiln_now
      printf 'kiln-schedule: %(%F %T)T: the run of %s starts\n' "$kiln_began" "$kiln_name"
      kiln_running=yes
      (exec -- "${kiln_command[@]}") </dev/null &
      kiln_child=$!
      [[ $kiln_stopping == early ]] && kiln_stop
      kiln_code=
      until [[ $kiln_code ]]; do
        kiln_interrupted=
        wait "$kiln_child"
        kiln_code=$?
        # A signal ends the wait, and not the command.
        [[ $kiln_interrupted ]] && kiln_code=
      done
      kiln_child=
      kiln_clock
      printf 'kiln-schedule: %(%F %T)T: the run of %s ended with exit code %s\n' "$kiln_now" "$kiln_name" "$kiln_code"
      printf '%s %s\n' "$kiln_code" "$kiln_began" >"$kiln_folder/last.new" &&
        mv -f "$kiln_folder/last.new" "$kiln_folder/last"
      kiln_running=
      [[ $kiln_stopping ]] && exit 0
      kiln_skip
    }

    """#

  private static let loop = #"""
    kiln_clock
    kiln_last=$kiln_minute
    while true; do
      sleep "$((60 - kiln_now % 60))" >/dev/null 2>&1 &
      kiln_sleep=$!
      wait "$kiln_sleep"
      kiln_sleep=
      kiln_clock
      kiln_choose
      [[ $kiln_due ]] && kiln_run
    done

    """#
}

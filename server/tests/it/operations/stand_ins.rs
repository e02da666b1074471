//! What stands in for programs that would change this machine, and what asks who runs PostgreSQL's.

/// Programs that would change this machine, and what stands in for them: nobody else's rights, no copies of a program
/// of half a gigabyte, and one process instead of a service.
pub const STAND_INS: [(&str, &str); 7] = [
    // As the real one: of the environment it leaves what the test itself has put there.
    (
        "sudo",
        r#"AS=root
if [ "$1" = -u ]; then AS=$2; shift 2; fi
for name in $(env | cut -d= -f1); do
    case " $KEPT " in *" $name "*) ;; *) unset "$name" ;; esac
done
export AS
exec "$@""#,
    ),
    ("pg_dump", AS_THE_SERVICE),
    ("pg_restore", AS_THE_SERVICE),
    ("useradd", "exit 0"),
    // Run for real in proxy.rs: here it would ask for the certificate of another name.
    ("nginx", "exit 0"),
    (
        "install",
        r#"words=
while [ $# -gt 0 ]; do
    case $1 in -o | -g) shift 2 ;; *) words="$words $1"; shift ;; esac
done
for last in $words; do :; done
case $words in *" $BACKUPS/"*" $BIN/"*) echo "the service could have changed it: $words" >&2; exit 1 ;; esac
case $words in *pdconnect" $BIN/pdconnect") ln -sf "$PROGRAM" "$last" ;; *) exec /usr/bin/install $words ;; esac"#,
    ),
    (
        "systemctl",
        r#"start() {
    cd "$STATE"
    "$BIN/pdconnect" serve --config "$ETC/config.json" >>"$STATE.log" 2>&1 &
    echo $! >"$STATE.pid"
    for _ in $(seq 600); do
        if "$BIN/pdconnect" ready --config "$ETC/config.json" >/dev/null 2>&1; then exit 0; fi
        kill -0 "$(cat "$STATE.pid")" || break
        sleep 0.1
    done
    cat "$STATE.log"
    exit 1
}
# Not gently: what SQLite has not put into its file yet stays beside it.
stop() {
    kill -KILL "$(cat "$STATE.pid")"
    while kill -0 "$(cat "$STATE.pid")" 2>/dev/null; do
        case $(cut -d' ' -f3 "/proc/$(cat "$STATE.pid")/stat" 2>/dev/null) in Z) break ;; esac
        sleep 0.05
    done
}
case $* in
daemon-reload | "reload nginx") ;;
"enable --now pdconnect" | "start pdconnect") start ;;
"stop pdconnect") stop ;;
"restart pdconnect") stop; start ;;
*) echo "no such service: $*" >&2; exit 1 ;;
esac"#,
    ),
];

/// Whoever may not read the folder gets nowhere, and nobody writes a password on a command line.
const AS_THE_SERVICE: &str = r#"[ "${AS-}" = pdconnect ] || { echo "$(basename "$0"): not as the service" >&2; exit 1; }
case "$*" in *://* | *assword*) echo "$(basename "$0"): everyone can read this: $*" >&2; exit 1 ;; esac
PATH=${PATH#*:}
exec "$(basename "$0")" "$@""#;

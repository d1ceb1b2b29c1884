# What every study's script shares: it sources this, from the repository's root, once it has set page (its page), plots (the
# folder of its plots), out (where comparisons go) and mambasic (the program).
for tool in gnuplot jq "$mambasic"; do
    command -v "$tool" >/dev/null || {
        echo "${page##*/}: no $tool here; ./setup.sh studies installs gnuplot and jq, demo.sh builds mambasic" >&2
        exit 2
    }
done
mkdir -p "$out"

say() { printf '%4d s  %s\n' "$SECONDS" "$1" >&2; }

# compare NAME CHIP TRACE SCHEMES [options]: leaves $out/NAME.csv.
compare() {
    local name=$1 chip=$2 trace=$3 schemes=$4
    shift 4
    say "compare $name"
    "$mambasic" compare "$chip" --trace "$out/$trace" --schemes "$schemes" "$@" --out "$out/$name" >/dev/null
    cp "$out/$name/compare.csv" "$out/$name.csv"
}

# rows NAME.csv PROGRAM [A,B,..]: awk over its rows, or those of some schemes; f("column") is a figure of
# the row, base(..) of the first.
rows() {
    awk -F, -v OFS=' | ' -v only="${3:-}" '
        function f(name) { return $(at[name]) }
        function base(name) { return first[name] }
        function percent(x, whole) { return whole == 0 ? "-" : sprintf("%.1f %%", 100 * x / whole) }
        function db(name, noiseless) { return f(name) != "" ? sprintf("%.1f", f(name)) : f(noiseless) == "true" ? "exact" : "undefined" }
        NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
        NR == 2 { for (name in at) first[name] = $(at[name]) }
        only != "" && !index("," only ",", "," f("scheme") ",") { next }
        '"$2" "$out/$1.csv"
}

# put NAME: replaces the lines of the page between the marks of table NAME by stdin.
put() {
    awk -v name="$1" -v table="$out/$1.md" '
        $0 == "<!-- " name " -->" { print; while ((getline line < table) > 0) print line; skip = 1 }
        $0 == "<!-- end -->" { skip = 0 }
        !skip { print }' "$page" >"$out/page.md"
    cat "$out/page.md" >"$page"
}
table() {
    cat >"$out/$1.md"
    put "$1"
}

# draw NAME: $plots/NAME.svg, by $plots/NAME.gp.
draw() {
    say "plot $1"
    gnuplot -e "folder = '$out'; data = '$out/$1.csv'; svg = '$out/$1.svg'" "$plots/$1.gp"
    sed -z -E -f reports/studies/plot/shrink.sed "$out/$1.svg" >"$plots/$1.svg"
}
